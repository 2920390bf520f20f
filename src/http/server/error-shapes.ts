// The error shape of each API by the URLs it stands under: what never reaches a route is answered in that shape too.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ClipgateError } from '../../core/errors.ts';

/** An answer as it goes on a socket. */
export interface WrittenError {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface ErrorShape {
  /** What its URLs begin with; '' = any. */
  readonly prefix: string;
  /** What it says of a URL that it does not have. */
  readonly notFound: (method: string) => string;
  readonly handle: (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply;
  /** For a connection on which no request came about. */
  readonly write: (error: ClipgateError, requestId: string) => WrittenError;
}

/** The shape of the API that a URL belongs to. @param otherwise the one of all that no prefix has. */
export const shapeOf = (url: string, shapes: readonly ErrorShape[], otherwise: ErrorShape): ErrorShape =>
  shapes.find(({ prefix }) => url.startsWith(prefix) && /^([/?#]|$)/.test(url.slice(prefix.length))) ??
  otherwise;
