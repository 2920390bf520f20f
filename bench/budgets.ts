// What asking two budgets costs an order, whole and over HTTP, beside one that asks none: `npx tsx bench/budgets.ts
// [sqlite] [postgres]`. Both clients take turns on one gateway; every order changes the same two rows.

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from './support/build.ts';
import { forEachDatabase } from './support/databases.ts';
import { AUTHORIZATION, type BenchGateway, startGateway, startUpstream } from './support/gateway.ts';
import { median } from './support/median.ts';
import { countOrders, type Ordered, order } from './support/orders.ts';

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 2);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);

const keyOf = (name: string): string => `ck-bench-${name}-51c0a7`;
const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');
const OPERATOR = { authorization: `Bearer ${keyOf('operator')}`, 'content-type': 'application/json' };

async function makeBudgets(url: string): Promise<void> {
  for (const period of ['day', 'month']) {
    const answer = await fetch(`${url}/budgets`, {
      method: 'POST',
      headers: OPERATOR,
      body: JSON.stringify({
        scope: { kind: 'client', id: 'budgeted' },
        limit_usd: 1e6,
        period,
        time_zone: 'Europe/Berlin',
      }),
    });
    if (answer.status !== 201) throw new Error(`POST /budgets answered ${answer.status}`);
  }
}

interface Turn extends Ordered {
  readonly cpuUs: number;
}

async function takeTurn(gateway: BenchGateway, authorization: string): Promise<Turn> {
  const [cpu, orders] = [(await gateway.usage()).cpuMicros, countOrders()];
  const ordered = await order(gateway.url, authorization, SECONDS);
  const cpuUs = ((await gateway.usage()).cpuMicros - cpu) / (countOrders() - orders);
  return { ...ordered, cpuUs };
}

const built = await build();
try {
  const clipFile = join(built.scratch, 'clip.mp4');
  await writeFile(clipFile, '');
  console.log(
    '| store | budgets | orders/s | p50 | p99 | CPU an order | an order costs |\n|---|---|---|---|---|---|---|',
  );
  await forEachDatabase(built, process.argv.slice(2), async (name, createUrl) => {
    const upstream = await startUpstream(built, clipFile);
    const gateway = await startGateway(built, {
      upstream,
      logLevel: 'warn',
      env: {
        DATABASE_URL: await createUrl(),
        POLL_MIN_MS: '60000',
        POLL_MAX_MS: '60000',
        CLIENT_KEYS: `bench:${hashOf(AUTHORIZATION.slice('Bearer '.length))},budgeted:${hashOf(keyOf('budgeted'))}`,
        OPERATOR_KEYS: `ops:${hashOf(keyOf('operator'))}`,
      },
    });
    await makeBudgets(gateway.url);
    const clients = [
      { budgets: 0, authorization: AUTHORIZATION, turns: [] as Turn[] },
      { budgets: 2, authorization: `Bearer ${keyOf('budgeted')}`, turns: [] as Turn[] },
    ];
    for (let round = 0; round <= ROUNDS; round++) {
      for (const { authorization, turns } of clients) {
        const turn = await takeTurn(gateway, authorization);
        // The first is for warming up.
        if (round > 0) turns.push(turn);
      }
    }
    await gateway.stop();
    await upstream.stop();
    const base = median((clients[0]?.turns ?? []).map(({ perSecond }) => perSecond));
    for (const { budgets, turns } of clients) {
      const of = (read: (one: Turn) => number) => median(turns.map(read));
      const perSecond = of((one) => one.perSecond);
      const cells = [
        name,
        budgets,
        Math.round(perSecond),
        `${of((one) => one.p50Ms)} ms`,
        `${of((one) => one.p99Ms)} ms`,
        `${Math.round(of((one) => one.cpuUs))} µs`,
        `${(base / perSecond).toFixed(2)} times`,
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
  });
} finally {
  await built.remove();
}
