// How many clips a second can be ordered: POST /jobs with respond-async and a key each, beside what the bare store writes
// in the same run: `npx tsx bench/submits.ts [sqlite] [postgres]`.

import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Build, build } from './support/build.ts';
import { startChild } from './support/child.ts';
import { forEachDatabase } from './support/databases.ts';
import { AUTHORIZATION, startGateway, startUpstream, until } from './support/gateway.ts';
import { median } from './support/median.ts';
import { countOrders, type Ordered, order } from './support/orders.ts';

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 3);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const LANES = 50;

async function insert(built: Build, databaseUrl: string): Promise<number> {
  const worker = startChild(built, 'bench/insert-worker.ts', {
    args: [databaseUrl, String(SECONDS), String(LANES)],
  });
  const [perSecond] = (await once(worker.process, 'message')) as [number];
  await worker.stop();
  return perSecond;
}

const built = await build();
try {
  const clipFile = join(built.scratch, 'clip.mp4');
  await writeFile(clipFile, '');
  console.log(
    '| store | orders/s | bare inserts/s | ratio | p50 | p99 | CPU an order | ordered | sent upstream | sent twice |\n' +
      '|---|---|---|---|---|---|---|---|---|---|',
  );
  await forEachDatabase(built, process.argv.slice(2), async (name, createUrl) => {
    const upstream = await startUpstream(built, clipFile);
    const gateway = await startGateway(built, {
      upstream,
      logLevel: 'warn',
      // As it is by default: what is under way is polled meanwhile, as in production.
      env: { DATABASE_URL: await createUrl(), POLL_MIN_MS: '2000' },
    });
    const rounds: Ordered[] = [];
    const inserts: number[] = [];
    const before = countOrders();
    await order(gateway.url, AUTHORIZATION, 1);
    let cpu = 0;
    const warm = countOrders();
    for (let round = 0; round < ROUNDS; round++) {
      const used = (await gateway.usage()).cpuMicros;
      rounds.push(await order(gateway.url, AUTHORIZATION, SECONDS));
      cpu += (await gateway.usage()).cpuMicros - used;
      inserts.push(await insert(built, await createUrl()));
    }
    const measured = countOrders() - warm;
    // An order whose connection was closed by the end of a round may have been taken or not.
    let sent = await upstream.count();
    await until('everything sent', async () => {
      const earlier = sent;
      await new Promise((resolve) => setTimeout(resolve, 1000));
      sent = await upstream.count();
      return sent.submits === earlier.submits;
    });
    await gateway.stop();
    await upstream.stop();
    const of = (read: (one: Ordered) => number) => median(rounds.map(read));
    const [perSecond, bare] = [of((one) => one.perSecond), median(inserts)];
    const cells = [
      name,
      Math.round(perSecond),
      Math.round(bare),
      (perSecond / bare).toFixed(2),
      `${of((one) => one.p50Ms)} ms`,
      `${of((one) => one.p99Ms)} ms`,
      `${Math.round(cpu / measured)} µs`,
      countOrders() - before,
      sent.submits,
      sent.submits - sent.prompts,
    ];
    console.log(`| ${cells.join(' | ')} |`);
  });
} finally {
  await built.remove();
}
