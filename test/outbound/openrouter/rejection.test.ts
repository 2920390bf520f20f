// What a refusal means: whom it concerns, whether it passes, and how long upstream asks to wait at most.

import { describe, expect, it } from 'vitest';
import { boundRetryAfter, parseRetryAfter } from '../../../src/outbound/openrouter/errors.ts';
import { readRejection } from '../../../src/outbound/openrouter/rejection.ts';

type Metadata = Readonly<Record<string, unknown>> | null;

const SENT = { body: { model: 'a/b', prompt: 'x' }, webhookUrl: 'https://gw.example/hooks/openrouter/n' };
const read = (status: number, message = 'No.', metadata: Metadata = null, sent = SENT) =>
  readRejection(status, { message, metadata }, sent, null);

it.each<[number, string, Metadata, object]>([
  [400, 'No.', null, { reason: 'invalid_input', scope: 'model', temporary: false }],
  [422, 'No.', null, { reason: 'invalid_input', scope: 'model', temporary: false }],
  [401, 'No.', null, { reason: 'key_invalid', scope: 'account', temporary: false }],
  [402, 'No.', null, { reason: 'insufficient_credits', scope: 'account', temporary: false }],
  [402, 'No.', { limit_source: 'openrouter_credits' }, { temporary: false, limit: 'openrouter_credits' }],
  [402, 'No.', { limit_source: 'openrouter_in_flight_budget' }, { scope: 'account', temporary: true }],
  [403, 'No.', null, { reason: 'forbidden', scope: 'model' }],
  [403, 'No.', { reasons: ['violence'] }, { reason: 'forbidden', scope: 'input' }],
  [403, 'No.', { flagged_input: 'x' }, { reason: 'forbidden', scope: 'input' }],
  [404, 'No.', null, { reason: 'not_found', scope: 'model', temporary: false }],
  [413, 'No.', null, { reason: 'too_large', scope: 'model', temporary: false }],
  [429, 'No.', null, { reason: 'rate_limited', scope: 'account', temporary: true }],
  [429, 'No.', { provider_name: 'kling' }, { reason: 'rate_limited', scope: 'model', temporary: true }],
  [
    400,
    'Invalid callback_url: Only HTTPS URLs are allowed',
    null,
    { reason: 'webhook_url', scope: 'account' },
  ],
  [400, 'invalid callback_URL', { provider_name: null }, { reason: 'webhook_url', scope: 'account' }],
  [422, 'Invalid callback_url: must be public', {}, { reason: 'webhook_url', scope: 'account' }],
  [400, 'Provider kling does not support callback_url', { provider_name: 'kling' }, { scope: 'model' }],
  [400, 'Provider kling does not support callback_url', null, { reason: 'invalid_input', scope: 'model' }],
  [400, 'Invalid callback_url: not here', { provider_name: 'kling' }, { reason: 'invalid_input' }],
  [400, 'Invalid callback_urls', null, { reason: 'invalid_input', scope: 'model' }],
  [403, 'Invalid callback_url', null, { reason: 'forbidden', scope: 'model' }],
])('reads a %i "%s" with %j', (status, message, metadata, expected) => {
  expect(read(status, message, metadata)).toMatchObject(expected);
});

describe('an address that is refused', () => {
  const words = 'Invalid callback_url: no';

  it('is not ours where none was sent', () => {
    expect(read(400, words, null, { ...SENT, webhookUrl: '' })?.reason).toBe('webhook_url');
    const none = { body: SENT.body, webhookUrl: null };
    expect(readRejection(400, { message: words, metadata: null }, none, null)?.reason).toBe('invalid_input');
  });

  it("may be the caller's where the body has a field of that name", () => {
    const body = { ...SENT.body, provider: { options: { x: { callback_url: 'y' } } } };
    expect(readRejection(400, { message: words, metadata: null }, { ...SENT, body }, null)?.reason).toBe(
      'invalid_input',
    );
  });
});

it.each([408, 409, 418, 500, 502, 503])('takes a %i for no refusal', (status) => {
  expect(read(status)).toBeNull();
});

describe('the time to wait', () => {
  it('is the header’s, else the provider’s, rounded up', () => {
    const answer = { message: 'No.', metadata: { retry_after_seconds: 7.2 } };
    expect(readRejection(429, answer, SENT, 3)?.retryAfterS).toBe(3);
    expect(readRejection(429, answer, SENT, null)?.retryAfterS).toBe(8);
  });

  it.each<[unknown, number | null]>([
    [0, 0],
    [7.2, 8],
    [86_400, 86_400],
    [1e308, 86_400],
    [Number.POSITIVE_INFINITY, null],
    [Number.NaN, null],
    [-1, null],
    ['7', null],
    [undefined, null],
  ])('of %s is %s: never more than a day, never no number', (seconds, bounded) => {
    expect(boundRetryAfter(seconds)).toBe(bounded);
  });

  it.each<[string, number | null]>([
    ['17', 17],
    ['999999999', 86_400],
    ['9'.repeat(400), null],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 86_400],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['Infinity', null],
    ['1e308', null],
  ])('in a header of "%s" is %s', (header, seconds) => {
    expect(parseRetryAfter(header, Date.parse('2026-11-28T00:00:00Z'))).toBe(seconds);
  });
});
