// Amounts and times as the console writes them.

import { describe, expect, it } from 'vitest';
import {
  count,
  formatBytes,
  formatRange,
  formatRelative,
  formatSeconds,
  formatTime,
  formatUnitPrice,
  formatUsd,
} from '../../console/format.ts';
import { matchPath } from '../../console/match-path.ts';
import { formatCondition, formatDurations, formatReason, unitWord } from '../../console/model-words.ts';
import { findPlace } from '../../console/search.ts';

describe('dollars', () => {
  it.each([
    [null, 'unknown'],
    [0, '$0.00'],
    [0.4536, '$0.4536'],
    [0.99994, '$0.9999'],
    [1, '$1.00'],
    [1234.5, '$1,234.50'],
    [-0.5, '−$0.5000'],
    [-12, '−$12.00'],
  ])('%s is written %s', (usd, text) => {
    expect(formatUsd(usd)).toBe(text);
  });

  it('are a range only where they differ as written', () => {
    expect(formatRange(0.31, 2.25)).toBe('0.3100 to 2.25');
    expect(formatRange(0.45361, 0.45362)).toBe('0.4536');
  });

  it('of a unit have every digit that counts', () => {
    expect(formatUnitPrice(0.0000042)).toBe('$0.0000042');
    expect(formatUnitPrice(0.05)).toBe('$0.05');
  });
});

describe('time', () => {
  it.each([
    [0.428, '0.43 s'],
    [9.52, '9.5 s'],
    [74.4, '74 s'],
    [200, '3 min 20 s'],
    [7500, '2 h 5 min'],
    [200_000, '2 d 8 h'],
  ])('of %s seconds is %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });

  it.each([
    [0, 'now'],
    [-12_000, '12 s ago'],
    [180_000, 'in 3 min'],
    [-7_200_000, '2 h ago'],
    [-172_800_000, '2 d ago'],
  ])('%s ms from now is %s', (ms, text) => {
    expect(formatRelative(1_000_000_000 + ms, 1_000_000_000)).toBe(text);
  });

  it('is written with its zone', () => {
    expect(formatTime(Date.UTC(2026, 10, 28, 14, 3, 21), 'Europe/Berlin')).toBe('28 Nov 2026, 15:03:21 CET');
  });
});

it('counts in words, and sizes in bytes', () => {
  expect([count(1, 'model'), count(1200, 'model'), count(2, 'try', 'tries')]).toEqual([
    '1 model',
    '1,200 models',
    '2 tries',
  ]);
  expect([formatBytes(999), formatBytes(1500), formatBytes(25_000_000)]).toEqual([
    '999 B',
    '1.5 kB',
    '25 MB',
  ]);
});

it('says what a model can, costs and refuses', () => {
  expect([formatDurations([8, 4, 6]), formatDurations([5, 4, 7, 6]), formatDurations(null)]).toEqual([
    '4 6 8',
    '4 to 7',
    'from the input',
  ]);
  expect(formatCondition({ audio: true, resolution: '720p' })).toBe('with sound, 720p');
  expect(formatCondition({})).toBe('always');
  expect([unitWord('video_token'), unitWord('blue_moon')]).toEqual(['a video token', 'a blue moon']);
  expect(formatReason({ code: 'unsupported_duration', requested: 5, supported: [4, 6] })).toBe(
    'duration 5: it has 4, 6',
  );
  expect(formatReason({ code: 'unsupported_seed', requested: 7, supported: null })).toBe(
    'seed 7: cannot be chosen',
  );
  expect(formatReason({ code: 'over_budget', requested: 0.5, supported: null })).toBe('over budget: 0.5');
});

it('matches paths of pages', () => {
  expect(matchPath('/models', '/models')).toEqual({});
  expect(matchPath('/jobs/:id', '/jobs/job_1')).toEqual({ id: 'job_1' });
  expect(matchPath('/models/:id*', '/models/google/veo%203')).toEqual({ id: 'google/veo 3' });
  expect(matchPath('/jobs/:id', '/jobs/%zz')).toEqual({ id: '%zz' });
  for (const path of ['/', '/jobs', '/jobs/', '/jobs/a/b']) expect(matchPath('/jobs/:id', path)).toBeNull();
  expect(matchPath('/models/:id*', '/models/')).toBeNull();
});

it('finds what is searched for by its form, where there is such a page', () => {
  const every = () => true;
  expect(findPlace(' job_01K ', every)).toBe('/jobs/job_01K');
  expect(findPlace('google/veo-3.1', every)).toBe('/models/google/veo-3.1');
  expect(findPlace('order 7', every)).toBe('/jobs?reference=order%207');
  expect(findPlace('order 7', () => false)).toBeNull();
  expect(findPlace('  ', every)).toBeNull();
});
