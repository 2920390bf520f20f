// Lists and sums read what they are about: no question about jobs or spend reads a table whole.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kysely, SqliteDialect } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SPEND_GROUPS } from '../../../src/core/accounts/spend.ts';
import { JOB_STATUSES } from '../../../src/core/job/job.ts';
import type { ListQuery } from '../../../src/store/ports/jobs.ts';
import { createJobReads } from '../../../src/store/queries/job-reads.ts';
import { findReplacements } from '../../../src/store/queries/replacements.ts';
import { createSpend } from '../../../src/store/queries/spend.ts';
import type { Database } from '../../../src/store/sql/database.ts';
import type { Tables } from '../../../src/store/sql/tables.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite.ts';
import { SQLITE_DIALECT } from '../../../src/store/sqlite/sqlite-dialect.ts';
import {
  createKyselyDatabase,
  loadSqlite,
  type SqliteHandle,
} from '../../../src/store/sqlite/sqlite-driver.ts';
import { LIST_ALL } from '../contract/store-under-test.ts';

let folder: string;
let handle: SqliteHandle;
let database: Database;
let asked: { readonly text: string; readonly parameters: readonly unknown[] }[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clipgate-plans-'));
  const file = join(folder, 'clipgate.db');
  await (await openSqliteStore({ file, clock: () => 0 })).close();
  const sqlite = await loadSqlite();
  handle = new sqlite.DatabaseSync(file);
  const reader = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: createKyselyDatabase(handle, () => 0) }),
    log: ({ query }) => void asked.push({ text: query.sql, parameters: query.parameters }),
  });
  const none = () => Promise.reject(new Error('nothing is written here'));
  database = {
    dialect: SQLITE_DIALECT,
    reader,
    write: none,
    writeShared: none,
    writeOne: none,
    onJobChanged: () => () => {},
    writeAccounts: none,
    onAccountsChanged: () => () => {},
    close: async () => {},
  };
});
afterAll(() => {
  handle.close();
  rmSync(folder, { recursive: true });
});

/** What SQLite says it does for everything `question` asks. */
async function planOf(question: () => Promise<unknown>): Promise<string[]> {
  asked = [];
  await question();
  return asked.flatMap(({ text, parameters }) =>
    (handle.prepare(`explain query plan ${text}`).all(...parameters) as { detail: string }[]).map(
      ({ detail }) => detail,
    ),
  );
}

/** A table that is read from end to end: the plan says SCAN, and of no index that holds a part of it alone. */
const scans = (plan: readonly string[]): string[] =>
  plan.filter(
    (step) =>
      /^SCAN (jobs|job_tags|ledger|l|t|j|spend_hours)\b/.test(step) &&
      !/INDEX jobs_(open|by_time)/.test(step),
  );

it('finds a list that reads every job', async () => {
  const plan = await planOf(() =>
    database.reader.selectFrom('jobs').selectAll().where('error', '=', 'x').execute(),
  );
  expect(scans(plan)).not.toEqual([]);
});

const FILTERS: Partial<ListQuery>[] = [
  {},
  { statuses: ['failed'] },
  { statuses: [...JOB_STATUSES] },
  { model: 'a/b' },
  { tag: 'a' },
  { reference: 'r' },
  { keyId: 'key_1' },
  { since: 1, until: 2 },
  { tag: 'a', statuses: ['failed'], since: 1 },
  { model: 'a/b', statuses: ['failed'] },
  { keyId: 'key_1', statuses: ['failed', 'expired'] },
  { statuses: ['submission_unknown'], since: 1, until: 2 },
  { model: 'a/b', since: 1 },
  { since: 1, until: 2, order: 'oldest' },
  { listedOnly: true },
  { before: 'job_1' },
];

it.each(FILTERS.flatMap((filter) => [filter, { ...filter, clientId: 'studio' }]))(
  'lists by %o',
  async (filter) => {
    const { listJobs } = createJobReads(database);
    const plan = await planOf(() => listJobs({ ...LIST_ALL, ...filter }));
    expect(plan.length).toBeGreaterThan(0);
    expect(scans(plan)).toEqual([]);
    // Newest first from the index itself; of one reference there are few.
    if (filter.reference === undefined) expect(plan.join()).not.toContain('TEMP B-TREE FOR ORDER BY');
  },
);

it('finds what stands in the place of jobs from their ids', async () => {
  const plan = await planOf(() => findReplacements(database.reader, ['job_1', 'job_2']));
  expect(plan.join()).toContain('SEARCH jobs USING INDEX jobs_by_resubmit_of');
  expect(scans(plan)).toEqual([]);
});

it.each(
  (['submitted', 'settled'] as const).flatMap((basis) =>
    [null, 'studio'].flatMap((clientId) =>
      [[], [...SPEND_GROUPS]].map((groups) => ({ basis, clientId, groups })),
    ),
  ),
)('sums %o', async (query) => {
  const { sumSpend } = createSpend(database);
  // Half an hour off the hour at both ends, so that lines are read as well as hours.
  const intervals = [
    { startsAt: 1_800_000, endsAt: 90_000_000 },
    { startsAt: 90_000_000, endsAt: 180_000_000 },
  ];
  const plan = await planOf(() => sumSpend({ ...query, intervals, maxRows: 10 }));
  expect(scans(plan)).toEqual([]);
  expect(plan.join()).toContain('SEARCH spend_hours');
  expect(plan.join()).toMatch(/SEARCH l USING/);
});
