// What asking budgets costs an order: `npx tsx bench/budgets.ts [sqlite] [postgres]`. Turns alternate in one process.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../src/store/sqlite/open-store.ts';
import { startPostgres } from '../test/store/postgres/postgres-server.ts';
import { median } from './support/median.ts';

const LEASE_MS = 60_000;
const PARALLEL = 64;
const ROUNDS = 5;
const BY = { actor: 'bench', keyId: null, requestId: null, reason: null };

let count = 0;

/** Milliseconds per order of `orders` orders of a client, `PARALLEL` at once. */
async function takeTurn(
  store: Awaited<ReturnType<typeof openStore>>,
  clientId: string,
  orders: number,
): Promise<number> {
  let left = orders;
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      while (left > 0) {
        left -= 1;
        count += 1;
        const id = `job_${String(count).padStart(10, '0')}`;
        await store.createJob(
          {
            id,
            clientId,
            model: 'google/veo-3.1-lite',
            request: { model: 'google/veo-3.1-lite', prompt: 'a fox in the snow, soft light', duration: 6 },
            nonce: id.padStart(32, '0'),
            expectedMs: 90_000,
            estimatedMicroUsd: 120_000,
            ceilingMicroUsd: 120_000,
            idempotency: { key: id, bodyHash: 'a'.repeat(64) },
          },
          'bench',
          LEASE_MS,
        );
      }
    }),
  );
  return (performance.now() - begun) / orders;
}

async function measure(name: string, databaseUrl: string, orders: number): Promise<void> {
  const store = await openStore({ databaseUrl, clock: Date.now, report: console.error });
  const terms = {
    limitMicroUsd: 1e15,
    timeZone: 'Europe/Berlin',
    hard: true,
    thresholds: [0.5, 0.8, 1],
    unpricedHoldMicroUsd: null,
    includeByok: false,
  };
  const scope = { kind: 'client', id: 'budgeted' } as const;
  await store.createBudget({ ...terms, id: 'budget_1', scope, period: 'day' }, BY);
  await store.createBudget({ ...terms, id: 'budget_2', scope, period: 'month' }, BY);
  const turns = { free: [] as number[], budgeted: [] as number[] };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const clientId of ['free', 'budgeted'] as const) {
      const ms = await takeTurn(store, clientId, orders);
      // The first is for warming up.
      if (round > 0) turns[clientId].push(ms);
    }
  }
  await store.close();
  const [free, budgeted] = [median(turns.free), median(turns.budgeted)];
  console.log(
    `${name.padEnd(12)} without ${free.toFixed(3)} ms, with two budgets ${budgeted.toFixed(3)} ms an order: ${(budgeted / free).toFixed(2)} times`,
  );
}

const wanted = process.argv.slice(2);
const wants = (name: string): boolean => wanted.length === 0 || wanted.includes(name);

if (wants('sqlite')) {
  const folder = mkdtempSync(join(tmpdir(), 'clipgate-bench-'));
  await measure('SQLite', `sqlite:${join(folder, 'clipgate.db')}`, 3_000);
  rmSync(folder, { recursive: true });
}
if (wants('postgres')) {
  const server = await startPostgres();
  await measure('PostgreSQL', await server.createDatabase(), 500);
  await server.stop();
}
