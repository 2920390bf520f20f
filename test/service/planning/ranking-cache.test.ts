// What is remembered of a question is what working it out anew would say, and nothing older.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClipSpec, Routing } from '../../../src/core/clip/clip-spec.ts';
import { type Knowledge, NOTHING_KNOWN } from '../../../src/core/learning/knowledge.ts';
import { planRoute } from '../../../src/core/routing/plan-route.ts';
import { createRankingMemory } from '../../../src/service/planning/ranking-cache.ts';
import { mayCatalog, octoberCatalog } from '../../support/catalogs.ts';
import { PAIRS } from '../../support/clip-pairs.ts';

const catalog = octoberCatalog();
const url = fc.webUrl({ validSchemes: ['https'] });
// Few values, so that questions come again.
const spec: fc.Arbitrary<ClipSpec> = fc.record(
  {
    prompt: fc.string({ maxLength: 3 }),
    duration: fc.constantFrom(4, 5, 40),
    resolution: fc.constantFrom('720p', '8K'),
    seed: fc.integer({ min: 0, max: 1 }),
    frame_images: fc
      .record({
        type: fc.constant('image_url' as const),
        image_url: fc.record({ url }),
        frame_type: fc.constantFrom('first_frame' as const, 'last_frame' as const),
      })
      .map((frame) => [frame]),
    input_references: fc
      .oneof(
        fc.record({ type: fc.constant('image_url' as const), image_url: fc.record({ url }) }),
        fc.record({ type: fc.constant('video_url' as const), video_url: fc.record({ url }) }),
      )
      .map((reference) => [reference]),
    provider: fc.constantFrom({ options: { x: { seed_mode: 1 } } }, { options: { x: { req_key: 1 } } }),
  },
  { requiredKeys: [] },
);
const routing: fc.Arbitrary<Routing> = fc.record(
  {
    priority: fc.constantFrom('balanced' as const, 'fast_and_cheap' as const),
    scoring: fc.constantFrom('measured' as const, 'guide' as const),
    max_cost_usd: fc.constantFrom(0.1, 2),
    passthrough: fc.constantFrom('require' as const, 'when_supported' as const),
    models: fc.constantFrom({ allow: ['google/*'] }, { deny: ['google/*'] }),
  },
  { requiredKeys: [] },
);

describe('the memory of rankings', () => {
  it('answers every request as if it had none', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(spec, routing), { minLength: 1, maxLength: 12 }), (requests) => {
        const remembered = createRankingMemory();
        // A ranking is kept from the second time on, and given from the third.
        for (const [clip, wishes] of [...requests, ...requests, ...requests]) {
          expect(remembered(catalog, clip, wishes, NOTHING_KNOWN)).toEqual(
            planRoute(catalog, clip, wishes, NOTHING_KNOWN),
          );
        }
      }),
    );
  });

  it.each(Object.values(PAIRS).flat())('tells apart %j and %j', (one, other) => {
    const remembered = createRankingMemory();
    const ask = (spec: ClipSpec) => remembered(catalog, { prompt: 'x', ...spec }, {}, NOTHING_KNOWN);
    for (let time = 0; time < 3; time++) ask(one);
    for (let time = 0; time < 3; time++) {
      expect(ask(other)).toEqual(planRoute(catalog, { prompt: 'x', ...other }, {}));
    }
  });

  it('keeps one ranking for clips that differ in words and pictures alone', () => {
    const remembered = createRankingMemory();
    const ask = (prompt: string, picture: string) =>
      remembered(
        catalog,
        {
          prompt,
          duration: 5,
          frame_images: [
            { type: 'image_url', image_url: { url: `https://a.test/${picture}` }, frame_type: 'first_frame' },
          ],
        },
        {},
        NOTHING_KNOWN,
      );
    ask('a boat', 'one.png');
    // Kept from the second time on: most questions come once.
    const second = ask('a kite', 'one.png');
    const third = ask('a train', 'two.png');
    expect(third.candidates).toBe(second.candidates);
    expect(third.submission?.body).toMatchObject({
      prompt: 'a train',
      frame_images: [{ image_url: { url: 'https://a.test/two.png' } }],
    });
  });

  it('does not remember for long what is large because the question is', () => {
    const remembered = createRankingMemory();
    const ask = (number: number) => {
      const allow = Array.from({ length: 400 }, (_, index) => `author-${number}/${'x'.repeat(90)}-${index}`);
      return remembered(catalog, { duration: 5 }, { models: { allow } }, NOTHING_KNOWN);
    };
    ask(0);
    const first = ask(0);
    expect(ask(0).rejected).toBe(first.rejected);
    // Thirty refusals of forty kilobytes each.
    for (let number = 1; number < 30; number++) for (let time = 0; time < 2; time++) ask(number);
    expect(ask(0).rejected).not.toBe(first.rejected);
  });

  it('keeps what comes again, however much comes once in between', () => {
    const remembered = createRankingMemory();
    const ask = (max_cost_usd: number) =>
      remembered(catalog, { prompt: 'x', duration: 5 }, { max_cost_usd }, NOTHING_KNOWN);
    ask(1);
    const kept = ask(1);
    // More questions than there is room for rankings.
    for (let once = 0; once < 3000; once++) ask(2 + once / 1e6);
    expect(ask(1).candidates).toBe(kept.candidates);
  });

  it('forgets with another catalog, and with anything new that is known', () => {
    const remembered = createRankingMemory();
    const clip = { prompt: 'x', duration: 5 };
    remembered(catalog, clip, {}, NOTHING_KNOWN);
    const before = remembered(catalog, clip, {}, NOTHING_KNOWN);
    const best = before.candidates[0]?.model.id ?? '';
    const last = before.candidates.at(-1)?.model.id ?? '';
    expect(remembered(catalog, clip, {}, { ...NOTHING_KNOWN }).candidates).toBe(before.candidates);

    const praised: Knowledge = {
      ...NOTHING_KNOWN,
      qualities: new Map([
        [last, 1],
        [best, 0],
      ]),
    };
    const after = remembered(catalog, clip, { priority: { speed: 0, cost: 0, quality: 1 } }, praised);
    expect(after.candidates[0]?.model.id).toBe(last);

    const old = mayCatalog();
    expect(remembered(old, clip, {}, praised)).toEqual(planRoute(old, clip, {}, praised));
    expect(remembered(catalog, clip, {}, NOTHING_KNOWN)).toEqual(before);
  });
});
