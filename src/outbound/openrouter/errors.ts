// The one way in for anything that goes wrong between us and OpenRouter.

import type { ErrorAnswer } from './wire.ts';

export type UpstreamFailure =
  /** No connection was made. */
  | 'unreachable'
  /** No answer, or not all of it, in time. */
  | 'timeout'
  /** The connection broke in the middle. */
  | 'broken'
  /** An answer with a status other than 2xx. */
  | 'status'
  /** A 2xx whose body is not what it should be, or is too large. */
  | 'unreadable';

/** Any failed exchange with upstream. `message` is ours and safe to log; upstream's words are in `answer`. */
export class UpstreamError extends Error {
  readonly failure: UpstreamFailure;
  readonly status: number | null;
  readonly answer: ErrorAnswer | null;
  readonly retryAfterS: number | null;

  constructor(
    failure: UpstreamFailure,
    message: string,
    details: {
      cause?: unknown;
      status?: number;
      answer?: ErrorAnswer | null;
      retryAfterS?: number | null;
    } = {},
  ) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.name = 'UpstreamError';
    this.failure = failure;
    this.status = details.status ?? null;
    this.answer = details.answer ?? null;
    this.retryAfterS = details.retryAfterS ?? null;
  }
}

const TIMEOUTS = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);
const UNREACHABLE =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ERR_TLS_.*|CERT_.*|DEPTH_ZERO_.*|SELF_SIGNED_.*|UNABLE_TO_.*|PROXY_.*)$/;

/** Names whatever undici, the socket or an abort threw. Aborts by a timeout signal count as timeouts. */
export function asUpstreamError(thrown: unknown): UpstreamError {
  if (thrown instanceof UpstreamError) return thrown;
  const { code, name } = (thrown ?? {}) as { code?: unknown; name?: unknown };
  const label = typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown error';
  if (TIMEOUTS.has(label) || name === 'TimeoutError') {
    return new UpstreamError('timeout', `upstream did not answer in time (${label})`, { cause: thrown });
  }
  if (UNREACHABLE.test(label)) {
    return new UpstreamError('unreachable', `upstream cannot be reached (${label})`, { cause: thrown });
  }
  return new UpstreamError('broken', `the connection to upstream broke (${label})`, { cause: thrown });
}

const MAX_RETRY_AFTER_S = 24 * 60 * 60;

/** Seconds a `Retry-After` header asks for (delta-seconds or an HTTP date against `nowMs`), or null. */
export function parseRetryAfter(header: string | string[] | undefined, nowMs: number): number | null {
  const value = Array.isArray(header) ? header[0] : header;
  if (value === undefined) return null;
  if (/^\d+$/.test(value)) return boundRetryAfter(Number(value));
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : boundRetryAfter(Math.max(0, (date - nowMs) / 1000));
}

/** Whole seconds, from 0 to a day at most; null for what is no such number. No header can say infinity. */
export function boundRetryAfter(seconds: unknown): number | null {
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) return null;
  return Math.min(MAX_RETRY_AFTER_S, Math.ceil(seconds));
}
