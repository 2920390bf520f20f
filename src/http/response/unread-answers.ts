// Bounds what answers that are not read hold in memory: by bytes, shared between clients, and by time.

import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ANONYMOUS } from '../../core/client.ts';
import { ClipgateError } from '../../core/errors.ts';
import { splitText } from '../../core/split-text.ts';
import type { MemoryBudget, MemoryGrant } from '../server/memory-budget.ts';

// Smaller answers are not counted: there are never more of them than connections.
const SMALL_ANSWER_BYTES = 64 * 1024;
// Of a stream or a large answer of which nothing has been read for so long, the rest is not waited for.
const UNREAD_MS = 60_000;
const RETRY_AFTER_S = 5;
const LONG_CHARACTERS = 1_000_000;
const PART_CHARACTERS = 128 * 1024;

/**
 * Takes memory for an answer until its connection is done with it, and drops a reader who has taken nothing for a
 * minute.
 * @throws ClipgateError too_busy where this client's answers hold all the memory they may.
 */
export function holdAnswer(
  budget: MemoryBudget,
  request: FastifyRequest,
  reply: FastifyReply,
  bytes: number,
): MemoryGrant {
  const grant = budget.open(request.principal?.client ?? ANONYMOUS);
  if (!grant.grow(bytes)) {
    throw new ClipgateError(
      'too_busy',
      'Too many large responses are waiting to be read. Read them or close their connections, then retry.',
      { retryAfterS: RETRY_AFTER_S },
    );
  }
  reply.raw.once('close', grant.release);
  // Counts while bytes wait to be sent and none leave; Node sets its own time again once the answer is out.
  reply.raw.setTimeout(UNREAD_MS, () => reply.raw.destroy());
  return grant;
}

/** Holds every large answer of this scope and those below it that is at hand as a whole, and sends long text in parts. */
export function boundAnswers(app: FastifyInstance, budget: MemoryBudget): void {
  // A promise would cost a short answer more than all else this does.
  app.addHook('onSend', (request, reply, payload, done) => {
    const isWhole = typeof payload === 'string' || Buffer.isBuffer(payload);
    const bytes = isWhole ? payload.length : 0;
    if (bytes <= SMALL_ANSWER_BYTES) return done(null, payload);
    try {
      holdAnswer(budget, request, reply, bytes);
    } catch (error) {
      return done(error as Error);
    }
    const isLong = typeof payload === 'string' && bytes > LONG_CHARACTERS && request.method !== 'HEAD';
    done(null, isLong ? Readable.from(encodeParts(payload)) : payload);
  });
}

/** Each when the one before has left: 30 MB encoded and written at once would hold the event loop, twice in memory. */
function* encodeParts(text: string): Generator<Buffer> {
  for (const part of splitText(text, PART_CHARACTERS)) yield Buffer.from(part);
}
