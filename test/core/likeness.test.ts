// What models have in common is worked out once, and is true of every one of them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexCatalog, type VideoModel } from '../../src/core/catalog/catalog.ts';
import type { ClipSpec, Routing } from '../../src/core/clip/clip-spec.ts';
import { NOTHING_KNOWN } from '../../src/core/learning/knowledge.ts';
import { likenessesOf } from '../../src/core/likeness.ts';
import { parsePriceList } from '../../src/core/pricing/sku-grammar.ts';
import { evaluateModel } from '../../src/core/routing/evaluate.ts';
import { planRoute } from '../../src/core/routing/plan-route.ts';
import { octoberCatalog } from '../support/catalogs.ts';

const recorded = octoberCatalog().models;
const [first] = recorded;
if (!first) throw new Error('no models');

const named = (model: VideoModel, name: string, changes: Partial<VideoModel> = {}): VideoModel => ({
  ...model,
  id: `${model.id}-${name}`,
  ...changes,
});

/** Every field that a decision looks at, changed by itself. */
const CHANGES: Partial<VideoModel>[] = [
  { durations: [7] },
  { resolutions: ['720p'] },
  { aspectRatios: ['1:1'] },
  { sizes: ['1280x720'] },
  { frameImages: [] },
  { inputModalities: ['text', 'audio'] },
  { generateAudio: null },
  { seed: null },
  { passthroughParameters: ['req_key'] },
  { providerSlugs: ['xai'] },
  { upscaleFactor: { min: 1, max: 2 } },
  { creativity: [0] },
];

describe('likenesses', () => {
  it('let a model stand for those that differ from it in name alone', () => {
    const twin = named(first, 'twin', { name: 'Twin', created: 1 });
    expect(likenessesOf([first, twin])[1]).toMatchObject({
      model: twin,
      place: 1,
      capable: first,
      priced: first,
    });
  });

  it.each(CHANGES)('let none stand for one with other %j', (change) => {
    const other = named(first, 'other', change);
    expect(likenessesOf([first, other])[1]).toMatchObject({
      model: other,
      place: 1,
      capable: other,
      priced: other,
    });
  });

  it('let one that costs otherwise share all but its price', () => {
    const dearer = named(first, 'dearer', { priceList: parsePriceList({ duration_seconds: '1' }) });
    expect(likenessesOf([first, dearer])[1]).toMatchObject({ capable: first, priced: dearer });
  });
});

describe('a plan over many that are alike', () => {
  const models = recorded.flatMap((model, index) => [
    model,
    named(model, 'twin'),
    named(model, 'other', CHANGES[index % CHANGES.length]),
    named(model, 'dearer', { priceList: parsePriceList({ duration_seconds: '0.3' }) }),
  ]);
  const catalog = indexCatalog(models, { fetchedAt: 0, dropped: 0 });
  const specs = fc.record(
    {
      duration: fc.constantFrom(4, 5, 7, 8, 60),
      resolution: fc.constantFrom('480p', '720p', '1080p', '4k'),
      aspect_ratio: fc.constantFrom('16:9', '1:1'),
      generate_audio: fc.boolean(),
      seed: fc.constant(1),
      provider: fc.constantFrom({ options: { xai: { req_key: 1 } } }),
      creativity: fc.constantFrom(0, 1),
    },
    { requiredKeys: [] },
  );
  const routings = fc.record(
    {
      max_cost_usd: fc.constantFrom(0.1, 0.5, 2),
      max_wait_s: fc.constantFrom(60, 120),
      models: fc.constantFrom<Routing['models']>({ allow: ['google/*', 'x-ai/*'] }, { deny: ['google/*'] }),
    },
    { requiredKeys: [] },
  );

  it('says of each what it would say of that one alone', () => {
    fc.assert(
      fc.property(specs, routings, (asked, routing) => {
        const spec: ClipSpec = { prompt: 'x', ...asked };
        const { candidates, rejected } = planRoute(catalog, spec, routing);
        expect(candidates.length + rejected.length).toBe(models.length);
        for (const { model, estimate, list, expected } of candidates) {
          expect({ model, estimate, list, expected }).toEqual(
            evaluateModel(model, spec, routing, NOTHING_KNOWN),
          );
        }
        for (const one of rejected)
          expect(one).toEqual(evaluateModel(one.model, spec, routing, NOTHING_KNOWN));
      }),
    );
  });
});
