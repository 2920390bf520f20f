// Every failure in OpenAI's envelope, under a status that no client of OpenAI's takes for a reason to buy again.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ClipgateError, ErrorCode, InputError } from '../../core/errors.ts';
import { ADVICE, type Advice, answerError } from '../api/error-answer.ts';
import { ERROR_CODES } from '../server/error-codes.ts';
import type { ErrorShape } from '../server/error-shapes.ts';
import { asClipgateError, logFailure, ownStatus } from '../server/problem.ts';
import { CALLBACK_HEADER, fieldNameOf } from './field-names.ts';

/** OpenAI says 400 to all that is wrong with a request, and 404 to a clip that is not there; 409 is retried. */
const STATUSES: { readonly [C in ErrorCode]?: number } = { not_ready: 404, content_gone: 404 };

function statusOf(code: ErrorCode): number {
  const { status } = ERROR_CODES[code];
  const known = STATUSES[code];
  if (known !== undefined) return known;
  return status === 408 || status === 409 || status === 415 || status === 422 ? 400 : status;
}

/** Codes that OpenAI has a word for. */
const CODES: { readonly [C in ErrorCode]?: string } = {
  unauthorized: 'invalid_api_key',
  key_expired: 'invalid_api_key',
  key_revoked: 'invalid_api_key',
  unknown_model: 'model_not_found',
  invalid_request: 'invalid_value',
  rate_limited: 'rate_limit_exceeded',
};

const HERE: Advice = {
  ...ADVICE,
  callback_secret_missing: () =>
    `Ask its operator for one (CALLBACK_SECRETS), or leave ${CALLBACK_HEADER} out and poll.`,
};

const INPUT_CODES: Readonly<Record<string, string>> = {
  'is required': 'missing_required_parameter',
  'is an unknown field': 'unknown_parameter',
};

const JSON_TYPE = 'application/json; charset=utf-8';

/** Fastify's error handler for the scopes that speak OpenAI's API. */
export function handleOpenAiError(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const error = asClipgateError(thrown, request.routeOptions.bodyLimit);
  logFailure(request, error, thrown);
  const own = ownStatus(thrown);
  const status = own === undefined ? statusOf(error.code) : own === 415 ? 400 : own;
  if (error.retryAfterS !== undefined) reply.header('retry-after', String(error.retryAfterS));
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="clipgate"');
  // The libraries repeat a POST after any 5xx; this header alone stops them.
  if (status >= 500 && request.method === 'POST') reply.header('x-should-retry', 'false');
  reply.header('x-request-id', request.id).header('cache-control', 'no-store');
  // As for a problem document: what is left of the body is read, so that the client sees this answer.
  if (!request.raw.complete && error.code !== 'shutting_down') reply.removeHeader('connection');
  return reply
    .code(status)
    .type(JSON_TYPE)
    .send(JSON.stringify({ error: renderError(error, status) }));
}

/** @param prefix what OpenAI's URLs begin with here. */
export const openAiShape = (prefix: string): ErrorShape => ({
  prefix,
  notFound: (method) => `Unknown ${method} request: of OpenAI's API this gateway serves /v1/videos alone.`,
  handle: handleOpenAiError,
  write: (error) => {
    const status = statusOf(error.code);
    return { status, type: JSON_TYPE, body: JSON.stringify({ error: renderError(error, status) }) };
  },
});

function renderError(error: ClipgateError, status: number) {
  const { detail, errors } = answerError(error, HERE);
  const isBody = error.code === 'invalid_request' && !error.details.field;
  const paramOf = (fault: InputError) => nameOf(fault, isBody);
  const [first] = errors;
  const param = first ? paramOf(first) : error.code === 'unknown_model' ? 'model' : null;
  const isOfInput = error.code === 'invalid_request' || error.code === 'unsupported_request';
  return {
    message:
      error.code === 'internal'
        ? 'Internal server error. It is logged under the request id in x-request-id.'
        : error.code === 'unknown_model'
          ? error.message
          : isOfInput && first
            ? errors.map((one) => `${paramOf(one) ?? 'The body'} ${one.message}`).join('; ')
            : detail,
    type: typeOf(status),
    param,
    code: (first && isBody ? INPUT_CODES[first.message] : undefined) ?? CODES[error.code] ?? error.code,
  };
}

/**
 * `/input_reference/image_url` -> `input_reference.image_url`, and our names of fields -> OpenAI's.
 * @param isBody whether the pointer leads into the body as it came, not into the clip that was made of it.
 */
function nameOf({ pointer }: InputError, isBody: boolean): string | null {
  const name = pointer
    .split('/')
    .filter((part) => part !== '')
    .join('.');
  if (name === '') return null;
  return isBody ? name : fieldNameOf(name);
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
