// What pictures in requests cost: bytes on disk, memory, and how long everything else waits: `npx tsx bench/bodies.ts`.

import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Build, build } from './support/build.ts';
import { AUTHORIZATION, type BenchGateway, startGateway, startUpstream, until } from './support/gateway.ts';

const BODY_BYTES = 20_000_000;
const IN_TURN = 14;
const POLLS = 8;
const AT_ONCE = 8;
const MB = 1_000_000;

interface Body {
  readonly bytes: Buffer;
  readonly pictureHash: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function createBody(index: number): Body {
  const url = `data:image/png;base64,${randomBytes((BODY_BYTES * 3) / 4 - 300).toString('base64')}`;
  const body = {
    model: 'google/veo-3.1-lite',
    prompt: `never ends, number ${index}`,
    duration: 4,
    resolution: '720p',
    aspect_ratio: '16:9',
    frame_images: [{ type: 'image_url', image_url: { url }, frame_type: 'first_frame' }],
  };
  return { bytes: Buffer.from(JSON.stringify(body)), pictureHash: sha256(url) };
}

const post = ({ url }: BenchGateway, body: Body, key: string): Promise<Response> =>
  fetch(`${url}/jobs`, {
    method: 'POST',
    headers: { authorization: AUTHORIZATION, 'content-type': 'application/json', 'idempotency-key': key },
    body: body.bytes,
  });

const get = ({ url }: BenchGateway, path: string): Promise<Response> =>
  fetch(`${url}${path}`, { headers: { authorization: AUTHORIZATION } });

/** The most memory the process has had, in bytes. */
function peakMemory({ process: { pid } }: BenchGateway): number {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

const bytesOf = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

/** Asks for /healthz again and again while `work` runs; resolves to the longest an answer took, in milliseconds. */
async function worstHealth({ url }: BenchGateway, work: () => Promise<void>): Promise<number> {
  let worst = 0;
  let over = false;
  const asking = (async () => {
    while (!over) {
      const start = performance.now();
      await (await fetch(`${url}/healthz`)).arrayBuffer();
      worst = Math.max(worst, performance.now() - start);
      await sleep(5);
    }
  })();
  await work();
  over = true;
  await asking;
  return worst;
}

interface Row {
  readonly what: string;
  readonly found: string;
  readonly goal: string;
  readonly ok: boolean;
}

async function inTurn(built: Build, clipFile: string): Promise<Row[]> {
  const folder = await mkdtemp(join(built.scratch, 'bodies-'));
  const upstream = await startUpstream(built, clipFile);
  const gateway = await startGateway(built, {
    upstream,
    logLevel: 'warn',
    nodeOptions: ['--max-old-space-size=1024'],
    env: { DATABASE_URL: `sqlite:${join(folder, 'jobs.db')}`, POLL_MIN_MS: '200', POLL_MAX_MS: '400' },
  });
  try {
    const ids: string[] = [];
    const whileOrdered = await worstHealth(gateway, async () => {
      for (let index = 0; index < IN_TURN; index++) {
        const answer = await post(gateway, createBody(index), `turn-${index}`);
        if (answer.status !== 202) throw new Error(`POST /jobs answered ${answer.status}`);
        ids.push(((await answer.json()) as { id: string }).id);
      }
    });
    let listBytes = 0;
    const whilePolled = await worstHealth(gateway, async () => {
      const end = Date.now() + POLLS * 450;
      while (Date.now() < end) {
        listBytes = (await (await get(gateway, '/jobs?limit=100')).arrayBuffer()).byteLength;
        for (const id of ids) await (await get(gateway, `/jobs/${id}`)).arrayBuffer();
      }
    });
    const { polledAt } = await upstream.count();
    if (polledAt.length !== IN_TURN) throw new Error('not every job was polled');
    const stored = bytesOf(folder) / (IN_TURN * BODY_BYTES);
    const memory = peakMemory(gateway) / MB;
    return [
      row('database, times the bytes', stored.toFixed(2), '<= 2.6', stored <= 2.6),
      row('peak RSS at a heap of 1 GB', `${Math.round(memory)} MB`, '< 900 MB', memory < 900),
      row(
        'worst /healthz while they come',
        `${Math.round(whileOrdered)} ms`,
        '< 1500 ms',
        whileOrdered < 1500,
      ),
      row(
        'worst /healthz while polled and listed',
        `${Math.round(whilePolled)} ms`,
        '< 200 ms',
        whilePolled < 200,
      ),
      row('GET /jobs of all of them', `${listBytes} bytes`, '< 1 MB', listBytes < MB),
    ];
  } finally {
    await gateway.stop();
    await upstream.stop();
  }
}

async function atOnce(built: Build, clipFile: string): Promise<Row[]> {
  const upstream = await startUpstream(built, clipFile);
  const gateway = await startGateway(built, {
    upstream,
    logLevel: 'warn',
    nodeOptions: ['--max-old-space-size=512'],
  });
  let refused = 0;
  let unexplained = 0;
  const buy = async (body: Body, key: string): Promise<string> => {
    for (;;) {
      const answer = await post(gateway, body, key);
      if (answer.status === 202) return ((await answer.json()) as { id: string }).id;
      const retryAfterS = Number(answer.headers.get('retry-after'));
      if (answer.status !== 503 || !(retryAfterS > 0)) unexplained += 1;
      if (unexplained > 0) throw new Error(`POST /jobs answered ${answer.status}: ${await answer.text()}`);
      refused += 1;
      await answer.arrayBuffer();
      await sleep(retryAfterS * 1000);
    }
  };
  try {
    const bodies = Array.from({ length: AT_ONCE }, (_, index) => createBody(index));
    const ids = await Promise.all(bodies.map((body, index) => buy(body, `once-${index}`)));
    let whole = 0;
    for (const [index, id] of ids.entries()) {
      const { request } = (await (await get(gateway, `/jobs/${id}?include=request`)).json()) as {
        request: { frame_images: { image_url: { url: string } }[] };
      };
      const url = request.frame_images[0]?.image_url.url ?? '';
      if (sha256(url) === bodies[index]?.pictureHash) whole += 1;
    }
    await until('everything sent', async () => (await upstream.count()).submits === AT_ONCE);
    const memory = peakMemory(gateway) / MB;
    return [
      row(`${AT_ONCE} at once, heap of 512 MB: kept whole`, `${whole}`, `${AT_ONCE}`, whole === AT_ONCE),
      row('told 503 with Retry-After meanwhile', `${refused}`, 'any', true),
      row('peak RSS', `${Math.round(memory)} MB`, '-', true),
    ];
  } finally {
    await gateway.stop();
    await upstream.stop();
  }
}

const row = (what: string, found: string, goal: string, ok: boolean): Row => ({ what, found, goal, ok });

const built = await build();
try {
  const clipFile = join(built.scratch, 'clip.mp4');
  await writeFile(clipFile, '');
  const rows = [...(await inTurn(built, clipFile)), ...(await atOnce(built, clipFile))];
  console.log('| bodies of 20 MB | found | goal | |\n|---|---|---|---|');
  for (const { what, found, goal, ok } of rows) {
    console.log(`| ${what} | ${found} | ${goal} | ${ok ? 'met' : 'missed'} |`);
  }
  if (rows.some(({ ok }) => !ok)) process.exitCode = 1;
} finally {
  await built.remove();
}
