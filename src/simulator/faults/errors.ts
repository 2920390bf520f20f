// The error responses that can be injected, each in the words of the live service.
import { insufficientCredits } from '../account.ts';
import { ApiError, type ErrorMetadata } from '../api-error.ts';
import { providerOf } from '../providers.ts';
import type { FaultContext } from './book.ts';
import type { FaultNamed } from './catalogue.ts';

/** Live messages by status; 5xx ones are masked there too. */
const messages: { readonly [status: number]: string } = {
  400: 'Invalid request parameters',
  401: 'User not found.',
  403: 'Your input was flagged by moderation. No credits were charged.',
  404: 'No endpoints found matching your data policy (Zero data retention)',
  408: 'Operation timed out',
  413: 'Request payload exceeds limits',
  429: 'Rate limit exceeded',
  500: 'Internal Server Error',
  502: 'Provider returned error',
  503: 'Service temporarily unavailable',
  504: 'Gateway timed out',
  524: 'Request timed out',
  529: 'Provider returned error',
};

/** The error that a fault asks for. */
export function errorFor(fault: FaultNamed<'error'>, context: FaultContext): ApiError {
  const { status, retry_after_s: retryAfterSeconds } = fault;
  if (status === 402 && fault.message === undefined) {
    return insufficientCredits(fault.limit_source, retryAfterSeconds);
  }
  const retryHeader = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return new ApiError(status, fault.message ?? messageFor(fault, context), {
    metadata: metadataFor(fault, context),
    headers: { ...retryHeader, ...limitHeaders(fault) },
    envelope: fault.envelope,
  });
}

function messageFor({ on, status, by }: FaultNamed<'error'>, { jobId = '' }: FaultContext): string {
  if (status === 404 && on !== 'submit') return `Job ${jobId} not found`;
  if (status === 409) return `Job ${jobId} has no content yet`;
  if (status === 410) return `The content of job ${jobId} is gone`;
  if (status === 429 && by === 'provider') return 'Provider returned error';
  return messages[status] ?? 'Provider returned error';
}

function metadataFor(fault: FaultNamed<'error'>, context: FaultContext): ErrorMetadata | undefined {
  const provider = providerOf(context.model ?? 'unknown').name;
  if (fault.status === 403) {
    return {
      reasons: ['violence'],
      flagged_input: (context.prompt ?? '').slice(0, 100),
      provider_name: provider,
    };
  }
  if (fault.status === 429 && fault.by === 'provider') {
    return {
      provider_name: provider,
      raw: '{"error":"too many concurrent requests"}',
      retry_after_seconds: fault.retry_after_s ?? 30,
    };
  }
  return undefined;
}

/** OpenRouter names its own limits in headers; a provider's limit comes without. */
function limitHeaders(fault: FaultNamed<'error'>): { readonly [name: string]: string } {
  if (fault.status !== 429 || fault.by === 'provider') return {};
  return { 'x-ratelimit-limit': '20', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '60000' };
}
