// Sums of a month over 300,000 jobs, and filtered lists: CPU per question, and what the database reads for it.
// npx tsx bench/spend.ts [jobs]

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCalendar } from '../src/core/accounts/calendar.ts';
import { type SpendGroup, splitRange } from '../src/core/accounts/spend.ts';
import { openSqliteStore } from '../src/store/sqlite/sqlite.ts';
import { loadSqlite } from '../src/store/sqlite/sqlite-driver.ts';

const JOBS = Number(process.argv[2] ?? 300_000);
const RUNS = 10;
const MONTH = { startsAt: Date.UTC(2026, 9, 1), endsAt: Date.UTC(2026, 10, 1) };
const BERLIN = { startsAt: Date.UTC(2026, 8, 30, 22), endsAt: Date.UTC(2026, 9, 31, 23) };
const CLIENTS = 5;
const MODELS = 6;

const folder = mkdtempSync(join(tmpdir(), 'clipgate-bench-spend-'));
const file = join(folder, 'clipgate.db');

/** Ended jobs over two months, as the gateway would have left them; every third with a tag, one in 300 unknown. */
async function fill(): Promise<void> {
  await (await openSqliteStore({ file, clock: Date.now })).close();
  const sqlite = await loadSqlite();
  const handle = new sqlite.DatabaseSync(file);
  handle.exec('pragma synchronous = off; begin');
  const insert =
    handle.prepare(`insert into jobs (id, client_id, key_id, status, model, request, nonce, created_at,
    updated_at, version, submitted_at, finished_at, estimated_micro_usd, ceiling_micro_usd, actual_micro_usd,
    output_count, submit_attempts, polls, missing_polls, attempt, lease_token, tags)
    values (?, ?, ?, 'completed', ?, '{"model":"a/b"}', ?, ?, ?, 5, ?, ?, 120000, 180000, ?, 1, 1, 3, 0, 1, 3, ?)`);
  const tag = handle.prepare('insert into job_tags (job_id, tag, client_id, created_at) values (?, ?, ?, ?)');
  for (let index = 0; index < JOBS; index += 1) {
    const at = MONTH.startsAt + Math.floor((index / JOBS) * (MONTH.endsAt - MONTH.startsAt));
    const id = `job_${String(index).padStart(9, '0')}`;
    const client = `client-${index % CLIENTS}`;
    const tags = index % 3 === 0 ? [`campaign-${index % 10}`] : [];
    const billed = index % 300 === 0 ? null : 120_000 + (index % 7);
    insert.run(
      id,
      client,
      `key_${index % CLIENTS}`,
      `author/model-${index % MODELS}`,
      id,
      at,
      at,
      at,
      at + 60_000,
      billed,
      tags.length > 0 ? JSON.stringify(tags) : null,
    );
    for (const name of tags) tag.run(id, name, client, at);
  }
  handle.exec('commit');
  handle.close();
}

async function measure(name: string, question: () => Promise<unknown>): Promise<void> {
  await question();
  const before = process.cpuUsage();
  for (let run = 0; run < RUNS; run += 1) await question();
  const { user, system } = process.cpuUsage(before);
  console.log(`${((user + system) / 1000 / RUNS).toFixed(2).padStart(8)} ms of CPU  ${name}`);
}

try {
  await fill();
  const store = await openSqliteStore({ file, clock: Date.now });
  const started = performance.now();
  const { lines } = await store.rebuildSpend();
  console.log(`${lines} ledger lines summed in ${Math.round(performance.now() - started)} ms`);

  const sum = (
    groups: readonly SpendGroup[],
    unit: 'day' | 'none',
    zone: string,
    clientId: string | null = null,
  ) => {
    const range = zone === 'UTC' ? MONTH : BERLIN;
    const intervals = splitRange(createCalendar(zone), unit, range, 1_000) ?? [];
    return store.sumSpend({ clientId, basis: 'submitted', groups, intervals, maxRows: 10_000 });
  };
  await measure('a month', () => sum([], 'none', 'UTC'));
  await measure('a month by client and model', () => sum(['client', 'model'], 'none', 'UTC'));
  await measure('the days of a month in Berlin, by client', () => sum(['client'], 'day', 'Europe/Berlin'));
  await measure('the days of a month in Kathmandu, by client', () =>
    sum(['client'], 'day', 'Asia/Kathmandu'),
  );
  await measure('a month by tag', () => sum(['tag'], 'none', 'UTC'));
  await measure('a month of one client', () => sum([], 'none', 'UTC', 'client-1'));

  const every = {
    clientId: null,
    limit: 20,
    before: null,
    statuses: [],
    model: null,
    tag: null,
    reference: null,
    keyId: null,
    since: null,
    until: null,
  };
  await measure('a list by tag', () => store.listJobs({ ...every, tag: 'campaign-3' }));
  await measure('a list of one client by tag', () =>
    store.listJobs({ ...every, clientId: 'client-1', tag: 'campaign-3' }),
  );
  await measure('a list of three statuses, two of them empty', () =>
    store.listJobs({ ...every, statuses: ['failed', 'expired', 'completed'] }),
  );
  await measure('a list by key and time', () =>
    store.listJobs({ ...every, keyId: 'key_2', since: MONTH.startsAt + 1e9 }),
  );
  await store.close();
} finally {
  rmSync(folder, { recursive: true });
}
