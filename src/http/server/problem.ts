// Renders every failure as an RFC 9457 problem document; a 500 reveals no internal text.

import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ClipgateError, type ErrorCode } from '../../core/errors.ts';
import { answerError } from '../api/error-answer.ts';
import { bodyTooLarge } from '../input/body-admission.ts';
import { ERROR_CODES } from './error-codes.ts';
import type { ErrorShape } from './error-shapes.ts';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** A problem document as it is sent. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  /** The request id, as in the `x-request-id` header and the log. */
  readonly instance: string;
  readonly [member: string]: unknown;
}

/** @param status where a route answers this code with another status than usual. */
export function toProblem(
  error: ClipgateError,
  requestId: string,
  status: number = ERROR_CODES[error.code].status,
): Problem {
  const internal = error.code === 'internal';
  const { detail, errors, members } = answerError(error);
  return {
    // First, so that no member of one error can take the place of one that all have.
    ...(internal ? {} : members),
    type: `urn:clipgate:problem:${error.code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: internal ? 'Internal server error. It is logged under the request id in `instance`.' : detail,
    code: error.code,
    instance: requestId,
    ...(errors.length > 0 ? { errors } : {}),
    ...(error.retryAfterS === undefined ? {} : { retry_after_s: error.retryAfterS }),
  };
}

/** Sends a problem with the headers that belong to it. */
export function sendProblem(reply: FastifyReply, error: ClipgateError, status?: number): FastifyReply {
  const problem = toProblem(error, reply.request.id, status);
  if (error.retryAfterS !== undefined) reply.header('retry-after', String(error.retryAfterS));
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="clipgate"');
  // A hook has named the request to the caller already, except where Fastify answers before any runs.
  reply.header('x-request-id', problem.instance);
  // Any cache may keep 404, 405 and 410 unless `cache-control` forbids it.
  reply.header('cache-control', 'no-store');
  // Fastify would close the connection under a client that is still sending, who then sees a broken pipe in place of
  // this answer. What is left of the body is read and thrown away, for as long as the request timeout lets it.
  if (!reply.request.raw.complete && error.code !== 'shutting_down') reply.removeHeader('connection');
  return reply.code(problem.status).header('content-type', PROBLEM_TYPE).send(JSON.stringify(problem));
}

/** Fastify's own errors, mapped to our codes. */
const FASTIFY_CODES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: ['malformed_body', 'The body is not valid JSON.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['malformed_body', 'The body is empty: send a JSON object.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'malformed_body',
    'The length of the body differs from Content-Length.',
  ],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'Send the body as application/json.'],
  FST_ERR_CTP_INVALID_TYPE: ['unsupported_media_type', 'Send the body as application/json.'],
  FST_ERR_BAD_URL: ['not_found', 'Not found.'],
  FST_ERR_MAX_PARAM_LENGTH: ['not_found', 'Not found.'],
};

/** What plugins refuse, by their status, which the answer keeps. */
const PLUGIN_REFUSALS: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  400: ['malformed_body', 'The request cannot be read.'],
  403: ['not_found', 'Not found.'],
  404: ['not_found', 'Not found.'],
  413: ['body_too_large', 'The body is larger than this route accepts.'],
  415: ['unsupported_media_type', 'Send the body as application/json.'],
};

/** Maps any thrown value to an error with a code; unexpected ones are `internal`. */
export function asClipgateError(thrown: unknown, bodyLimit: number): ClipgateError {
  if (thrown instanceof ClipgateError) return thrown;
  const { code, statusCode } = (thrown ?? {}) as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return bodyTooLarge(bodyLimit, thrown);
  const known = code === undefined ? undefined : FASTIFY_CODES[code];
  if (known) return new ClipgateError(known[0], known[1], { cause: thrown });
  // A path that is longer than a file system takes names no file.
  if (code === 'ENAMETOOLONG') return new ClipgateError('not_found', 'Not found.', { cause: thrown });
  // What a plugin refuses, such as a path out of its folder, is the caller's fault and no secret.
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    const [plainCode, message] = PLUGIN_REFUSALS[statusCode] ?? [
      'invalid_request',
      'The request cannot be read.',
    ];
    return new ClipgateError(plainCode, message, { cause: thrown });
  }
  return new ClipgateError('internal', 'unexpected error', { cause: thrown });
}

/** Fastify's error handler for every scope that speaks problem+json. */
export function handleError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = asClipgateError(thrown, request.routeOptions.bodyLimit);
  logFailure(request, error, thrown);
  return sendProblem(reply, error, ownStatus(thrown));
}

/** The shape of this gateway's own API, and of every URL that no other API has. */
export const PROBLEM_SHAPE: ErrorShape = {
  prefix: '',
  notFound: () => 'Not found.',
  handle: handleError,
  write: (error, requestId) => {
    const problem = toProblem(error, requestId);
    return { status: problem.status, type: PROBLEM_TYPE, body: JSON.stringify(problem) };
  },
};

/** Logs what failed for our sake; what a caller did wrong is no news. */
export function logFailure(request: FastifyRequest, error: ClipgateError, thrown: unknown): void {
  if (ERROR_CODES[error.code].status >= 500) {
    const ours = error.code === 'internal' || error.code === 'store_unavailable';
    request.log[ours ? 'error' : 'warn'](
      { err: ours ? thrown : undefined, code: error.code },
      'request failed',
    );
  }
}

/** The status of a plugin's own refusal: the code next to it may usually have another. */
export function ownStatus(thrown: unknown): number | undefined {
  const { code, statusCode } = (thrown ?? {}) as Partial<FastifyError>;
  const isOurs = thrown instanceof ClipgateError || code === undefined || code in FASTIFY_CODES;
  if (isOurs || statusCode === undefined || code === 'FST_ERR_CTP_BODY_TOO_LARGE') return undefined;
  return statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}
