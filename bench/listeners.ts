// Two thousand listeners to the events of one job: what they weigh, and when the last of them hears of its end:
// `npx tsx bench/listeners.ts [sqlite] [postgres]`.

import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from './support/build.ts';
import { startChild } from './support/child.ts';
import { forEachDatabase } from './support/databases.ts';
import { AUTHORIZATION, startGateway, startUpstream } from './support/gateway.ts';

const LISTENERS = Number(process.env['BENCH_LISTENERS'] ?? 2_000);

const built = await build();
try {
  const clipFile = join(built.scratch, 'clip.mp4');
  await writeFile(clipFile, '');
  console.log(
    '| store | listeners | memory before | with them | a listener | CPU to open one | heard after: first | median | last | CPU to tell all |\n' +
      '|---|---|---|---|---|---|---|---|---|---|',
  );
  await forEachDatabase(built, process.argv.slice(2), async (name, createUrl) => {
    const upstream = await startUpstream(built, clipFile);
    const gateway = await startGateway(built, {
      upstream,
      logLevel: 'warn',
      env: { DATABASE_URL: await createUrl() },
    });
    const job = await gateway.buy('never');
    await gateway.settle(job, 'in_progress');
    const before = await gateway.usage();
    const worker = startChild(built, 'bench/listen-worker.ts', {
      args: [`${gateway.url}/jobs/${job}/events`, AUTHORIZATION, String(LISTENERS)],
    });
    await once(worker.process, 'message');
    await sleep(1_000);
    const during = await gateway.usage();
    const told = once(worker.process, 'message');
    upstream.process.send('end');
    const [{ delays }] = (await told) as [{ delays: number[] }];
    const after = await gateway.usage();
    await worker.stop();
    await gateway.stop();
    await upstream.stop();
    const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
    const cells = [
      name,
      delays.length,
      megabytes(before.rssBytes),
      megabytes(during.rssBytes),
      `${((during.rssBytes - before.rssBytes) / LISTENERS / 1000).toFixed(0)} kB`,
      `${Math.round((during.cpuMicros - before.cpuMicros) / LISTENERS)} µs`,
      `${delays[0]} ms`,
      `${delays[Math.floor(delays.length / 2)]} ms`,
      `${delays.at(-1)} ms`,
      `${Math.round((after.cpuMicros - during.cpuMicros) / 1000)} ms`,
    ];
    console.log(`| ${cells.join(' | ')} |`);
  });
} finally {
  await built.remove();
}
