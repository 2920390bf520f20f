// What is remembered of a clip is what working it out anew would say, for the clips asked for lately and no more.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipSheetsOf, FRESH_SHEETS } from '../../src/core/clip-sheets.ts';
import { pricedClipOf } from '../../src/core/price-clip.ts';
import type { ClipSpec, Routing } from '../../src/core/request.ts';
import { octoberCatalog } from '../support/catalogs.ts';

const clipOf = (duration: number) => pricedClipOf({ prompt: 'x', duration });

const image = { type: 'image_url' as const, image_url: { url: 'https://a.test/1.png' } };
const video = { type: 'video_url' as const, video_url: { url: 'https://a.test/1.mp4' } };
// Few values of every field, so that clips come again that differ in one.
const specs: fc.Arbitrary<ClipSpec> = fc.record(
  {
    prompt: fc.constantFrom('a boat', 'a train'),
    duration: fc.constantFrom(5, 40),
    resolution: fc.constantFrom('720p', '8K'),
    aspect_ratio: fc.constantFrom('16:9', '9:21'),
    size: fc.constantFrom('1280x720', '1000x1000'),
    frame_images: fc.constantFrom(
      [{ ...image, frame_type: 'first_frame' as const }],
      [{ ...image, frame_type: 'last_frame' as const }],
    ),
    input_references: fc.constantFrom<ClipSpec['input_references'][]>([image], [video], [image, video]),
    generate_audio: fc.boolean(),
    seed: fc.constantFrom(1, 2),
    upscale_factor: fc.constantFrom(2, 16),
    creativity: fc.constantFrom(0, 9),
    provider: fc.constantFrom<ClipSpec['provider'][]>(
      {},
      { options: { xai: { nope: 1 } } },
      { options: { xai: { nope: 2 } } },
      { options: { byteplus: { nope: 1 } } },
      { options: { 'google-vertex': { parameters: { negativePrompt: 'rain' } } } },
      { options: { 'google-vertex': { negativePrompt: 'rain', other: 1 } } },
    ),
    previous_job_id: fc.constant('job'),
  },
  { requiredKeys: [] },
);
const routings: fc.Arbitrary<Routing> = fc.record(
  { passthrough: fc.constantFrom<Routing['passthrough'][]>('require', 'when_supported') },
  { requiredKeys: [] },
);

describe('clip sheets', () => {
  it('say what working it out anew would say', () => {
    const { models } = octoberCatalog();
    fc.assert(
      fc.property(specs, routings, (spec, routing) => {
        const clip = pricedClipOf(spec);
        for (const model of models) {
          const remembered = clipSheetsOf(models);
          expect(remembered.abilityFor(spec, routing)(model)).toEqual(
            FRESH_SHEETS.abilityFor(spec, routing)(model),
          );
          expect(remembered.priceOf(clip)(model)).toEqual(FRESH_SHEETS.priceOf(clip)(model));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('give the same again for a clip that asks for the same and costs the same, on the same catalog', () => {
    const [models, later] = [octoberCatalog().models, octoberCatalog().models];
    const [model] = models;
    if (!model) throw new Error('no models');
    const { priceOf, abilityFor } = clipSheetsOf(models);
    const estimate = priceOf(clipOf(5))(model);
    expect(priceOf(pricedClipOf({ prompt: 'another', duration: 5, seed: 7 }))(model)).toBe(estimate);
    expect(priceOf(clipOf(6))(model)).not.toBe(estimate);
    expect(clipSheetsOf(later).priceOf(clipOf(5))).not.toBe(priceOf(clipOf(5)));

    const reasons = abilityFor({ prompt: 'x', duration: 61 }, { max_cost_usd: 1 })(model);
    expect(reasons).toHaveLength(1);
    expect(abilityFor({ prompt: 'another', duration: 61, user: 'me' }, {})(model)).toBe(reasons);
    expect(abilityFor({ duration: 62 }, {})(model)).not.toBe(reasons);
  });

  it('forget the clip that was not asked for the longest', () => {
    const { priceOf } = clipSheetsOf(octoberCatalog().models);
    const [often, once] = [priceOf(clipOf(1)), priceOf(clipOf(2))];
    for (let duration = 3; duration < 600; duration++) {
      priceOf(clipOf(duration));
      if (duration % 100 === 0) expect(priceOf(clipOf(1))).toBe(often);
    }
    expect(priceOf(clipOf(2))).not.toBe(once);
  });

  it('do not keep what is asked for by a great many names', () => {
    const { abilityFor } = clipSheetsOf(octoberCatalog().models);
    const names = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`name-${index}`, 1]));
    const spec = { prompt: 'x', provider: { options: { xai: names } } };
    expect(abilityFor(spec, {})).not.toBe(abilityFor(spec, {}));
  });
});
