// What the store does per second on this machine: `npx tsx bench/store.ts [sqlite] [postgres]`.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobStore } from '../src/store/ports/job-store.ts';
import type { JobIntent } from '../src/store/ports/jobs.ts';
import { openStore } from '../src/store/sqlite/open-store.ts';
import { startPostgres } from '../test/store/postgres/postgres-server.ts';

const LEASE_MS = 60_000;
const PARALLEL = 32;

const BY = { actor: 'bench', keyId: null, requestId: null, reason: null };
const BUDGET = {
  scope: { kind: 'client', id: 'budgeted' },
  limitMicroUsd: 1e15,
  timeZone: 'Europe/Berlin',
  hard: true,
  thresholds: [0.5, 0.8, 1],
  unpricedHoldMicroUsd: null,
  includeByok: false,
} as const;

let count = 0;
const createIntent = (withKey: boolean, clientId = 'bench'): JobIntent => {
  count += 1;
  const id = `job_${String(count).padStart(10, '0')}`;
  return {
    id,
    clientId,
    model: 'google/veo-3.1-lite',
    request: { model: 'google/veo-3.1-lite', prompt: 'a fox in the snow, soft light', duration: 6 },
    nonce: id.padStart(32, '0'),
    expectedMs: 90_000,
    estimatedMicroUsd: 120_000,
    ceilingMicroUsd: 120_000,
    idempotency: withKey ? { key: id, bodyHash: 'a'.repeat(64) } : null,
  };
};

/** Runs `work` on `lanes` lanes until it says it is done; prints how many things it did per second. */
async function measure(what: string, lanes: number, work: () => Promise<number>): Promise<void> {
  let done = 0;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let did = await work(); did > 0; did = await work()) done += did;
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${what.padEnd(44)} ${Math.round(done / seconds)
      .toLocaleString('en')
      .padStart(9)} /s`,
  );
}

/** Says 1 `times` times, then 0, doing `work` in between. */
function repeat(times: number, work: () => Promise<unknown>): () => Promise<number> {
  let left = times;
  return async () => {
    left -= 1;
    if (left < 0) return 0;
    await work();
    return 1;
  };
}

async function measureStore(store: JobStore, inserts: number): Promise<void> {
  const create = (withKey: boolean) => () => store.createJob(createIntent(withKey), 'bench', LEASE_MS);
  await measure('warm-up', PARALLEL, repeat(inserts, create(true)));
  await measure('durable inserts, one at a time', 1, repeat(inserts, create(false)));
  await measure(`durable inserts, ${PARALLEL} at once`, PARALLEL, repeat(inserts * 4, create(false)));
  await measure(
    `  with an idempotency key, ${PARALLEL} at once`,
    PARALLEL,
    repeat(inserts * 4, create(true)),
  );
  await store.releaseLeases('bench');
  await measure(
    'jobs claimed, 10 a claim, 2 claimers',
    2,
    async () => (await store.claimDue('a', 10, LEASE_MS)).length,
  );
  await store.releaseLeases('a');

  const claims = await store.claimDue('a', 1_000, LEASE_MS);
  let steps = 0;
  const step = (): Promise<unknown> => {
    steps += 1;
    const claim = claims[steps % claims.length];
    if (!claim) throw new Error('Nothing to claim');
    return store.saveStep(claim.lease, { polls: steps }, { keep: true, leaseMs: LEASE_MS });
  };
  await measure(`steps saved, ${PARALLEL} at once`, PARALLEL, repeat(inserts * 2, step));

  const readSome = (jobs: number) => {
    let next = 0;
    return (): Promise<unknown> => {
      next = (next % jobs) + 1;
      return store.getJob(`job_${String(next).padStart(10, '0')}`, 'bench');
    };
  };
  await measure(
    `getJob over 1,000 jobs, ${PARALLEL} at once`,
    PARALLEL,
    repeat(inserts * 20, readSome(1_000)),
  );
  await measure(
    `getJob over ${count.toLocaleString('en')} jobs`,
    PARALLEL,
    repeat(inserts * 10, readSome(count)),
  );
  const list = {
    clientId: 'bench',
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
  await measure(
    `listJobs, 20 a page, ${PARALLEL} at once`,
    PARALLEL,
    repeat(inserts, () => store.listJobs(list)),
  );
  for (const period of ['day', 'month'] as const) {
    await store.createBudget({ ...BUDGET, id: `budget_${period}`, period }, BY);
  }
  await measure(
    `  with a key and two budgets, ${PARALLEL} at once`,
    PARALLEL,
    repeat(inserts * 4, () => store.createJob(createIntent(true, 'budgeted'), 'bench', LEASE_MS)),
  );
}

async function measureUrl(name: string, databaseUrl: string, inserts: number): Promise<void> {
  console.log(`\n${name}, Node ${process.version}`);
  const store = await openStore({ databaseUrl, clock: Date.now, report: console.error });
  await measureStore(store, inserts);
  await store.close();
}

const wanted = process.argv.slice(2);
const wants = (name: string): boolean => wanted.length === 0 || wanted.includes(name);

if (wants('sqlite')) {
  const folder = mkdtempSync(join(tmpdir(), 'clipgate-bench-'));
  await measureUrl('SQLite', `sqlite:${join(folder, 'clipgate.db')}`, 5_000);
  rmSync(folder, { recursive: true });
}
if (wants('postgres')) {
  const server = await startPostgres();
  await measureUrl('PostgreSQL', await server.createDatabase(), 1_000);
  await server.stop();
}
