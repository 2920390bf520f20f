// Every failure in OpenRouter's envelope, under a status that no client of OpenRouter's takes for a reason to buy again.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ClipgateError, ErrorCode } from '../../core/errors.ts';
import { truncateNames } from '../../core/truncate-names.ts';
import { answerError, renderBudgetRefusal } from '../api/error-answer.ts';
import { HEADER_OF_FIELD } from '../api/schemas/order-headers.ts';
import { ERROR_CODES } from '../server/error-codes.ts';
import type { ErrorShape } from '../server/error-shapes.ts';
import { asClipgateError, logFailure, ownStatus } from '../server/problem.ts';

/** OpenRouter's envelope; `code` is the HTTP status. */
export interface OpenRouterError {
  readonly error: {
    readonly message: string;
    readonly code: number;
    readonly metadata?: Readonly<Record<string, unknown>>;
  };
}

/** Where a purchase failed for our sake nothing was bought, and 503 is what all clients may repeat. */
const STATUSES: { readonly [C in ErrorCode]?: number } = {
  upstream_key_invalid: 503,
  public_url_refused: 503,
};

/** OpenRouter says 400 to all that is wrong with a request. */
function statusOf(code: ErrorCode): number {
  const { status } = ERROR_CODES[code];
  return STATUSES[code] ?? (status === 415 || status === 422 ? 400 : status);
}

const JSON_TYPE = 'application/json; charset=utf-8';
const NO_KEY = 'No cookie auth credentials found';
const UNKNOWN_KEY = 'User not found.';

/** Sends an error with the headers that belong to it. */
export function sendOpenRouterError(
  reply: FastifyReply,
  error: ClipgateError,
  status: number = statusOf(error.code),
): FastifyReply {
  if (error.retryAfterS !== undefined) reply.header('retry-after', String(error.retryAfterS));
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="clipgate"');
  reply.header('x-request-id', reply.request.id).header('cache-control', 'no-store');
  // As for a problem document: what is left of the body is read, so that the client sees this answer.
  if (!reply.request.raw.complete && error.code !== 'shutting_down') reply.removeHeader('connection');
  return reply
    .code(status)
    .type(JSON_TYPE)
    .send(JSON.stringify(renderError(error, status, reply.request)));
}

/** Fastify's error handler for the scopes that speak OpenRouter's API. */
export function handleOpenRouterError(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const error = asClipgateError(thrown, request.routeOptions.bodyLimit);
  logFailure(request, error, thrown);
  const status = ownStatus(thrown);
  return sendOpenRouterError(reply, error, status === 415 ? 400 : status);
}

/** @param prefix what OpenRouter's URLs begin with here. */
export const openRouterShape = (prefix: string): ErrorShape => ({
  prefix,
  notFound: () => 'Not Found',
  handle: handleOpenRouterError,
  write: (error) => {
    const status = statusOf(error.code);
    const body: OpenRouterError = { error: { message: error.message, code: status } };
    return { status, type: JSON_TYPE, body: JSON.stringify(body) };
  },
});

function renderError(error: ClipgateError, status: number, request: FastifyRequest): OpenRouterError {
  const metadata = metadataOf(error);
  return {
    error: {
      message: messageOf(error, request),
      code: status,
      ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
    },
  };
}

function messageOf(error: ClipgateError, request: FastifyRequest): string {
  const { code } = error;
  if (code === 'unauthorized' && !hasLink(request)) {
    return request.headers.authorization ? UNKNOWN_KEY : NO_KEY;
  }
  if (code === 'unknown_model') return `${modelOf(request)} is not a valid model ID`;
  if (code === 'unsupported_request') return describeReasons(error);
  if (code === 'invalid_request' || code === 'budget_exceeded') return answerError(error).detail;
  return code === 'internal' ? 'Internal Server Error' : error.message;
}

/** As it was asked for, at most so much of it that the answer is no larger than the question. */
const modelOf = ({ body }: FastifyRequest): string =>
  truncateNames([String((body as { readonly model?: unknown } | null)?.model)])[0] ?? '';

const hasLink = ({ query }: FastifyRequest): boolean =>
  typeof query === 'object' && query !== null && 'sig' in query;

const NAMES: Readonly<Record<string, readonly [one: string, many: string]>> = {
  duration: ['Duration', 'durations'],
  resolution: ['Resolution', 'resolutions'],
  aspect_ratio: ['Aspect ratio', 'aspect ratios'],
  size: ['Size', 'sizes'],
};

/** In OpenRouter's words where it has words for it, such as "Duration 99s is not supported for this model." */
function describeReasons(error: ClipgateError): string {
  const { errors } = answerError(error);
  const sentences = (error.details.reasons ?? []).map(({ code, field, requested, supported }, index) => {
    const names = NAMES[field];
    if (!code.startsWith('unsupported_') || !names)
      return `${HEADER_OF_FIELD[field] ?? field}: ${errors[index]?.message ?? code}.`;
    const unit = field === 'duration' ? 's' : '';
    const list = supported?.length ? ` Supported ${names[1]}: ${supported.join(', ')}${unit}` : '';
    return `${names[0]} ${String(requested)}${unit} is not supported for this model.${list}`;
  });
  return sentences.join(' ');
}

function metadataOf({ details, errors }: ClipgateError): Record<string, unknown> {
  const { limitSource, reasons, nearest, similarModels, budget, jobId } = details;
  const members = {
    limit_source: limitSource ?? (budget && 'clipgate_budget'),
    budget: budget && renderBudgetRefusal(budget),
    reasons,
    nearest,
    similar_models: similarModels?.length ? truncateNames(similarModels) : undefined,
    errors: errors.length > 0 ? errors : undefined,
    job_id: jobId,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
