// What a job that has ended teaches, and when it teaches nothing.

import { describe, expect, it } from 'vitest';
import type { Job } from '../../../src/core/job/job.ts';
import { observeJob } from '../../../src/core/learning/observation.ts';
import { priceKindOf } from '../../../src/core/learning/price-kind.ts';
import { resolutionOf } from '../../../src/core/learning/requested-resolution.ts';
import { storedJob } from '../../support/job.ts';

const START = 1_763_000_000_000;

const ended = (changes: Partial<Job> = {}) =>
  storedJob({
    status: 'completed',
    model: 'a/b',
    request: { model: 'a/b', prompt: 'x', duration: 4, resolution: '4K', generate_audio: false },
    createdAt: START - 10,
    updatedAt: START + 38_000,
    submittedAt: START,
    finishedAt: START + 41_000,
    estimatedMicroUsd: 48_000,
    actualMicroUsd: 50_000,
    isByok: false,
    outputCount: 1,
    polls: 3,
    ...changes,
  });

describe('a job that failed for what its client sent', () => {
  it('teaches nothing of the model', () => {
    const failed = (message: string) =>
      observeJob(ended({ status: 'failed', error: { code: 'upstream_failed', message } }));
    expect(failed('Flagged by content moderation')).toBeNull();
    expect(failed('Provider error')).toMatchObject({ status: 'failed' });
  });
});

describe('observeJob', () => {
  it('tells what was asked for, what it took and what it cost', () => {
    expect(observeJob(ended())).toEqual({
      jobId: 'job_1',
      model: 'a/b',
      status: 'completed',
      endedAt: START + 41_000,
      tookMs: 41_000,
      durationS: 4,
      resolution: '4k',
      sound: false,
      listMicroUsd: 120_000,
      billedMicroUsd: 50_000,
      isByok: false,
      clientId: 'studio',
      priceKind: priceKindOf(ended().request),
    });
  });

  it('leaves open what the request left open', () => {
    const request = { model: 'a/b', prompt: 'x' };
    expect(observeJob(ended({ request }))).toMatchObject({ durationS: null, resolution: null, sound: null });
  });

  it.each(['queued', 'submitting', 'pending', 'submission_unknown', 'rejected', 'written_off'] as const)(
    'learns nothing from a job that is %s',
    (status) => {
      expect(observeJob(ended({ status }))).toBeNull();
    },
  );

  it('learns nothing from a job that upstream never had', () => {
    expect(observeJob(ended({ status: 'cancelled', submittedAt: null, upstreamId: null }))).toBeNull();
  });

  it.each([
    ['half a minute between polls', 1_000, 31_000, 31_000],
    ['ten minutes between polls of a job of an hour', 3_600_000, 4_200_000, 4_200_000],
    ['an outage of ten minutes', 20_000, 620_000, null],
    ['an outage of a day', 30_000, 86_400_000, null],
  ])('knows how long it took after %s: last look, end, time', (_name, lastLook, end, took) => {
    const job = ended({ updatedAt: START + lastLook, finishedAt: START + end });
    expect(observeJob(job)?.tookMs).toBe(took);
  });
});

describe('resolutionOf', () => {
  it.each([
    [{ resolution: '1080p' }, '1080p'],
    [{ resolution: '4K' }, '4k'],
    [{ size: '1280x720' }, '720p'],
    [{ size: '1080x1920' }, '1080p'],
    [{ size: 'big' }, null],
    [{}, null],
  ])('%j is %s', (request, resolution) => {
    expect(resolutionOf(request)).toBe(resolution);
  });
});
