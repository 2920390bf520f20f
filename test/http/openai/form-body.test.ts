// A large form: what it holds in memory, how long the event loop stands, and that nothing larger is read.

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { createTurns } from '../../../src/http/input/turns.ts';
import { readFormBodies } from '../../../src/http/openai/form-body.ts';
import type { App } from '../../../src/http/server/context.ts';

const MB = 2 ** 20;
const PNG_HEAD = Buffer.from('89504e470d0a1a0a', 'hex');

const LIMIT = 32 * MB;

async function listen(onBody: (body: unknown) => void) {
  const app: App = Fastify({ bodyLimit: LIMIT });
  readFormBodies(app, createTurns());
  app.post('/', async ({ body }) => {
    onBody(body);
    return 'ok';
  });
  return { app, url: await app.listen({ host: '127.0.0.1', port: 0 }) };
}

const HEAD = Buffer.concat([
  Buffer.from(
    '--b\r\ncontent-disposition: form-data; name="input_reference"; filename="a.png"\r\n' +
      'content-type: image/png\r\n\r\n',
  ),
  PNG_HEAD,
]);
const TAIL = Buffer.from('\r\n--b--\r\n');

/** Sends an image of so many zeros in small pieces, so that the sender, in this process too, holds one of them. */
async function send(url: string, bytes: number): Promise<{ status: number; body: string }> {
  const post = request(url, {
    method: 'POST',
    headers: {
      'content-type': 'multipart/form-data; boundary=b',
      'content-length': HEAD.length + bytes + TAIL.length,
    },
  });
  const answered = once(post, 'response') as Promise<[IncomingMessage]>;
  const piece = Buffer.alloc(64 * 1024);
  post.write(HEAD);
  for (let left = bytes; left > 0; left -= piece.length) {
    if (!post.write(piece.subarray(0, Math.min(left, piece.length)))) await once(post, 'drain');
  }
  post.end(TAIL);
  const [answer] = await answered;
  return { status: answer.statusCode ?? 0, body: await text(answer) };
}

async function receiveLarge(): Promise<{ app: App; url: string; length: () => number }> {
  let image = '';
  const { app, url } = await listen((body) => {
    image = (body as { input_reference: { image_url: string } }).input_reference.image_url;
  });
  // The first request brings in code that stays.
  await send(url, 1000);
  return { app, url, length: () => image.length };
}

it('holds no more than 2.5 times the bytes of a file of 20 MB', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const held = () => {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const { app, url, length } = await receiveLarge();
  try {
    const before = held();
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, held() - before);
    }, 5);
    expect(await send(url, 20 * MB)).toMatchObject({ status: 200 });
    clearInterval(watch);
    peak = Math.max(peak, held() - before);
    expect(length()).toBeGreaterThan(26 * MB);
    expect(peak / (20 * MB)).toBeLessThan(2.5);
  } finally {
    await app.close();
  }
});

it('never holds the event loop for 200 ms', async () => {
  const { app, url } = await receiveLarge();
  const delay = monitorEventLoopDelay({ resolution: 5 });
  try {
    delay.enable();
    expect(await send(url, 20 * MB)).toMatchObject({ status: 200 });
    expect(delay.max / 1e6).toBeLessThan(200);
  } finally {
    delay.disable();
    await app.close();
  }
});

it('stops reading at the limit of the route', async () => {
  const { app, url } = await listen(() => undefined);
  try {
    const answer = await send(url, LIMIT + MB).catch(() => null);
    // A client that goes on sending may find the connection closed in place of the answer.
    if (answer) expect(JSON.parse(answer.body)).toMatchObject({ code: 'body_too_large' });
  } finally {
    await app.close();
  }
});
