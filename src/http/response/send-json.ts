// Answers with JSON that is written already.

import type { FastifyReply } from 'fastify';

/** Sent as it is: nothing is serialised for it again. What is long and sent often is better kept as bytes. */
export function sendJson(reply: FastifyReply, text: string | Buffer): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(text);
}
