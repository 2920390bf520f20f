// Answers with JSON that is written already.

import type { FastifyReply } from 'fastify';

/** A string is sent as it is: nothing is serialised for it again. */
export function sendJson(reply: FastifyReply, text: string): FastifyReply {
  return reply.header('content-type', 'application/json; charset=utf-8').send(text);
}
