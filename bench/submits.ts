// How many clips a second can be ordered: POST /jobs with respond-async and a key each, beside what the bare store writes
// in the same run: `npx tsx bench/submits.ts [sqlite] [postgres]`.

import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { type Build, build } from './support/build.ts';
import { startChild } from './support/child.ts';
import { forEachDatabase } from './support/databases.ts';
import { AUTHORIZATION, startGateway, startUpstream, until } from './support/gateway.ts';
import { median } from './support/median.ts';

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 3);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const CONNECTIONS = 50;

interface Ordered {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

let orders = 0;

async function order(url: string, seconds: number): Promise<Ordered> {
  const result = await autocannon({
    url: `${url}/jobs`,
    method: 'POST',
    connections: CONNECTIONS,
    duration: seconds,
    requests: [
      {
        setupRequest: (request) => {
          orders += 1;
          return {
            ...request,
            headers: {
              ...request.headers,
              authorization: AUTHORIZATION,
              'content-type': 'application/json',
              'idempotency-key': `order-${orders}`,
              prefer: 'respond-async',
            },
            body: JSON.stringify({
              model: 'google/veo-3.1-lite',
              prompt: `never ends, number ${orders}`,
              duration: 4,
              resolution: '720p',
            }),
          };
        },
      },
    ],
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${result.non2xx} refusals and ${result.errors} errors`);
  }
  const { p50, p99 } = result.latency;
  return { perSecond: result['2xx'] / result.duration, p50Ms: p50, p99Ms: p99 };
}

async function insert(built: Build, databaseUrl: string): Promise<number> {
  const worker = startChild(built, 'bench/insert-worker.ts', {
    args: [databaseUrl, String(SECONDS), String(CONNECTIONS)],
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
    const before = orders;
    await order(gateway.url, 1);
    let cpu = 0;
    const warm = orders;
    for (let round = 0; round < ROUNDS; round++) {
      const used = (await gateway.usage()).cpuMicros;
      rounds.push(await order(gateway.url, SECONDS));
      cpu += (await gateway.usage()).cpuMicros - used;
      inserts.push(await insert(built, await createUrl()));
    }
    const measured = orders - warm;
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
      orders - before,
      sent.submits,
      sent.submits - sent.prompts,
    ];
    console.log(`| ${cells.join(' | ')} |`);
  });
} finally {
  await built.remove();
}
