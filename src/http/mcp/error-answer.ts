// Failures as MCP clients read them: of a tool as its result, for the model to act on; of the request as a JSON-RPC error.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { hintOf } from '../../core/catalog/similar-models.ts';
import type { ClipgateError, ErrorCode } from '../../core/errors.ts';
import { ADVICE, type Advice, answerError } from '../api/error-answer.ts';
import { ERROR_CODES } from '../server/error-codes.ts';
import type { ErrorShape } from '../server/error-shapes.ts';
import { asClipgateError, logFailure, ownStatus } from '../server/problem.ts';

/** An error of a tool with what only the tool can say about it. */
export class ToolRefusal extends Error {
  override readonly cause: ClipgateError;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(cause: ClipgateError, members: Readonly<Record<string, unknown>>) {
    super(cause.message);
    this.name = 'ToolRefusal';
    this.cause = cause;
    this.members = members;
  }
}

const FRESH_QUOTE =
  'fresh_quote is the same clip at its price of now, or null where no model makes it any more: buy_clip takes its quote.';

/** What to do, in the names of the tools. */
const TOOL_ADVICE: Advice = {
  ...ADVICE,
  callback_secret_missing: () =>
    'Leave callback_url out and use wait_for_job, or ask the operator for a secret (CALLBACK_SECRETS).',
  unknown_model: ({ similarModels = [] }) =>
    similarModels.length > 0 ? hintOf(similarModels) : 'list_models names them.',
  quote_expired: () => FRESH_QUOTE,
  quote_changed: () => FRESH_QUOTE,
  quote_used: () =>
    'Nothing was bought by this call. Use that key again to get its job, or call quote_clip again to buy another clip.',
  unpriceable: () =>
    'Name a model whose price is known, or set max_cost_usd: it leaves out those without a price.',
  idempotency_key_reused: () => 'job_id is what it bought. For another clip use a new idempotency_key.',
  upstream_unreachable: () => 'Repeat the call with the same idempotency_key.',
};

/** Members of a problem document that are too long for a model to read, or name what tools do not take. */
const LEFT_OUT: ReadonlySet<string> = new Set(['rejected', 'plan']);
const MAX_REASONS = 20;

/**
 * The result of a tool that failed.
 * @param error `members` of a ToolRefusal stand beside those of its cause.
 */
export function toToolError(thrown: unknown, request: FastifyRequest) {
  const isRefusal = thrown instanceof ToolRefusal;
  const error = asClipgateError(isRefusal ? thrown.cause : thrown, request.routeOptions.bodyLimit);
  logFailure(request, error, thrown);
  const problem = {
    ...describe(error, request.id),
    ...(isRefusal ? thrown.members : {}),
  };
  return {
    error,
    result: { isError: true, content: [{ type: 'text' as const, text: JSON.stringify(problem) }] },
  };
}

function describe(error: ClipgateError, id: string) {
  const { code, retryAfterS } = error;
  if (code === 'internal') {
    return {
      code,
      detail: 'Internal server error. It is logged under the request id in `instance`.',
      instance: id,
    };
  }
  const { detail, errors, members } = answerError(error, TOOL_ADVICE);
  const shown = Object.entries(members)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => [name, Array.isArray(value) ? value.slice(0, MAX_REASONS) : value]);
  return {
    code,
    detail,
    ...(errors.length > 0
      ? { errors: errors.map(({ pointer, message }) => ({ field: pointer, message })) }
      : {}),
    ...Object.fromEntries(shown),
    ...(retryAfterS === undefined ? {} : { retry_after_s: retryAfterS }),
    instance: id,
  };
}

const RPC_CODES: { readonly [C in ErrorCode]?: number } = {
  malformed_body: -32700,
  invalid_request: -32600,
  internal: -32603,
};
const INVALID_PARAMS = -32602;
/** Of JSON-RPC's codes the first that is left to servers. */
const SERVER_ERROR = -32000;

const rpcCodeOf = ({ code, errors }: ClipgateError): number =>
  errors[0]?.pointer.startsWith('/params') ? INVALID_PARAMS : (RPC_CODES[code] ?? SERVER_ERROR);

/** Fastify's error handler for the scope that speaks MCP: what keeps a message from being read at all. */
export function handleMcpError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = asClipgateError(thrown, request.routeOptions.bodyLimit);
  logFailure(request, error, thrown);
  const { code, retryAfterS } = error;
  const status = ownStatus(thrown) ?? ERROR_CODES[code].status;
  if (retryAfterS !== undefined) reply.header('retry-after', String(retryAfterS));
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="clipgate"');
  reply.header('x-request-id', request.id).header('cache-control', 'no-store');
  // As for a problem document: what is left of the body is read, so that the client sees this answer.
  if (!request.raw.complete && code !== 'shutting_down') reply.removeHeader('connection');
  return reply
    .code(status)
    .type(JSON_TYPE)
    .send(writeRpcError(error, request.id, idOf(request.body)));
}

const JSON_TYPE = 'application/json; charset=utf-8';

function writeRpcError(error: ClipgateError, requestId: string, id: string | number | null): string {
  const { detail, ...data } = describe(error, requestId);
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code: rpcCodeOf(error), message: detail, data } });
}

/** @param prefix where MCP is spoken. */
export const mcpShape = (prefix: string): ErrorShape => ({
  prefix,
  notFound: () => `Not found: MCP is spoken at ${prefix} itself.`,
  handle: handleMcpError,
  write: (error, requestId) => ({
    status: ERROR_CODES[error.code].status,
    type: JSON_TYPE,
    body: writeRpcError(error, requestId, null),
  }),
});

/** The id to answer; null where the message has none that could be answered. */
function idOf(body: unknown): string | number | null {
  const { id } = (body ?? {}) as { readonly id?: unknown };
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}
