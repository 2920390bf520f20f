// What `node dist/main.js <command>` does beside serving: backup, restore, check and migrate the database.

import { ClipgateError } from '../core/errors.ts';
import { markPostgresRestored } from '../store/postgres/postgres.ts';
import { backupSqlite, checkSqlite, restoreSqlite } from '../store/sqlite/backup.ts';
import { openStore, sqliteFileOf } from '../store/sqlite/open-store.ts';

export interface CommandParts {
  readonly databaseUrl: string;
  readonly clock: () => number;
  /** Receives one line for the operator. */
  readonly say: (line: string) => void;
}

export const USAGE = `usage: node dist/main.js                   serve
       node dist/main.js backup <file>     write a consistent copy of the SQLite database, which may be in use
       node dist/main.js restore <file>    put a backup in its place and hold submissions (stop the gateway first)
       node dist/main.js restore           after pg_restore: hold submissions in a restored PostgreSQL database
       node dist/main.js check [<file>]    check a SQLite file, by default the database
       node dist/main.js migrate           bring the schema up to date and exit`;

const HELD =
  'Submissions are held until an operator releases them with POST /operations/resume: Idempotency-Keys used since the backup are forgotten.';

const usage = (problem: string) => new ClipgateError('internal', `${problem}\n${USAGE}`);

/**
 * Runs one command to its end.
 * @param args what stands after the program on its command line.
 * @throws ClipgateError with a sentence for the operator.
 */
export async function runCommand(
  args: readonly string[],
  { databaseUrl, clock, say }: CommandParts,
): Promise<void> {
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
    default:
      throw usage(`Unknown command: ${String(command)}`);
  }
}

const onPostgres = (message: string) =>
  new ClipgateError('internal', `DATABASE_URL names PostgreSQL. ${message}`);

const unknownJobsLine = (jobs: number) =>
  `${jobs} jobs that may have been sent since the backup are submission_unknown now: resolve them with POST /jobs/{id}/resolve.`;
