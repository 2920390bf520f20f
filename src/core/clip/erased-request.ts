// What is left of a request once it is erased: what the price depended on, and nothing of what was to be seen.

import type { SubmitBody } from '../job/job.ts';

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
