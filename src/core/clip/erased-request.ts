// What is left of a request once it is erased: what the price depended on, and nothing of what was to be seen.

import type { JobError, SubmitBody } from '../job/job.ts';

const KEPT: readonly string[] = ['duration', 'resolution', 'aspect_ratio', 'size', 'generate_audio', 'seed'];

/** Only numbers, booleans and short words: a field of the same name may hold anything in an old row. */
export function eraseRequest(body: SubmitBody): SubmitBody {
  const kept = KEPT.flatMap((name) => {
    const value = body[name];
    const isPlain = typeof value === 'number' || typeof value === 'boolean';
    return isPlain || (typeof value === 'string' && value.length <= 32) ? [[name, value] as const] : [];
  });
  return { model: body.model, ...Object.fromEntries(kept) };
}

/** Upstream quotes what it refuses: of an error that may hold its words the code is left. */
export const eraseError = (error: JobError): JobError =>
  error.code.startsWith('upstream_') ? { ...error, message: ERASED } : error;

const ERASED = 'What OpenRouter said was erased with the request.';
