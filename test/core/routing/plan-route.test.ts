// The plan for a clip: everybody is judged, the rest follows from that.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClipSpec } from '../../../src/core/clip/clip-spec.ts';
import { planRoute } from '../../../src/core/routing/plan-route.ts';
import { octoberCatalog } from '../../support/catalogs.ts';

const catalog = octoberCatalog();

const specs: fc.Arbitrary<ClipSpec> = fc.record(
  {
    prompt: fc.constant('x'),
    duration: fc.integer({ min: 1, max: 32 }),
    resolution: fc.constantFrom('480p', '720p', '1080p', '4K'),
    aspect_ratio: fc.constantFrom('16:9', '9:16', '1:1', '21:9'),
    generate_audio: fc.boolean(),
    seed: fc.integer(),
  },
  { requiredKeys: ['prompt'] },
) as fc.Arbitrary<ClipSpec>;

describe('planRoute', () => {
  it('says of every model either that it can or why not', () => {
    fc.assert(
      fc.property(specs, (spec) => {
        const { candidates, rejected } = planRoute(catalog, spec, {});
        const ids = [...candidates, ...rejected].map(({ model }) => model.id);
        expect(ids.sort()).toEqual(catalog.models.map(({ id }) => id).sort());
        for (const { reasons } of rejected) expect(reasons.length).toBeGreaterThan(0);
      }),
    );
  });

  it('ranks from 1 without gaps, best first, every score between 0 and 1', () => {
    fc.assert(
      fc.property(specs, (spec) => {
        const { candidates } = planRoute(catalog, spec, {});
        expect(candidates.map(({ rank }) => rank)).toEqual(candidates.map((_, index) => index + 1));
        // Models known to do all that was asked come before those of which the catalog does not say.
        const order = candidates.map(({ unproven, score }) => [unproven, score] as const);
        expect(order.toSorted((a, b) => a[0] - b[0] || b[1] - a[1])).toEqual(order);
        for (const { score, scores: parts } of candidates) {
          for (const value of [score, parts.speed, parts.cost, parts.quality]) {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1);
          }
        }
      }),
    );
  });

  it('ranks models known to take a seed and to make sound before those of which it is unknown', () => {
    const unknown = (spec: ClipSpec) =>
      planRoute(catalog, { prompt: 'x', duration: 5, ...spec }, {}).candidates.map(({ model }) =>
        spec.seed === undefined ? model.generateAudio === null : model.seed === null,
      );
    for (const spec of [{ seed: 7 }, { generate_audio: true }]) {
      const order = unknown(spec);
      expect(order).toContain(true);
      expect(order).toEqual([...order].sort());
    }
  });

  it('sends the body of the best candidate', () => {
    const { candidates, submission } = planRoute(
      catalog,
      { prompt: 'x', duration: 4, resolution: '720p' },
      {},
    );
    expect(submission?.body).toEqual({
      model: candidates[0]?.model.id,
      prompt: 'x',
      duration: 4,
      resolution: '720p',
    });
    expect(planRoute(catalog, { prompt: 'x', duration: 99 }, {}).submission).toBeNull();
  });

  it('holds a budget against the most a clip may cost, and refuses what has no price', () => {
    const spec: ClipSpec = { prompt: 'x', duration: 5, resolution: '720p', aspect_ratio: '16:9' };
    const find = (budget: number) => {
      const plan = planRoute(catalog, spec, { max_cost_usd: budget });
      const refused = plan.rejected.find(({ model }) => model.id === 'bytedance/seedance-2.0-fast');
      return refused?.reasons ?? null;
    };
    // 0.4536 or, with one frame more, 0.45738, which bills round.
    expect(find(0.46)).toBeNull();
    expect(find(0.455)).toEqual([
      { code: 'over_budget', field: 'max_cost_usd', requested: 0.455, supported: [0.4574] },
    ]);

    const upscale = {
      prompt: 'x',
      input_references: [{ type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } }],
    } as ClipSpec;
    const plan = planRoute(catalog, upscale, { max_cost_usd: 100 });
    const upscaler = plan.rejected.find(({ model }) => model.id === 'black-forest-labs/flux-video-upscale');
    expect(upscaler?.reasons.map(({ code }) => code)).toEqual(['unpriceable']);
  });

  it('refuses what one clip in ten is expected to miss', () => {
    const { candidates, rejected } = planRoute(
      catalog,
      { prompt: 'x', duration: 4, resolution: '720p' },
      { max_wait_s: 100 },
    );
    expect(candidates.every(({ expected }) => expected.p90S <= 100)).toBe(true);
    const fast = rejected.find(({ model }) => model.id === 'google/veo-3.1-fast');
    expect(fast?.reasons).toEqual([
      { code: 'too_slow', field: 'max_wait_s', requested: 100, supported: [110] },
    ]);
  });
});
