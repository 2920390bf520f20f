// Every change that is offered is true: routing the changed spec admits exactly the models it names.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClipSpec, Routing } from '../../../src/core/clip/clip-spec.ts';
import { applyChange } from '../../../src/core/routing/nearest.ts';
import { planRoute } from '../../../src/core/routing/plan-route.ts';
import { octoberCatalog } from '../../support/catalogs.ts';

const catalog = octoberCatalog();
const nearest = (spec: ClipSpec, routing: Routing = {}) =>
  planRoute(catalog, { prompt: 'x', ...spec }, routing).nearest;

describe('nearest', () => {
  it('offers the smallest change first', () => {
    const [first] = nearest({ duration: 31 });
    expect(first?.change).toEqual({ duration: 30 });
    expect(first?.admits).toContain('bytedance/seedance-2.5');
  });

  it('offers pairs where no single change helps', () => {
    const offers = nearest(
      { resolution: '4K', duration: 5, aspect_ratio: '9:21' },
      { models: { allow: ['google/*'] } },
    );
    expect(offers.length).toBeGreaterThan(0);
    for (const { change } of offers) expect(Object.keys(change)).toHaveLength(2);
  });

  it('offers the budget or the patience that would do', () => {
    const spec = { duration: 4, resolution: '720p', generate_audio: false };
    const routing = { models: { allow: ['google/veo-3.1-lite'] } };
    expect(nearest(spec, { ...routing, max_cost_usd: 0.1 })).toEqual([
      { change: { max_cost_usd: 0.12 }, admits: ['google/veo-3.1-lite'], fromUsd: 0.12 },
    ]);
    expect(nearest(spec, { ...routing, max_wait_s: 10 })).toEqual([
      { change: { max_wait_s: 62 }, admits: ['google/veo-3.1-lite'], fromUsd: 0.12 },
    ]);
  });

  it('offers the cheaper of two changes that are equally small first', () => {
    const only = { models: { allow: ['google/veo-3.1', 'google/veo-3.1-lite'] } };
    const offers = nearest({ duration: 5, resolution: '1080p' }, only);
    expect(offers.slice(0, 2).map(({ change }) => change)).toEqual([{ duration: 4 }, { duration: 6 }]);
    expect(offers[0]?.admits).toEqual(['google/veo-3.1-lite', 'google/veo-3.1']);
  });

  it('offers a smaller picture before one turned on its side', () => {
    const only = { models: { allow: ['alibaba/wan-2.6'] } };
    const sizes = nearest({ size: '3840x2160' }, only).map(({ change }) => change['size']);
    expect(sizes).toEqual(['1920x1080', '1080x1920', '1280x720']);
  });

  it('offers the nearest resolution first, and larger ones than 4K are resolutions too', () => {
    const [first, second] = nearest({ resolution: '8K', duration: 8 });
    expect([first?.change, second?.change]).toEqual([{ resolution: '4K' }, { resolution: '2K' }]);
  });

  it('offers another factor of upscaling, never none', () => {
    const video = { type: 'video_url', video_url: { url: 'https://a.test/1.mp4' } } as const;
    const offers = (factor: number) => nearest({ input_references: [video], upscale_factor: factor });
    for (const [factor, nearestFactor] of [
      [16, 3],
      [1.2, 1.5],
    ] as const) {
      expect(offers(factor)).toEqual([
        {
          change: { upscale_factor: nearestFactor },
          admits: ['black-forest-labs/flux-video-upscale'],
          fromUsd: null,
        },
      ]);
    }
  });

  it('does not argue with allow and deny lists', () => {
    expect(nearest({}, { models: { allow: ['nobody/nothing'] } })).toEqual([]);
    expect(nearest({ duration: 5 }, { models: { deny: catalog.models.map(({ id }) => id) } })).toEqual([]);
  });

  it('is always true, at most five long, and in order', () => {
    const specs = fc.record(
      {
        duration: fc.integer({ min: 1, max: 40 }),
        resolution: fc.constantFrom('480p', '720p', '768p', '1080p', '4K', '8K'),
        aspect_ratio: fc.constantFrom('16:9', '9:16', '1:1', '21:9', '5:4'),
        size: fc.constantFrom('1280x720', '1000x1000', '3840x2160'),
        seed: fc.integer(),
        generate_audio: fc.boolean(),
        provider: fc.constantFrom(
          { options: { x: { negative_prompt: 'rain' } } },
          { options: { x: { nope: 1 } } },
        ),
      },
      { requiredKeys: [] },
    );
    const routings = fc.record(
      { max_cost_usd: fc.constantFrom(0.05, 0.3, 2), max_wait_s: fc.constantFrom(30, 90) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(specs, routings, (spec, routing) => {
        const whole: ClipSpec = { prompt: 'x', ...spec };
        const plan = planRoute(catalog, whole, routing);
        const already = new Set(plan.candidates.map(({ model }) => model.id));
        expect(plan.nearest.length).toBeLessThanOrEqual(5);
        for (const { change, admits } of plan.nearest) {
          const changed = applyChange(whole, routing, change);
          const admitted = planRoute(catalog, changed.spec, changed.routing).candidates.map(
            ({ model }) => model.id,
          );
          const gained = admitted.filter((id) => !already.has(id));
          expect(admits.length).toBeGreaterThan(0);
          // Exactly those: nobody who would still refuse, and nobody left out.
          expect([...admits].sort(), JSON.stringify(change)).toEqual(gained.sort());
        }
      }),
      { numRuns: 300 },
    );
  });
});
