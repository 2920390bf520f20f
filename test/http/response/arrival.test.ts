// Whether an answer arrived: not where its connection was reset before it, though nothing had said so yet.

import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import Fastify, { type FastifyReply } from 'fastify';
import { afterEach, expect, it } from 'vitest';
import { whetherArrived } from '../../../src/http/response/arrival.ts';

let app = Fastify();
afterEach(() => app.close());

/** Answers one request by `answer`, which may end the client's connection; whether what it answered arrived. */
async function ask(answer: (client: Socket, reply: FastifyReply) => void): Promise<boolean> {
  app = Fastify();
  const arrived = new Promise<boolean>((resolve, reject) => {
    app.post('/', (_request, reply) => {
      whetherArrived(reply, 202).then(resolve, reject);
      answer(sender, reply);
    });
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const sender = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  sender.on('error', () => undefined).resume();
  await once(sender, 'connect');
  sender.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n');
  try {
    return await arrived;
  } finally {
    sender.destroy();
  }
}

it('is told of each answer', async () => {
  expect(await ask((_client, reply) => reply.code(202).send('{}'))).toBe(true);
  // Nothing was bought by it.
  expect(await ask((_client, reply) => reply.code(400).send('{}'))).toBe(false);
  expect(await ask((client) => client.destroy())).toBe(false);
  // In one turn: the server has not heard of the reset when it answers.
  const reset = await ask((client, reply) => {
    client.resetAndDestroy();
    reply.code(202).send('{}');
  });
  expect(reset).toBe(false);
});
