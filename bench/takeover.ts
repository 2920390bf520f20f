// How long a job goes unobserved when the replica that followed it is killed: `npx tsx bench/takeover.ts`.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPostgres } from '../test/store/postgres/postgres-server.ts';
import { build } from './support/build.ts';
import { type BenchGateway, startGateway, startUpstream, type Upstream } from './support/gateway.ts';

const JOBS = 40;
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
// Above the lease of a step.
const PATIENCE_MS = 200_000;

/** Milliseconds from `since` to the first poll after it, for each job. */
async function findGaps(upstream: Upstream, since: number): Promise<number[]> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(100)) {
    const { polledAt } = await upstream.count();
    if (polledAt.every(([, at]) => at > since)) {
      return polledAt.map(([, at]) => at - since).sort((a, b) => a - b);
    }
  }
  throw new Error('some jobs were never polled again');
}

async function kill(gateway: BenchGateway): Promise<number> {
  gateway.process.kill('SIGKILL');
  return Date.now();
}

const built = await build();
const server = await startPostgres();
try {
  const clipFile = join(built.scratch, 'clip.mp4');
  await writeFile(clipFile, '');
  console.log('| killed | jobs | polled again after: half of them | the last |\n|---|---|---|---|');
  for (const inTheMiddle of [false, true]) {
    for (let round = 0; round < (inTheMiddle ? 1 : ROUNDS); round++) {
      const upstream = await startUpstream(built, clipFile);
      const options = {
        upstream,
        logLevel: 'error',
        env: { DATABASE_URL: await server.createDatabase(), POLL_MIN_MS: '500', POLL_MAX_MS: '1000' },
      };
      const one = await startGateway(built, options);
      for (let count = 0; count < JOBS; count++) await one.buy(`never, number ${count}`);
      // Alone when it is stopped in the middle, so that every job is in its hands.
      const other = inTheMiddle ? null : await startGateway(built, options);
      await sleep(3_000);
      if (inTheMiddle) {
        upstream.process.send('fall silent');
        await sleep(2_000);
      }
      const since = await kill(one);
      upstream.process.send('speak');
      const left = other ?? (await startGateway(built, options));
      const gaps = await findGaps(upstream, since);
      const half = gaps[Math.floor(gaps.length / 2)] ?? 0;
      const when = inTheMiddle ? 'while it waits for the answers to its polls' : 'between its polls';
      console.log(`| ${when} | ${JOBS} | ${half} ms | ${gaps.at(-1)} ms |`);
      await left.stop();
      await upstream.stop();
    }
  }
} finally {
  await server.stop();
  await built.remove();
}
