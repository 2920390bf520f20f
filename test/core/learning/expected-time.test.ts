// How long a clip is expected to take, at the edge of what can be: a number that every database can keep.

import { describe, expect, it } from 'vitest';
import { timesFor } from '../../../src/core/learning/expected-time.ts';
import { NOTHING_KNOWN } from '../../../src/core/learning/knowledge.ts';
import { modelOf, octoberCatalog } from '../../support/catalogs.ts';

describe('an expected time', () => {
  const model = modelOf(octoberCatalog(), 'google/veo-3.1-lite');
  const expectAfter = (seconds: number, duration: number) =>
    timesFor(
      { prompt: 'x', duration, resolution: '4k' },
      { ...NOTHING_KNOWN, benchmarks: new Map([[model.id, { quality: null, seconds }]]) },
    )(model);

  it.each([86_400, 1e18, Number.MAX_VALUE])('is a day at most, where the arena says %d s', (seconds) => {
    expect(expectAfter(seconds, 3600)).toMatchObject({ p50S: 86_400, p90S: 86_400, source: 'benchmark' });
  });

  it('is a second at least', () => {
    expect(expectAfter(1e-9, 1)).toMatchObject({ p50S: 1, p90S: 1 });
  });
});
