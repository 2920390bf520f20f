// Answers that are not read: bounded by bytes, for one client and in all, and given back when their connection is gone.

import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ClipgateError } from '../../../src/core/errors.ts';
import { boundAnswers } from '../../../src/http/response/unread-answers.ts';
import { createMemoryBudget } from '../../../src/http/server/memory-budget.ts';

const MEGABYTE = 1024 * 1024;
// More than the buffers of the sockets between the two take.
const ANSWER = 'x'.repeat(16 * MEGABYTE);
const OTHER_SCRIPT = `a${'😀'.repeat(MEGABYTE)}`;

let app: FastifyInstance;
let sockets: Socket[];
beforeEach(async () => {
  app = Fastify();
  sockets = [];
  app.decorateRequest('principal');
  app.setErrorHandler((error, _request, reply) =>
    reply.code(error instanceof ClipgateError && error.code === 'too_busy' ? 503 : 500).send({}),
  );
  app.addHook('onRequest', async (request) => {
    Object.assign(request, { principal: { client: String(request.headers['x-client']) } });
  });
  boundAnswers(app, createMemoryBudget(100 * MEGABYTE));
  app.get('/large', async () => ANSWER);
  app.get('/small', async () => 'x');
  app.get('/other-script', async () => OTHER_SCRIPT);
  await app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await app.close();
});

/** Asks and reads the status line alone: the rest stays where it is. */
async function ask(client: string, path = '/large'): Promise<{ status: number; socket: Socket }> {
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nx-client: ${client}\r\n\r\n`);
  const [chunk] = await once(socket, 'data');
  socket.pause();
  return { status: Number(String(chunk).slice(9, 12)), socket };
}

it('gives a client no more than its share, others theirs, and small answers always', async () => {
  const statuses: number[] = [];
  for (let asked = 0; asked < 6; asked++) statuses.push((await ask('one')).status);
  // Half of 100 MB: three answers of 16 MB.
  expect(statuses).toEqual([200, 200, 200, 503, 503, 503]);
  expect((await ask('two')).status).toBe(200);
  expect((await ask('one', '/small')).status).toBe(200);
});

it('has the memory again once a reader is gone, or has read', async () => {
  const held = [await ask('one'), await ask('one'), await ask('one')];
  expect((await ask('one')).status).toBe(503);
  held[0]?.socket.destroy();
  await expect.poll(async () => (await ask('one')).status).toBe(200);
  expect((await ask('one')).status).toBe(503);
  held[1]?.socket.resume();
  await expect.poll(async () => (await ask('one')).status).toBe(200);
});

it('sends long text in parts, and every character of it', async () => {
  const { port } = app.server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/other-script`);
  // Its length is not known before the last part is encoded.
  expect(answer.headers.get('content-length')).toBeNull();
  expect((await answer.text()) === OTHER_SCRIPT).toBe(true);
  const head = await fetch(`http://127.0.0.1:${port}/other-script`, { method: 'HEAD' });
  expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(OTHER_SCRIPT)));
});
