// Injects the faults of a request, on the socket itself where necessary.
import type { FastifyReply } from 'fastify';
import type { FaultContext } from './book.ts';
import type { RequestFault } from './catalogue.ts';
import { errorFor } from './errors.ts';

/** What the request would have been answered without the fault. */
export type HonestAnswer = { readonly status: number; readonly type: string; readonly body: Buffer };

/** Renders a JSON answer, for a fault to spoil. */
export function honestJson(status: number, value: unknown): HonestAnswer {
  return { status, type: 'application/json; charset=utf-8', body: Buffer.from(JSON.stringify(value)) };
}

const page = '<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>';

/**
 * Answers with the fault instead of the truth.
 *
 * @param chunked a film has no Content-Length, so its cut shows as a chunk that never came.
 * @throws ApiError for the fault `error`: the route's error handler renders it.
 */
export function commit(
  fault: RequestFault,
  reply: FastifyReply,
  honest: HonestAnswer,
  context: FaultContext,
  chunked = false,
): FastifyReply {
  switch (fault.fault) {
    case 'error':
      throw errorFor(fault, context);
    case 'redirect':
      return reply.code(fault.status).header('location', fault.to).send();
    case 'html':
      return reply.code(honest.status).type('text/html; charset=utf-8').send(page);
    case 'reset':
      reply.hijack();
      reply.raw.socket?.resetAndDestroy();
      return reply;
    case 'hang':
      // Nothing more happens here: the client gives up, or the simulator closes.
      return reply.hijack();
    case 'cut':
      return cutAt(fault.at, reply, honest, chunked);
  }
}

/** Sends the head and the first bytes, then ends the connection under the client. */
function cutAt(at: number, reply: FastifyReply, honest: HonestAnswer, chunked: boolean): FastifyReply {
  reply.hijack();
  const raw = reply.raw;
  const length = chunked ? {} : { 'content-length': String(honest.body.length) };
  raw.writeHead(honest.status, { 'content-type': honest.type, ...length });
  raw.flushHeaders();
  const rest = () => raw.socket?.destroySoon();
  // An empty write is dropped by Node without a callback that waits for the head.
  if (at === 0) rest();
  else raw.write(honest.body.subarray(0, at), rest);
  return reply;
}
