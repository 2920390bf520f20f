// What polls make of a job: forward only, unknown is not an end, unknown cost is not zero.

import { describe, expect, it } from 'vitest';
import {
  advanceJob,
  endOf,
  expiresAt,
  isOddCompletion,
  nextArchiveMs,
  nextPollMs,
} from '../../../src/core/job/advance.ts';
import type { Job, JobStatus } from '../../../src/core/job/job.ts';
import type { PollResult } from '../../../src/core/job/poll-result.ts';
import { storedJob } from '../../support/job.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const NOW = 1_790_000_000_000;

const job = (changes: Partial<Job> = {}) =>
  storedJob({ createdAt: NOW, updatedAt: NOW, submittedAt: NOW, ...changes });

const answer = (
  status: string,
  changes: Partial<Extract<PollResult, { kind: 'answer' }>> = {},
): PollResult => ({
  kind: 'answer',
  status,
  generationId: null,
  outputCount: 0,
  costUsd: null,
  isByok: null,
  error: null,
  ...changes,
});

describe('advanceJob', () => {
  it('completes with what was billed', () => {
    expect(
      advanceJob(
        job(),
        answer('completed', { outputCount: 2, costUsd: 0.1358, isByok: false, generationId: 'g' }),
        NOW + 5,
      ),
    ).toEqual({
      polls: 1,
      status: 'completed',
      generationId: 'g',
      actualMicroUsd: 135_800,
      isByok: false,
      finishedAt: NOW + 5,
      outputCount: 2,
    });
  });

  it.each([
    [0, 1],
    [16, 16],
    [17, 16],
    [450_000, 16],
  ])('of %i clips that upstream lists follows %i', (listed, followed) => {
    expect(advanceJob(job(), answer('completed', { outputCount: listed }), NOW).outputCount).toBe(followed);
  });

  it('keeps an unknown cost unknown and expects a clip even where no URL is listed', () => {
    expect(advanceJob(job(), answer('completed'), NOW)).toMatchObject({
      actualMicroUsd: null,
      outputCount: 1,
    });
  });

  it.each<[string, JobStatus]>([
    ['failed', 'failed'],
    ['cancelled', 'cancelled'],
    ['expired', 'expired'],
    ['dead', 'failed'],
  ])('takes %s for an end', (said, status) => {
    expect(
      advanceJob(job(), answer(said, { error: 'Job exceeded maximum time to live' }), NOW),
    ).toMatchObject({
      status,
      finishedAt: NOW,
      error: { code: `upstream_${status}`, message: 'Job exceeded maximum time to live' },
    });
  });

  it('says something where upstream gives no reason', () => {
    expect(advanceJob(job(), answer('dead'), NOW).error?.message).toContain('dead');
  });

  it.each<[JobStatus, string[]]>([
    ['completed', ['COMPLETED', 'succeeded', 'Success', ' complete ', 'done', 'finished']],
    ['failed', ['FAILED', 'failure', 'error', 'errored', 'rejected', 'dead']],
    ['cancelled', ['canceled', 'Cancelled', 'aborted']],
    ['expired', ['EXPIRED', 'timeout', 'timed-out', 'Timed Out']],
  ])('takes other words for %s for that end', (status, words) => {
    for (const said of words) {
      expect(advanceJob(job(), answer(said), NOW)).toMatchObject({ status, finishedAt: NOW });
      expect(endOf(said)).toBe(status);
      expect(isOddCompletion(said)).toBe(status === 'completed');
    }
    expect(isOddCompletion('completed')).toBe(false);
  });

  it('reads states that are no end in any case', () => {
    expect(advanceJob(job(), answer('In-Progress'), NOW)).toMatchObject({ status: 'in_progress' });
  });

  const UNCLEAR: [string, PollResult, string][] = [
    ['a word', answer('reticulating'), 'reticulating'],
    ['a word with a detail', answer('held', { statusDetail: 'review' }), 'held: review'],
    ['a word with a reason', answer('held', { error: 'flagged' }), 'held: flagged'],
    ['no word', answer(''), 'no reason given'],
    ['constructor', answer('constructor'), 'constructor'],
    ['__proto__', answer('__proto__'), '__proto__'],
    [
      'a refusal',
      { kind: 'unclear', reason: 'HTTP 400', words: 'Your prompt was flagged.' },
      'Your prompt was flagged.',
    ],
    ['a refusal without words', { kind: 'unclear', reason: 'HTTP 400', words: null }, 'no reason given'],
  ];

  it.each(UNCLEAR)('follows %s, keeps it, and calls it an error after 15 minutes', (_name, seen, words) => {
    const first = advanceJob(job(), seen, NOW);
    expect(first).toEqual({ polls: 1, unclearSince: NOW, statusDetail: words });
    const seenOnce = job(first);
    expect(advanceJob(seenOnce, seen, NOW + 14 * MINUTE)).toEqual({ polls: 2 });
    const late = advanceJob(seenOnce, seen, NOW + 15 * MINUTE);
    expect(late).toEqual({
      polls: 2,
      error: { code: 'upstream_unclear', message: expect.stringContaining(words) },
    });
    // Said once: the next poll finds the error in place.
    expect(advanceJob(job({ ...first, ...late }), seen, NOW + 16 * MINUTE)).toEqual({ polls: 3 });
  });

  it('forgets what was unclear once upstream says a state again', () => {
    const unclear = job({
      unclearSince: NOW,
      statusDetail: 'held',
      error: { code: 'upstream_unclear', message: 'held' },
    });
    const clear = { unclearSince: null, statusDetail: null, error: null };
    expect(advanceJob(unclear, answer('pending'), NOW)).toEqual({ polls: 1, ...clear });
    expect(advanceJob(unclear, answer('completed'), NOW)).toMatchObject({ status: 'completed', ...clear });
    expect(advanceJob(unclear, answer('failed', { error: 'flagged' }), NOW)).toMatchObject({
      status: 'failed',
      unclearSince: null,
      error: { code: 'upstream_failed', message: 'flagged' },
    });
  });

  it('learns nothing from a poll that failed, and ends no unclear time by it', () => {
    expect(advanceJob(job({ unclearSince: NOW }), { kind: 'failed', reason: 'timeout' }, NOW + 5)).toEqual({
      polls: 1,
    });
  });

  it('passes on the detail of a state, and writes it once', () => {
    const seen = answer('pending', { statusDetail: 'queued_at_provider' });
    expect(advanceJob(job(), seen, NOW)).toEqual({ polls: 1, statusDetail: 'queued_at_provider' });
    expect(advanceJob(job({ statusDetail: 'queued_at_provider' }), seen, NOW)).toEqual({ polls: 1 });
  });

  it('says when upstream has given a job up', () => {
    expect(expiresAt(job())).toBe(NOW + 3 * HOUR);
    expect(expiresAt(job({ upstreamId: null }))).toBeNull();
    expect(expiresAt(job({ status: 'completed' }))).toBeNull();
  });

  it('never goes back', () => {
    expect(advanceJob(job({ status: 'in_progress' }), answer('pending'), NOW)).toEqual({ polls: 1 });
  });

  it('learns the generation id even where the status stays', () => {
    expect(advanceJob(job(), answer('pending', { generationId: 'g' }), NOW)).toEqual({
      polls: 1,
      generationId: 'g',
    });
  });

  describe('where upstream knows no such job', () => {
    const missing: PollResult = { kind: 'missing' };
    /** A job after several answers, each at its hours after the submit. */
    const seeing = (...seen: [atHours: number, what: PollResult][]): Job => {
      let at = job();
      for (const [atHours, what] of seen) at = { ...at, ...advanceJob(at, what, NOW + atHours * HOUR) };
      return at;
    };

    it('believes it after three hours of nothing else', () => {
      const doubted = seeing([0, missing], [1, missing], [2, missing], [2.5, missing], [2.99, missing]);
      expect(doubted).toMatchObject({ status: 'pending', missingSince: NOW, missingPolls: 5 });
      expect(advanceJob(doubted, missing, NOW + 3 * HOUR)).toMatchObject({
        status: 'expired',
        finishedAt: NOW + 3 * HOUR,
        error: { code: 'upstream_lost' },
      });
    });

    it('does not believe the first, however late it comes', () => {
      expect(seeing([72, missing])).toMatchObject({ status: 'pending', missingSince: NOW + 72 * HOUR });
      expect(seeing([0, { kind: 'failed', reason: 'timeout' }], [72, missing], [73, missing]).status).toBe(
        'pending',
      );
    });

    it('does not believe a few with a long silence of ours between them', () => {
      expect(seeing([0, missing], [9, missing], [9.2, missing], [9.4, missing]).status).toBe('pending');
      expect(seeing([0, missing], [9, missing], [9.2, missing], [9.4, missing], [9.6, missing]).status).toBe(
        'expired',
      );
    });

    it.each(['in_progress', 'pending', 'reticulating'])('begins anew once upstream says %s', (said) => {
      const found = seeing([0, missing], [1, missing], [2, missing], [2.9, missing], [2.95, answer(said)]);
      expect(found).toMatchObject({ missingSince: null, missingPolls: 0 });
      expect(advanceJob(found, missing, NOW + 4 * HOUR).status).toBeUndefined();
    });

    it('is not told otherwise by a poll that failed', () => {
      const doubted = seeing(
        [0, missing],
        [1, missing],
        [2, missing],
        [2.5, { kind: 'failed', reason: 'timeout' }],
        [2.6, missing],
      );
      expect(advanceJob(doubted, missing, NOW + 3 * HOUR).status).toBe('expired');
    });
  });

  it('counts a poll that taught nothing', () => {
    expect(advanceJob(job({ polls: 7 }), { kind: 'failed', reason: 'timeout' }, NOW)).toEqual({ polls: 8 });
  });
});

describe('nextPollMs', () => {
  const pace = { minMs: 1_000, maxMs: 30_000 };
  const next = (changes: Partial<Job>, ageMs: number, random = 0) =>
    nextPollMs(job(changes), NOW + ageMs, pace, random);

  it('polls early first, then halfway to the expected end, then at a share of the age', () => {
    expect(next({}, 0)).toBe(1_000);
    expect(next({ polls: 1 }, 20_000)).toBe(20_000);
    expect(next({ polls: 2 }, 56_000)).toBe(2_000);
    expect(next({ polls: 2 }, 59_900)).toBe(1_000);
    expect(next({ polls: 5 }, 80_000)).toBe(10_000);
    expect(next({ polls: 9 }, 600_000)).toBe(25_000);
  });

  it('never waits less than the shortest nor more than the longest time, however old the job is', () => {
    for (const random of [0, 0.5, 1 - Number.EPSILON]) {
      for (const polls of [0, 1, 99]) {
        for (const ageMs of [-HOUR, 0, 59_999, 600_000, HOUR + 1, 72 * HOUR]) {
          const ms = next({ polls }, ageMs, random);
          expect(ms).toBeGreaterThanOrEqual(pace.minMs);
          expect(ms).toBeLessThanOrEqual(pace.maxMs);
        }
      }
    }
    const even = { minMs: 5_000, maxMs: 5_000 };
    expect(nextPollMs(job({ polls: 3 }), NOW + HOUR, even, 0.7)).toBe(5_000);
  });

  it('is a whole number of milliseconds, whatever is drawn', () => {
    for (const polls of [0, 1, 9]) {
      for (const ageMs of [0, 12_345, 61_001, HOUR + 1]) {
        expect(next({ polls }, ageMs, 0.937_358_516) % 1).toBe(0);
      }
    }
    expect(nextArchiveMs(job({ finishedAt: NOW }), NOW + 30_001)! % 1).toBe(0);
  });

  it('spreads polls by a fifth', () => {
    expect(next({ polls: 9 }, 600_000, 0)).toBe(25_000);
    expect(next({ polls: 9 }, 600_000, 1)).toBe(30_000);
    expect(next({}, 0, 1)).toBe(1_200);
  });
});

describe('nextArchiveMs', () => {
  it('tries again at a quarter of the time it has waited, up to an hour, for a week', () => {
    const done = job({ status: 'completed', finishedAt: NOW });
    expect(nextArchiveMs(done, NOW)).toBe(2_000);
    expect(nextArchiveMs(done, NOW + 60_000)).toBe(15_000);
    expect(nextArchiveMs(done, NOW + 24 * HOUR)).toBe(HOUR);
    expect(nextArchiveMs(done, NOW + 7 * 24 * HOUR + 1)).toBeNull();
  });
});
