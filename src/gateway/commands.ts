// The commands of `node dist/main.js`: back up, restore, check and migrate the database, copy clips, rebuild totals.

import { parseArgs } from 'node:util';
import type { Config } from '../config/variables.ts';
import { ClipgateError } from '../core/errors.ts';
import type { JobStore } from '../store/ports/job-store.ts';
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

export const USAGE = `usage: node dist/main.js                   start the gateway
       node dist/main.js backup <file>     copy the SQLite database to <file>; the gateway may be running
       node dist/main.js restore <file>    replace the SQLite database by a backup and hold submissions (stop the gateway first)
       node dist/main.js restore           after pg_restore: hold submissions in the restored PostgreSQL database
       node dist/main.js check [<file>]    check that a SQLite file, by default the database, is intact
       node dist/main.js migrate           create or update the database schema
       node dist/main.js archive copy --from <folder or s3://...> --to <folder or s3://...>
                                           copy the clips that the target lacks, and check the SHA-256 of each
       node dist/main.js spend rebuild     recompute the spend totals from the ledger
       node dist/main.js retention --dry-run
                                           print what retention would remove now, and remove nothing
       node dist/main.js --help            print this text
       node dist/main.js --version         print the version
All of them read the environment variables of docs/reference/configuration.md.`;

const HELD =
  'The gateway will not buy clips until an operator calls POST /operations/resume: the restored database has none of the Idempotency-Keys that were used after the backup.';

const usage = (problem: string) => new ClipgateError('internal', `${problem}\n${USAGE}`);

/**
 * Reads a command line, before the configuration is: a wrong command needs no valid configuration to be refused.
 * @param args what stands after the program on its command line.
 * @returns what runs the command to its end; it throws ClipgateError with a sentence for the operator.
 * @throws ClipgateError with the problem and the usage.
 */
export function parseCommand(args: readonly string[]): (parts: CommandParts) => Promise<void> {
  const [command, argument, ...rest] = args;
  if (command === 'archive') {
    const places = parseCopy(args);
    return (parts) => runArchiveCopy(places, parts);
  }
  if (rest.length > 0) throw usage(`Too many arguments: ${rest.join(' ')}`);
  switch (command) {
    case 'backup':
      if (argument === undefined) throw usage('backup: name the file to write.');
      return (parts) => runBackup(argument, parts);
    case 'restore':
      return (parts) => runRestore(argument, parts);
    case 'check':
      return (parts) => runCheck(argument, parts);
    case 'migrate':
      if (argument !== undefined) throw usage('migrate takes no argument.');
      return (parts) => runMigrate(parts);
    case 'spend':
      if (argument !== 'rebuild') throw usage('spend: use `spend rebuild`.');
      return (parts) => runSpendRebuild(parts);
    case 'retention':
      if (argument !== '--dry-run') {
        throw usage('retention: use `retention --dry-run`. The running gateway does the removal itself.');
      }
      return (parts) => onStore(parts, (store) => runRetentionDryRun(store, parts));
    default:
      throw usage(`Unknown command: ${String(command)}`);
  }
}
async function runBackup(file: string, { config, say }: CommandParts): Promise<void> {
  const sqliteFile = sqliteFileOf(config.DATABASE_URL);
  if (sqliteFile === null) throw onPostgres('Back up PostgreSQL with pg_dump.');
  await backupSqlite(sqliteFile, file);
  say(`Backed up ${sqliteFile} to ${file}, and checked the copy.`);
}

async function runRestore(file: string | undefined, parts: CommandParts): Promise<void> {
  const { config, clock, say } = parts;
  const sqliteFile = sqliteFileOf(config.DATABASE_URL);
  if (sqliteFile === null) {
    if (file !== undefined) {
      throw onPostgres('Restore PostgreSQL with pg_restore, then run `restore` without a file.');
    }
    const { DATABASE_URL: url } = config;
    say(unknownJobsLine(await markPostgresRestored({ url, report: reportTo(parts) })));
  } else {
    if (file === undefined) throw usage('restore: name the backup.');
    const { unknownJobs } = await restoreSqlite(file, sqliteFile, clock);
    say(`Restored ${file} to ${sqliteFile}.`);
    say(unknownJobsLine(unknownJobs));
  }
  say(HELD);
}

async function runCheck(file: string | undefined, { config, say }: CommandParts): Promise<void> {
  const checked = file ?? sqliteFileOf(config.DATABASE_URL);
  if (checked === null) throw onPostgres('This command checks SQLite files only.');
  await checkSqlite(checked);
  say(`${checked} is intact.`);
}

async function runMigrate(parts: CommandParts): Promise<void> {
  await onStore(parts, () => Promise.resolve());
  parts.say('The database schema is up to date.');
}

async function runSpendRebuild(parts: CommandParts): Promise<void> {
  const { lines, added } = await onStore(parts, (store) => store.rebuildSpend());
  parts.say(`Recomputed the totals from ${lines} ledger lines; ${added} of them were missing and are added.`);
}

/** Opens the database, which migrates it, and closes it after `use`. */
async function onStore<T>(parts: CommandParts, use: (store: JobStore) => Promise<T>): Promise<T> {
  const { config, clock } = parts;
  const store = await openStore({ databaseUrl: config.DATABASE_URL, clock, report: reportTo(parts) });
  return use(store).finally(() => store.close());
}

const reportTo =
  ({ say }: CommandParts) =>
  (error: Error): void =>
    say(error.message);

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
    // An unknown option gets the same answer as a missing one.
  }
  throw usage('archive: use `archive copy --from <folder or s3://...> --to <folder or s3://...>`.');
}

const onPostgres = (message: string) =>
  new ClipgateError('internal', `DATABASE_URL names PostgreSQL. ${message}`);

const unknownJobsLine = (jobs: number) =>
  `${jobs} jobs may have been sent after the backup and are now submission_unknown: resolve them with POST /jobs/{id}/resolve.`;
