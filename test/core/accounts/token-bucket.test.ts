// The token bucket: bursts, refills, and a caller who waits as long as it is told is let in.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TokenBucket, takeToken } from '../../../src/core/accounts/token-bucket.ts';

function ask(bucket: TokenBucket | null, perMinute: number, times: readonly number[]) {
  const answers: boolean[] = [];
  let current = bucket;
  for (const now of times) {
    const taken = takeToken(current, perMinute, now);
    current = taken.bucket;
    answers.push(taken.allowed);
  }
  return answers;
}

describe('a token bucket', () => {
  it('lets a minute of requests pass at once, and refuses the next', () => {
    expect(ask(null, 3, [0, 0, 0, 0])).toEqual([true, true, true, false]);
  });

  it('fills again evenly, and no further than a minute of requests', () => {
    expect(ask(null, 3, [0, 0, 0, 20_000, 20_000])).toEqual([true, true, true, true, false]);
    expect(ask(null, 2, [0, 3_600_000, 3_600_000, 3_600_000])).toEqual([true, true, true, false]);
  });

  it('takes nothing for a refusal', () => {
    expect(ask(null, 1, [0, 1, 2, 3, 60_000])).toEqual([true, false, false, false, true]);
  });

  it('says when the next request passes and when the bucket is full', () => {
    const taken = takeToken({ tokens: 1, at: 0 }, 6, 0);
    expect(taken).toMatchObject({ allowed: true, remaining: 0, retryInMs: 10_000, fullInMs: 60_000 });
  });

  it('does not lose tokens to a clock that goes back', () => {
    expect(takeToken({ tokens: 2, at: 1_000 }, 3, 0)).toMatchObject({ allowed: true, remaining: 1 });
  });

  it('never passes more than its rate and one burst, and passes who waits as long as it said', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 200 }),
        (perMinute, pauses) => {
          let now = 0;
          let bucket: TokenBucket | null = null;
          let passed = 0;
          for (const pause of pauses) {
            now += pause;
            const taken = takeToken(bucket, perMinute, now);
            bucket = taken.bucket;
            if (taken.allowed) passed += 1;
            else expect(takeToken(bucket, perMinute, now + taken.retryInMs + 1).allowed).toBe(true);
          }
          expect(passed).toBeLessThanOrEqual(perMinute + (now * perMinute) / 60_000 + 1);
        },
      ),
    );
  });
});
