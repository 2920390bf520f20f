// Whose fault a refusal is: only OpenRouter's own words about the address of our webhook are about ours.

import { expect, it } from 'vitest';
import type { SubmitBody } from '../../../src/core/job/job.ts';
import { isOfModel, isOfOurAddress, type Refused } from '../../../src/service/jobs/submit-errors.ts';

const REQUEST: SubmitBody = { model: 'a/b', prompt: 'x' };
const refused = (
  status: number,
  message: string,
  metadata: Record<string, unknown> | null = null,
): Refused => ({
  kind: 'rejected',
  status,
  answer: { message, metadata },
  retryAfterS: null,
});

it.each<[status: number, message: string, metadata: Record<string, unknown> | null]>([
  [400, 'Invalid callback_url: Only HTTPS URLs are allowed', null],
  [400, 'invalid callback_URL', { provider_name: null }],
  [422, 'Invalid callback_url: must be public', {}],
])('takes %i "%s" for our address, which goes with every model', (status, message, metadata) => {
  const outcome = refused(status, message, metadata);
  expect(isOfOurAddress(outcome, REQUEST)).toBe(true);
  expect(isOfModel(outcome, REQUEST)).toBe(false);
});

it.each<[status: number, message: string, metadata: Record<string, unknown> | null]>([
  [400, 'Provider kling does not support callback_url for this model', { provider_name: 'kling' }],
  [400, 'Provider kling does not support callback_url for this model', null],
  [400, 'Invalid callback_url: not taken here', { provider_name: 'kling' }],
  [400, 'Invalid callback_urls', null],
])('takes %i "%s" with %j for a limit of the model', (status, message, metadata) => {
  const outcome = refused(status, message, metadata);
  expect(isOfOurAddress(outcome, REQUEST)).toBe(false);
  expect(isOfModel(outcome, REQUEST)).toBe(true);
});

it('takes no other status for our address', () => {
  expect(isOfOurAddress(refused(403, 'Invalid callback_url'), REQUEST)).toBe(false);
});
