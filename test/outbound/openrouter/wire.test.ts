// Upstream's model list as it may come one day: what is odd is left out, what is sound is kept, and nothing throws.

import { describe, expect, it } from 'vitest';
import { indexCatalog, type VideoModel } from '../../../src/core/catalog/catalog.ts';
import { planAttempt } from '../../../src/core/job/fallback-plan.ts';
import { planRoute } from '../../../src/core/routing/plan-route.ts';
import { parseModels } from '../../../src/outbound/openrouter/catalog-wire.ts';

const ENTRY = {
  id: 'a/b',
  name: 'B',
  supported_durations: [5],
  supported_resolutions: ['720p'],
  supported_aspect_ratios: ['16:9'],
  pricing_skus: { duration_seconds: '0.1' },
};

/** As it comes over the wire: JSON knows numbers that JavaScript does not. */
function read(json: string): VideoModel {
  const [model] = parseModels(JSON.parse(`{"data":[${json}]}`), new Map())?.models ?? [];
  if (!model) throw new Error('the model was dropped');
  return model;
}
const withDurations = (durations: string) =>
  read(JSON.stringify(ENTRY).replace('"supported_durations":[5]', `"supported_durations":${durations}`));

describe('a model', () => {
  it.each([
    'a/b\0',
    'a/b\n',
    'a/b c',
    'a/\u001b[31mb',
    'a/\ud800',
    'a/é',
    'ab',
    'a/b/c',
    `a/${'b'.repeat(121)}`,
    'a/..\\b',
    '../b',
    './b',
    'a/..',
    'a/.',
    '',
  ])('is dropped and counted where its id is %j', (id) => {
    const sound = { ...ENTRY, id: 'google/veo-3.1:free' };
    const { models, dropped } = parseModels({ data: [{ ...ENTRY, id }, sound] }, new Map()) ?? {};
    expect(models?.map((model) => model.id)).toEqual(['google/veo-3.1:free']);
    expect(dropped).toBe(1);
  });
});

describe('the lengths of a model', () => {
  it.each([
    ['[8,4,6]', [4, 6, 8]],
    ['[5,1e308]', [5]],
    ['[5,1e999,-1e999]', [5]],
    ['[5,5e9,3601,3600]', [5, 3600]],
    ['[5,4.5,0,-1]', [5]],
    ['[1e308]', []],
    ['null', null],
  ])('of %s are %j', (durations, kept) => {
    expect(withDurations(durations).durations).toEqual(kept);
  });
});

describe('a price that no number holds', () => {
  const priced = (skus: Record<string, string>, more: object = {}) =>
    read(JSON.stringify({ ...ENTRY, ...more, pricing_skus: skus }));

  it.each<[string, VideoModel]>([
    ['of an hour', { ...priced({ duration_seconds: '999' }), durations: [1e308, 5] }],
    ['of infinity', { ...priced({ duration_seconds: '999' }), durations: [Infinity] }],
    [
      'of the largest of pictures',
      priced(
        { video_tokens: '1000' },
        { supported_durations: [3600], supported_resolutions: ['9999p'], supported_sizes: ['99999x99999'] },
      ),
    ],
  ])('is unknown: %s', (_name, model) => {
    const catalog = indexCatalog([model], { fetchedAt: 0, dropped: 0 });
    const spec = { prompt: 'x', ...(model.sizes && { size: '99999x99999' }) };
    const { candidates } = planRoute(catalog, spec, {});
    expect(candidates).toHaveLength(1);
    for (const candidate of candidates) {
      expect(candidate.estimate).toMatchObject({
        certainty: 'unknown',
        usd: null,
        highUsd: null,
        reason: expect.stringContaining('more than can be kept'),
      });
      expect(planAttempt(candidate, spec, {})).toMatchObject({
        estimatedMicroUsd: null,
        highMicroUsd: null,
        listMicroUsd: null,
      });
    }
  });
});
