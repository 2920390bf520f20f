// Decides before a body is read whether it may come: its length, and the memory that bodies may use altogether.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable, Transform } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ANONYMOUS } from '../../core/client.ts';
import { ClipgateError } from '../../core/errors.ts';
import type { MemoryBudget, MemoryGrant } from '../server/memory-budget.ts';
import { drainInTurns, type Turns, turnsOf } from './turns.ts';

/** Smaller bodies are not counted: there are never more of them than connections. */
export const SMALL_BODY_BYTES = 64 * 1024;

const RETRY_AFTER_S = 2;

const formatLimit = (bytes: number): string =>
  bytes >= 2 ** 20 ? `${Math.floor(bytes / 2 ** 20)} MB` : `${Math.floor(bytes / 2 ** 10)} kB`;

/** @param limit of the route, in bytes. */
export const bodyTooLarge = (limit: number, cause?: unknown): ClipgateError =>
  new ClipgateError(
    'body_too_large',
    `The body is larger than ${formatLimit(limit)}, the limit of this route.`,
    {
      cause,
    },
  );

const tooBusy = (): ClipgateError =>
  new ClipgateError(
    'too_busy',
    'Too many large bodies are being processed. Nothing was bought. Retry later.',
    { retryAfterS: RETRY_AFTER_S },
  );

/**
 * Checks every body of this scope and those below it after `onRequest`, where keys are checked, and before a byte of
 * it is read. A client that sent `Expect: 100-continue` gets its 100 only then.
 */
export function admitBodies(app: FastifyInstance, budget: MemoryBudget, turns: Turns): void {
  const waiting = new WeakSet<IncomingMessage>();
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.add(request);
    // After a refusal the client may or may not send its body: the next request could not be distinguished from it.
    response.setHeader('connection', 'close');
    app.routing(request, response);
  });

  app.addHook('preParsing', (request, reply, payload, done) => {
    const { raw, headers, routeOptions } = request;
    const isChunked = headers['transfer-encoding'] !== undefined;
    const length = isChunked ? 0 : Number(headers['content-length'] ?? 0);
    if (length > routeOptions.bodyLimit) return done(bodyTooLarge(routeOptions.bodyLimit));
    const grant = isChunked || length > SMALL_BODY_BYTES ? open(request, reply, budget) : null;
    if (grant && !grant.grow(length)) return done(tooBusy());
    if (waiting.delete(raw)) {
      reply.raw.removeHeader('connection');
      reply.raw.writeContinue();
    }
    // The size of a chunked body is unknown in advance: memory is charged as chunks arrive.
    if (grant && isChunked)
      return done(null, raw.pipe(meter(grant, raw, () => drainInTurns(raw, turns, turnsOf(request)))));
    return done(null, payload);
  });

  // What is answered before its body is read: without a reader Node reads it, as fast as it comes. Not for an answer that
  // is a stream: a request that was read to its end is closed, which ends whatever follows its signal.
  app.addHook('onSend', (request, _reply, payload, done) => {
    const { raw } = request;
    const isStream = payload instanceof Readable;
    if (!isStream && !raw.complete && !raw.readableDidRead) drainInTurns(raw, turns, turnsOf(request));
    done(null, payload);
  });
}

/** What a body uses is given back when its answer is out: until then its value is in memory. */
function open(request: FastifyRequest, reply: FastifyReply, budget: MemoryBudget): MemoryGrant {
  const grant = budget.open(request.principal?.client ?? ANONYMOUS);
  reply.raw.once('close', grant.release);
  return grant;
}

function meter(grant: MemoryGrant, raw: IncomingMessage, drain: () => void): Transform {
  let total = 0;
  const metered = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      total += chunk.length;
      if (total <= SMALL_BODY_BYTES || grant.grow(chunk.length)) return done(null, chunk);
      // The rest is read and thrown away, so that the client can read the answer.
      raw.unpipe();
      drain();
      done(tooBusy());
    },
  });
  // A pipe passes on no errors, and none would leave its reader waiting.
  raw.once('error', (error) => metered.destroy(error));
  return metered;
}
