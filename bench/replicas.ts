// What one replica takes, and 1, 2 and 4 of them on one PostgreSQL: orders, polls and reads a second:
// `npx tsx bench/replicas.ts [sqlite] [1] [2] [4]`.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Build, build } from './support/build.ts';
import { forEachDatabase } from './support/databases.ts';
import { AUTHORIZATION, type BenchGateway, startGateway, startUpstream, until } from './support/gateway.ts';
import { load } from './support/load.ts';
import { median } from './support/median.ts';
import { type Ordered, order } from './support/orders.ts';

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 3);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
/** In all, however many replicas share them. */
const CONNECTIONS = 48;
/** Jobs that are polled as often as they may be. */
const POLLED = 400;
const POLL_MS = 10;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

async function measure(built: Build, databaseUrl: string, replicas: number): Promise<string[]> {
  const clipFile = join(built.scratch, 'clip.mp4');
  await writeFile(clipFile, '');
  const upstream = await startUpstream(built, clipFile);
  const start = (pollMs: number) =>
    startGateway(built, {
      upstream,
      logLevel: 'warn',
      env: { DATABASE_URL: databaseUrl, POLL_MIN_MS: String(pollMs), POLL_MAX_MS: String(pollMs) },
    });
  const startAll = async (pollMs: number): Promise<BenchGateway[]> => {
    const started: BenchGateway[] = [];
    for (let count = 0; count < replicas; count++) started.push(await start(pollMs));
    return started;
  };
  const cpuOf = async (gateways: readonly BenchGateway[]) =>
    sum((await Promise.all(gateways.map((gateway) => gateway.usage()))).map(({ cpuMicros }) => cpuMicros));

  // Polls: few jobs, each due again at once.
  const polling = await startAll(POLL_MS);
  for (let count = 0; count < POLLED; count++) await polling[count % replicas]?.buy(`never, number ${count}`);
  await until('every job polled', async () => (await upstream.count()).polledAt.length >= POLLED);
  const pollsBefore = (await upstream.count()).polls;
  const pollCpuBefore = await cpuOf(polling);
  await sleep(SECONDS * 1000);
  const polls = (await upstream.count()).polls - pollsBefore;
  const pollCpu = (await cpuOf(polling)) - pollCpuBefore;
  for (const gateway of polling) await gateway.stop();

  const gateways = await startAll(60_000);
  const each = CONNECTIONS / replicas;
  const rounds: Ordered[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push(await Promise.all(gateways.map(({ url }) => order(url, AUTHORIZATION, SECONDS, each))));
  }
  const job = await gateways[0]?.buy('never, to be read');
  const reads: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const found = await Promise.all(
      gateways.map((child) =>
        load(
          { child, url: `${child.url}/jobs/${job}`, headers: { authorization: AUTHORIZATION } },
          SECONDS,
          each,
        ),
      ),
    );
    reads.push(sum(found.map(({ perSecond }) => perSecond)));
  }
  for (const gateway of gateways) await gateway.stop();
  await upstream.stop();
  return [
    String(Math.round(median(rounds.map((found) => sum(found.map(({ perSecond }) => perSecond)))))),
    `${median(rounds.map((found) => Math.max(...found.map(({ p99Ms }) => p99Ms))))} ms`,
    String(Math.round(polls / SECONDS)),
    `${Math.round(pollCpu / polls)} µs`,
    String(Math.round(median(reads))),
  ];
}

const asked = process.argv.slice(2);
const wants = (name: string) => asked.length === 0 || asked.includes(name);
const counts = [1, 2, 4].filter((count) => wants(String(count)));
const built = await build();
try {
  console.log(
    '| store | replicas | orders/s | p99 | polls/s | CPU a poll | reads of one job/s |\n|---|---|---|---|---|---|---|',
  );
  const stores = [...(wants('sqlite') ? ['sqlite'] : []), ...(counts.length > 0 ? ['postgres'] : [])];
  await forEachDatabase(built, stores, async (name, createUrl) => {
    for (const replicas of name === 'SQLite' ? [1] : counts) {
      const cells = await measure(built, await createUrl(), replicas);
      console.log(`| ${[name, replicas, ...cells].join(' | ')} |`);
    }
  });
} finally {
  await built.remove();
}
