// The guide's helper, to the digit, and what it does where its data runs out.

import { describe, expect, it } from 'vitest';
import { indexCatalog } from '../../../../src/core/catalog/catalog.ts';
import type { ClipSpec, Priority } from '../../../../src/core/clip/clip-spec.ts';
import { planRoute } from '../../../../src/core/routing/plan-route.ts';
import { weightsOf } from '../../../../src/core/routing/score/guide.ts';
import { mayCatalog, octoberCatalog } from '../../../support/catalogs.ts';

const GUIDE_CLIP: ClipSpec = {
  prompt: 'a paper boat',
  resolution: '720p',
  aspect_ratio: '9:16',
  duration: 5,
  frame_images: [
    { type: 'image_url', image_url: { url: 'https://example.com/a.png' }, frame_type: 'first_frame' },
  ],
};

const rank = (priority: Priority, catalog = mayCatalog()) =>
  planRoute(catalog, GUIDE_CLIP, { priority, scoring: 'guide' }).candidates.map(
    ({ model, score, scores: { speed, cost, quality } }) => [model.id, score, speed, cost, quality],
  );

describe('scoring: guide', () => {
  it('finds the eight matches of the guide and prints its first four, fast and cheap', () => {
    const rows = rank('fast_and_cheap');
    expect(rows).toHaveLength(8);
    expect(rows.slice(0, 4)).toEqual([
      ['bytedance/seedance-2.0-fast', 0.967, 1, 1, 0.667],
      ['bytedance/seedance-2.0', 0.752, 0.55, 1, 1],
      ['bytedance/seedance-1-5-pro', 0.642, 0.35, 1, 1],
      ['alibaba/wan-2.6', 0.628, 0.55, 0.643, 1],
    ]);
  });

  it.each(['constructor', 'toString', '__proto__'])('knows no resolution called %s', (name) => {
    const known = mayCatalog();
    const models = known.models.map((model) => ({
      ...model,
      resolutions: model.resolutions && [...model.resolutions, name],
    }));
    expect(rank('quality_and_cost', indexCatalog(models, known))).toEqual(rank('quality_and_cost'));
  });

  it('prints its first four, quality and cost', () => {
    expect(
      rank('quality_and_cost')
        .slice(0, 4)
        .map(([id, score]) => [id, score]),
    ).toEqual([
      ['bytedance/seedance-2.0', 0.932],
      ['bytedance/seedance-1-5-pro', 0.903],
      ['alibaba/wan-2.6', 0.825],
      ['bytedance/seedance-2.0-fast', 0.817],
    ]);
  });

  it('gives the remaining four the scores its formula gives', () => {
    // Worked out by hand from the printed rules: prices 0.084, 0.1 and 0.112 against 0.0000012 and 0.112.
    expect(rank('fast_and_cheap').slice(4)).toEqual([
      ['kwaivgi/kling-v3.0-std', 0.594, 0.8, 0.25, 0.667],
      ['alibaba/wan-2.7', 0.44, 0.55, 0.107, 1],
      ['kwaivgi/kling-v3.0-pro', 0.259, 0.35, 0, 0.667],
      ['kwaivgi/kling-video-o1', 0.259, 0.35, 0, 0.667],
    ]);
  });

  it('orders equal scores by price, then by id, whatever the order of the catalog', () => {
    const catalog = mayCatalog();
    const turned = { ...catalog, models: [...catalog.models].reverse() };
    const ids = (from: typeof catalog) =>
      planRoute(from, GUIDE_CLIP, { priority: 'balanced', scoring: 'guide' }).candidates.map(
        ({ model }) => model.id,
      );
    expect(ids(turned)).toEqual(ids(catalog));
  });

  it('scores a model without a price 0 for cost, and a single price one half', () => {
    const catalog = octoberCatalog();
    const only = { ...catalog, models: catalog.models.filter(({ id }) => id === 'google/veo-3.1') };
    const [candidate] = planRoute(only, { prompt: 'x' }, { scoring: 'guide' }).candidates;
    expect(candidate?.scores.cost).toBe(0.5);
    const unpriced = {
      ...catalog,
      models: catalog.models.map((model) =>
        model.id === 'google/veo-3.1'
          ? { ...model, priceList: { ...model.priceList, lowestAdvertised: null } }
          : model,
      ),
    };
    const veo = planRoute(unpriced, { prompt: 'x' }, { scoring: 'guide' }).candidates.find(
      ({ model }) => model.id === 'google/veo-3.1',
    );
    expect(veo?.scores.cost).toBe(0);
    expect(veo?.lowestAdvertisedPrice).toBeNull();
  });
});

describe('weightsOf', () => {
  it('brings weights of any scale to a sum of one', () => {
    expect(weightsOf({ speed: 3, cost: 1, quality: 0 })).toEqual({ speed: 0.75, cost: 0.25, quality: 0 });
  });

  it('has profiles that sum to one', () => {
    for (const profile of ['fast_and_cheap', 'quality_and_cost', 'balanced'] as const) {
      const { speed, cost, quality } = weightsOf(profile);
      expect(speed + cost + quality).toBeCloseTo(1, 12);
    }
  });
});
