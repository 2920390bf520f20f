// The console over a store of 100,000 jobs: what each page costs the gateway, what live lists weigh, and how soon a
// browser draws: `npx tsx bench/console.ts [sqlite] [postgres]`.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleConsole } from '../scripts/console-bundle.ts';
import { openBrowser, type PageRequest, type Visit } from './support/browser.ts';
import { build } from './support/build.ts';
import { writeClip } from './support/clip.ts';
import { forEachDatabase } from './support/databases.ts';
import { type BenchGateway, startGateway, startUpstream } from './support/gateway.ts';
import { fillStore } from './support/many-jobs.ts';
import { median } from './support/median.ts';

const JOBS = Number(process.env['BENCH_JOBS'] ?? 100_000);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 10);
const STREAMS = 200;
const GOAL = { cpuMs: 300, holdMs: 50, requests: 3, firstPaintMs: 1_000, streamsMb: 100 };
const OPERATOR_KEY = 'ok-bench-77ab01';

/** What the frame around every page asks for: who is signed in, and whether clips are bought. */
const FRAME = ['/console/session', '/readyz'];
const EXPLORED = '?prompt=A+paper+boat&duration=6&resolution=720p';
const isOfFrame = ({ url }: PageRequest) => FRAME.includes(new URL(url).pathname);

const missed = (is: boolean): string => {
  if (is) process.exitCode = 1;
  return is ? ' MISSED' : '';
};

async function signIn(url: string): Promise<string> {
  const answer = await fetch(`${url}/console/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ key: OPERATOR_KEY }),
  });
  const cookie = answer.headers.get('set-cookie')?.split(';')[0];
  if (answer.status !== 204 || cookie === undefined) throw new Error(`signing in answered ${answer.status}`);
  return cookie;
}

/** Sends what a page sends, together, as a browser does. @returns bytes of the answers. */
async function send(requests: readonly PageRequest[], url: string, cookie: string): Promise<number> {
  const sizes = await Promise.all(
    requests.map(async ({ method, url: address, body }) => {
      const headers = { cookie, origin: url, 'content-type': 'application/json' };
      const answer = await fetch(address, { method, headers, body });
      // A model that cannot make a clip is an answer too.
      if (!answer.ok && answer.status !== 422)
        throw new Error(`${method} ${address} answered ${answer.status}`);
      return (await answer.arrayBuffer()).byteLength;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function measurePage(
  path: string,
  { requests, firstPaintMs }: Visit,
  gateway: BenchGateway,
  cookie: string,
) {
  const own = requests.filter((request) => !isOfFrame(request));
  await send(requests, gateway.url, cookie);
  await gateway.hold();
  const cpuMs: number[] = [];
  // By the round: of a single one the machine may have been busy with something else.
  const holds: number[] = [];
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = await gateway.usage();
    bytes = await send(requests, gateway.url, cookie);
    cpuMs.push(((await gateway.usage()).cpuMicros - before.cpuMicros) / 1000);
    holds.push(await gateway.hold());
  }
  const holdMs = median(holds);
  const cpu = median(cpuMs);
  const cells = [
    path,
    `${own.length}${missed(own.length > GOAL.requests)}`,
    `${Math.round(bytes / 1000)} kB`,
    `${cpu.toFixed(1)} ms${missed(cpu > GOAL.cpuMs)}`,
    `${holdMs.toFixed(0)} ms${missed(holdMs > GOAL.holdMs)}`,
    `${Math.round(firstPaintMs)} ms${missed(firstPaintMs > GOAL.firstPaintMs)}`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

/** Every page of the bar, and one of each kind that the lists lead to. */
async function measurePages(gateway: BenchGateway, cookie: string): Promise<void> {
  const browser = await openBrowser(gateway.url, cookie);
  if (!browser) {
    console.log('Chromium or playwright-core (npm run clients) is not installed: no page is measured.');
    return;
  }
  try {
    // Warms up the browser, and names the pages.
    const { links } = await browser.visit(`${gateway.url}/console`);
    const pathOf = (link: string) => new URL(link).pathname;
    const first = async (list: string, pattern: RegExp) =>
      (await browser.visit(`${gateway.url}${list}`)).links.map(pathOf).find((path) => pattern.test(path)) ??
      list;
    const paths = new Set([
      ...links.map(pathOf).filter((path) => /^\/console(\/[a-z]+)?$/.test(path)),
      `/console/explore${EXPLORED}`,
      '/console/jobs?status=failed&model=google/veo-3.1-fast',
      '/console/jobs?client=client-6&tag=campaign-6',
      await first('/console/jobs', /^\/console\/jobs\/./),
      '/console/money?by=tag&days=90',
      await first('/console/models?q=veo-3.1', /^\/console\/models\/./),
    ]);
    console.log(
      '\n| page | requests | of answers | CPU | longest hold | first paint |\n|---|---|---|---|---|---|',
    );
    for (const path of paths)
      await measurePage(path, await browser.visit(`${gateway.url}${path}`), gateway, cookie);
  } finally {
    await browser.close();
  }
}

/** Opens a live list and reads it as it comes. */
async function openStream(url: string, cookie: string, onJob: () => void): Promise<ClientRequest> {
  const request = get(`${url}/jobs/events`, { headers: { cookie }, agent: false });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`GET /jobs/events answered ${answer.statusCode}`);
  answer.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n')) if (line === 'event: job') onJob();
  });
  answer.on('error', () => undefined);
  return request;
}

/** What live lists weigh while jobs change in them. */
async function measureStreams(gateway: BenchGateway, cookie: string): Promise<void> {
  const change = () => Promise.all(Array.from({ length: 20 }, () => gateway.buy('a paper boat')));
  // Buying has its own memory: it is there before.
  await change();
  await sleep(3_000);
  const before = await gateway.usage();
  let events = 0;
  const streams: ClientRequest[] = [];
  for (let index = 0; index < STREAMS; index += 1) {
    streams.push(
      await openStream(gateway.url, cookie, () => {
        events += 1;
      }),
    );
  }
  let peak = 0;
  for (let round = 0; round < 5; round += 1) {
    await change();
    await sleep(1_000);
    peak = Math.max(peak, (await gateway.usage()).rssBytes);
  }
  const after = await gateway.usage();
  for (const stream of streams) stream.destroy();
  const mb = (peak - before.rssBytes) / 1e6;
  const cpuMs = (after.cpuMicros - before.cpuMicros) / 1000;
  console.log(
    `\n${STREAMS} live lists, ${events} events: ${mb.toFixed(0)} MB more at the peak (${(before.rssBytes / 1e6).toFixed(0)} MB before)${missed(mb > GOAL.streamsMb)}, ${Math.round(cpuMs)} ms of CPU with the orders`,
  );
}

const built = await build();
try {
  const clipFile = join(built.scratch, 'clip.mp4');
  await writeClip(clipFile, 100_000);
  await bundleConsole(built.pathOf('dist/console'));
  await forEachDatabase(built, process.argv.slice(2), async (name, createUrl) => {
    const databaseUrl = await createUrl();
    await fillStore(databaseUrl, JOBS);
    const upstream = await startUpstream(built, clipFile);
    const gateway = await startGateway(built, {
      upstream,
      logLevel: 'info',
      nodeOptions: (process.env['BENCH_NODE_OPTIONS'] ?? '').split(' ').filter(Boolean),
      env: {
        DATABASE_URL: databaseUrl,
        OPERATOR_KEYS: `ops:${createHash('sha256').update(OPERATOR_KEY).digest('hex')}`,
      },
    });
    try {
      console.log(`\n## ${name}, ${JOBS} jobs`);
      const cookie = await signIn(gateway.url);
      await measurePages(gateway, cookie);
      await measureStreams(gateway, cookie);
    } finally {
      await gateway.stop();
      await upstream.stop();
    }
  });
} finally {
  await built.remove();
}
