// A 20 MB clip from the archive, and live while it is being fetched, against node streaming the same bytes and, where
// it is on the PATH, nginx: `npx tsx bench/content.ts`.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from './support/child.ts';
import { download } from './support/download.ts';
import { fight, TABLE_HEAD } from './support/duel.ts';
import { AUTHORIZATION, type BenchGateway } from './support/gateway.ts';
import { median } from './support/median.ts';
import { CLIP_BYTES, type Stage, withStage } from './support/stage.ts';

const CONNECTIONS = 4;
const GOAL = 0.7;
const LIVE_ROUNDS = 11;
const headers = { authorization: AUTHORIZATION };
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);

async function archived({ built, clipFile, add }: Stage, ours: BenchGateway): Promise<void> {
  const id = await ours.buy('a paper boat');
  await ours.settle(id, 'completed');
  const target = { child: ours, url: `${ours.url}/jobs/${id}/content`, headers };
  const before = await ours.usage();
  console.log(TABLE_HEAD);
  for (const chunk of [64, 512]) {
    const bare = await add(
      startServer(built, 'bench/bare-server.ts', ['stream', clipFile, 'silent', String(chunk * 1024)]),
    );
    const yardstick = { child: bare, url: `http://127.0.0.1:${bare.port}/` };
    const name = `archived clip, 20 MB, against node in chunks of ${chunk} kB`;
    await fight({ name, ours: target, yardstick, connections: CONNECTIONS, goal: GOAL, by: download });
    await bare.stop();
  }
  const nginx = await startNginx(built.scratch, clipFile);
  if (nginx) {
    const name = 'archived clip, 20 MB, against nginx (its CPU is not measured)';
    await fight({ name, ours: target, yardstick: nginx, connections: CONNECTIONS, goal: GOAL, by: download });
    nginx.stop();
  }
  const after = await ours.usage();
  console.log(
    `\nMemory of the gateway: ${megabytes(before.rssBytes)} MB before, ${megabytes(after.rssBytes)} MB after.\n`,
  );
}

/** A clip nobody has fetched yet: upstream holds it back until the reader is there, then both run. */
async function live({ built, upstream, add }: Stage, ours: BenchGateway): Promise<void> {
  upstream.process.send('hold');
  const proxy = await add(
    startServer(built, 'bench/bare-server.ts', [
      'proxy',
      `http://127.0.0.1:${upstream.port}/api/v1/videos/done-0/content`,
    ]),
  );
  const rates: { ours: number; bare: number }[] = [];
  for (let round = 0; round < LIVE_ROUNDS; round++) {
    const id = await ours.buy('a paper boat');
    await ours.settle(id, 'completed', false);
    const bare = await timeDownload(`http://127.0.0.1:${proxy.port}/`, upstream);
    rates.push({ bare, ours: await timeDownload(`${ours.url}/jobs/${id}/content`, upstream) });
  }
  const [mine, bare] = [median(rates.map((rate) => rate.ours)), median(rates.map((rate) => rate.bare))];
  const ratio = median(rates.map((rate) => rate.ours / rate.bare));
  console.log(
    '| what | ours MB/s | node http piped through | ratio (goal) |\n|---|---|---|---|\n' +
      `| live clip, hashed and archived on the way | ${mine.toFixed(0)} | ${bare.toFixed(0)} | ${ratio.toFixed(2)} (${GOAL}) |`,
  );
}

/** Megabytes a second from the first byte upstream lets go to the last one here. */
async function timeDownload(url: string, upstream: Stage['upstream']): Promise<number> {
  const asked = fetch(url, { headers });
  // Long enough for the request to be waiting upstream.
  await sleep(200);
  const start = performance.now();
  upstream.process.send('release');
  let bytes = 0;
  for await (const chunk of (await asked).body ?? []) bytes += (chunk as Uint8Array).length;
  if (bytes !== CLIP_BYTES) throw new Error(`${url} sent ${bytes} bytes`);
  return bytes / 1000 / (performance.now() - start);
}

async function startNginx(folder: string, clipFile: string) {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const config = join(folder, 'nginx', 'nginx.conf');
  await mkdir(dirname(config), { recursive: true });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/nginx/${kind};`,
  );
  await writeFile(
    config,
    `daemon off; user ${userInfo().username} ${userInfo().username}; worker_processes 1; pid ${folder}/nginx/pid; error_log /dev/null;
     events { worker_connections 64; }
     http { access_log off; sendfile on; tcp_nopush on; ${temporary.join(' ')}
       server { listen 127.0.0.1:${port}; location / { alias ${dirname(clipFile)}/; } } }`,
  );
  const child = spawn('nginx', ['-c', config, '-p', folder], { stdio: 'ignore' });
  const missing = once(child, 'error').then(() => true);
  if (await Promise.race([missing, sleep(500).then(() => child.exitCode !== null)])) {
    console.log('| (no nginx on the PATH) |');
    return null;
  }
  return {
    child: { usage: async () => ({ cpuMicros: 0, rssBytes: 0 }) },
    url: `http://127.0.0.1:${port}/clip.mp4`,
    stop: () => child.kill('SIGTERM'),
  };
}

await withStage(async (stage) => {
  const ours = await stage.gateway('silent');
  await archived(stage, ours);
  await live(stage, ours);
});
