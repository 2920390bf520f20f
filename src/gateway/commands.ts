// What `node dist/main.js <command>` does beside serving: backup, restore, check and migrate the database; copy clips.

import { parseArgs } from 'node:util';
import type { Config } from '../config/variables.ts';
import { ClipgateError } from '../core/errors.ts';
import { markPostgresRestored } from '../store/postgres/postgres.ts';
import { backupSqlite, checkSqlite, restoreSqlite } from '../store/sqlite/backup.ts';
import { openStore, sqliteFileOf } from '../store/sqlite/open-store.ts';
import { runArchiveCopy, runRetentionDryRun } from './archive-commands.ts';

export interface CommandParts {
  readonly config: Config;
  readonly clock: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Receives one line for the operator. */
  readonly say: (line: string) => void;
}

export const USAGE = `usage: node dist/main.js                   serve
       node dist/main.js backup <file>     write a consistent copy of the SQLite database, which may be in use
       node dist/main.js restore <file>    put a backup in its place and hold submissions (stop the gateway first)
       node dist/main.js restore           after pg_restore: hold submissions in a restored PostgreSQL database
       node dist/main.js check [<file>]    check a SQLite file, by default the database
       node dist/main.js migrate           bring the schema up to date and exit
       node dist/main.js archive copy --from <folder or s3://...> --to <folder or s3://...>
                                           copy every clip that is not there yet, checked by its SHA-256
       node dist/main.js spend rebuild     make all sums of spend anew from the ledger
       node dist/main.js retention --dry-run
                                           say what retention would remove now, and remove nothing`;

const HELD =
  'Submissions are held until an operator releases them with POST /operations/resume: Idempotency-Keys used since the backup are forgotten.';

const usage = (problem: string) => new ClipgateError('internal', `${problem}\n${USAGE}`);

/**
 * Runs one command to its end.
 * @param args what stands after the program on its command line.
 * @throws ClipgateError with a sentence for the operator.
 */
export async function runCommand(args: readonly string[], parts: CommandParts): Promise<void> {
  const { config, clock, say } = parts;
  const databaseUrl = config.DATABASE_URL;
  if (args[0] === 'archive') return runArchiveCopy(parseCopy(args), parts);
  const [command, file, ...rest] = args;
  if (rest.length > 0) throw usage(`Too many arguments: ${rest.join(' ')}`);
  const sqliteFile = sqliteFileOf(databaseUrl);
  const report = (error: Error): void => say(error.message);

  switch (command) {
    case 'backup':
      if (file === undefined) throw usage('backup: name the file to write.');
      if (sqliteFile === null) throw onPostgres('Back up PostgreSQL with pg_dump.');
      await backupSqlite(sqliteFile, file);
      say(`Backed up ${sqliteFile} to ${file}; the copy was checked.`);
      return;
    case 'restore': {
      if (sqliteFile === null) {
        if (file !== undefined) {
          throw onPostgres('Restore PostgreSQL with pg_restore, then run `restore` without a file.');
        }
        say(unknownJobsLine(await markPostgresRestored({ url: databaseUrl, report })));
        say(HELD);
        return;
      }
      if (file === undefined) throw usage('restore: name the backup.');
      const { unknownJobs } = await restoreSqlite(file, sqliteFile, clock);
      say(`Restored ${file} to ${sqliteFile}.`);
      say(unknownJobsLine(unknownJobs));
      say(HELD);
      return;
    }
    case 'check': {
      const checked = file ?? sqliteFile;
      if (checked === null) throw onPostgres('Only SQLite files can be checked.');
      await checkSqlite(checked);
      say(`${checked} is whole.`);
      return;
    }
    case 'migrate': {
      if (file !== undefined) throw usage('migrate: takes no file.');
      const store = await openStore({ databaseUrl, clock, report });
      await store.close();
      say('The schema is up to date.');
      return;
    }
    case 'spend': {
      if (file !== 'rebuild') throw usage('spend: the one form is `spend rebuild`.');
      const store = await openStore({ databaseUrl, clock, report });
      const { lines, added } = await store.rebuildSpend().finally(() => store.close());
      say(`Summed ${lines} attempts, ${added} of them new to the ledger.`);
      return;
    }
    case 'retention': {
      if (file !== '--dry-run')
        throw usage('retention: only --dry-run is a command; the gateway itself removes.');
      const store = await openStore({ databaseUrl, clock, report });
      await runRetentionDryRun(store, parts).finally(() => store.close());
      return;
    }
    default:
      throw usage(`Unknown command: ${String(command)}`);
  }
}

function parseCopy(args: readonly string[]): { readonly from: string; readonly to: string } {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { from: { type: 'string' }, to: { type: 'string' } },
    });
    const { from, to } = values;
    if (positionals.join(' ') === 'archive copy' && from && to) return { from, to };
  } catch {
    // Said below, as for what is missing.
  }
  throw usage('archive: the one form is `archive copy --from <place> --to <place>`.');
}

const onPostgres = (message: string) =>
  new ClipgateError('internal', `DATABASE_URL names PostgreSQL. ${message}`);

const unknownJobsLine = (jobs: number) =>
  `${jobs} jobs that may have been sent since the backup are submission_unknown now: resolve them with POST /jobs/{id}/resolve.`;
