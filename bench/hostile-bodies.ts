// What the worst bodies do to everybody else: how long one holds the event loop, and how much memory twenty use,
// measured inside the gateway's process while another process sends: `npx tsx bench/hostile-bodies.ts`.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { parseConfig } from '../src/config/parse.ts';
import { createGateway } from '../src/gateway/gateway.ts';
import { startSimulator } from '../src/simulator/index.ts';
import { openSqliteStore } from '../src/store/sqlite/sqlite.ts';
import { VERSION } from '../src/version.ts';

const BYTES = 32 * 1024 * 1024 - 1024;
const GOAL_MS = { one: 250, twenty: 500 };
const GOAL_MB = 900;
const UPSTREAM_KEY = 'sk-or-v1-bench';

/** Bodies of just under 32 MB, by name. */
const BODIES: Readonly<Record<string, () => string>> = {
  'objects {},{},...': () => `{"trace":{"a":[${'{},'.repeat(BYTES / 3)}{}]}}`,
  'brackets [[[[...': () => '['.repeat(BYTES),
  'a million keys': () => `{"trace":{${Array.from({ length: 1e6 }, (_, i) => `"k${i}":1`).join(',')}}}`,
  'numbers 1,1,...': () => `[${'1,'.repeat(BYTES / 2)}1]`,
  'one number': () => `{"seed":${'1'.repeat(BYTES)}}`,
  blanks: () => `{"prompt":"a boat"${' '.repeat(BYTES)}}`,
  'escapes \\u0041': () => `{"prompt":"${'\\u0041'.repeat(BYTES / 6)}"}`,
  'escaped quotes': () => `{"prompt":"${'\\"'.repeat(BYTES / 2)}"}`,
  'three-byte characters': () => `{"prompt":"${'漢'.repeat(BYTES / 3)}"}`,
  'four-byte characters': () => `{"prompt":"${'😀'.repeat(BYTES / 4)}"}`,
  'a long name': () => `{"${'x'.repeat(BYTES)}":1}`,
  'broken at the end': () => `{"prompt":"${'x'.repeat(BYTES)}"`,
  'plain, a picture of 24 MB': picture,
};

function picture(): string {
  const url = `data:image/png;base64,${'iVBORw0KGgo'.padEnd(32_000_000, 'A')}`;
  const frame = { type: 'image_url', image_url: { url }, frame_type: 'first_frame' };
  return JSON.stringify({ prompt: 'a boat', duration: 8, frame_images: [frame] });
}

interface Round {
  readonly url: string;
  readonly body: string;
  readonly count: number;
}

/** The other process: simulates upstream, sends what it is asked to, and says which statuses came. */
async function sendRounds(): Promise<void> {
  const { apiUrl } = await startSimulator({ timeScale: 0, apiKey: UPSTREAM_KEY });
  process.on('message', async ({ url, body, count }: Round) => {
    const text = Buffer.from(BODIES[body]?.() ?? '');
    const send = async () => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: text,
      }).catch((error: unknown) => error as Error);
      if (response instanceof Error) return `broken: ${String(response.cause)}`;
      await response.arrayBuffer();
      return String(response.status);
    };
    process.send?.(await Promise.all(Array.from({ length: count }, send)));
  });
  process.send?.(apiUrl);
}

async function measure(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hostile-'));
  const sender = fork(fileURLToPath(import.meta.url), ['send'], { execArgv: ['--import', 'tsx'] });
  const [apiUrl] = (await once(sender, 'message')) as [string];
  const gateway = await createGateway({
    config: parseConfig({
      OPENROUTER_API_KEY: UPSTREAM_KEY,
      OPENROUTER_BASE_URL: apiUrl,
      DATABASE_URL: `sqlite:${join(folder, 'jobs.db')}`,
      ARCHIVE_DIR: join(folder, 'clips'),
      CLIENT_AUTH: 'none',
    }),
    store: await openSqliteStore({ file: join(folder, 'jobs.db'), clock: Date.now }),
    log: pino({ level: 'silent' }),
    version: VERSION,
    owner: 'bench',
    clock: Date.now,
    monotonic: () => performance.now(),
    random: Math.random,
  });
  await gateway.start({ background: false });
  const url = await gateway.app.listen({ host: '127.0.0.1', port: 0 });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const idleMb = megabytes(process.memoryUsage.rss());
  console.log(
    `| body | at once | answers | longest hold, ms | RSS, MB (idle ${idleMb}) |\n|---|---|---|---|---|`,
  );

  async function round(body: string, path: string, count: number): Promise<void> {
    let peak = 0;
    const timer = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 20);
    delay.enable();
    delay.reset();
    sender.send({ url: `${url}${path}`, body, count } satisfies Round);
    const [statuses] = (await once(sender, 'message')) as [string[]];
    delay.disable();
    clearInterval(timer);
    const answers = [...new Set(statuses)].map(
      (one) => `${statuses.filter((s) => s === one).length} x ${one}`,
    );
    const [holdMs, mb] = [Math.round(delay.max / 1e6), megabytes(peak)];
    const bad = holdMs > (count === 1 ? GOAL_MS.one : GOAL_MS.twenty) || mb > GOAL_MB;
    if (bad) process.exitCode = 1;
    console.log(
      `| POST ${path}, ${body} | ${count} | ${answers.join(', ')} | ${holdMs} | ${mb} |${bad ? ' MISSED' : ''}`,
    );
  }

  try {
    // Once for the code that is not compiled yet.
    await round('blanks', '/route', 1);
    for (const body of Object.keys(BODIES)) await round(body, '/route', 1);
    await round('plain, a picture of 24 MB', '/jobs', 1);
    await round('plain, a picture of 24 MB', '/route', 20);
    await round('three-byte characters', '/route', 20);
    await round('plain, a picture of 24 MB', '/jobs', 20);
  } finally {
    sender.kill();
    await gateway.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 20);

if (process.argv[2] === 'send') await sendRounds();
else await measure();
