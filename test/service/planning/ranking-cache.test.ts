// A cached ranking is what ranking anew would say, and nothing older.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import type { ClipSpec, Routing } from '../../../src/core/clip/clip-spec.ts';
import { type Knowledge, NOTHING_KNOWN } from '../../../src/core/learning/knowledge.ts';
import { type Ranking, rankModels } from '../../../src/core/routing/plan-route.ts';
import { createRankingCache } from '../../../src/service/planning/ranking-cache.ts';
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

const write = (ranking: Ranking) => JSON.stringify(ranking.candidates.map(({ model }) => model.id));
const createCache = () => {
  const rank = createRankingCache(write);
  return (clip: ClipSpec, wishes: Routing = {}, known: Knowledge = NOTHING_KNOWN, of: Catalog = catalog) =>
    rank(of, clip, wishes, known);
};

describe('the ranking cache', () => {
  it('answers every request as if it had kept nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(spec, routing), { minLength: 1, maxLength: 12 }), (requests) => {
        const rank = createCache();
        for (const [clip, wishes] of [...requests, ...requests]) {
          const { ranking, json } = rank(clip, wishes);
          expect(ranking).toEqual(rankModels(catalog, clip, wishes, NOTHING_KNOWN));
          expect(json).toBe(write(ranking));
        }
      }),
    );
  });

  it.each(Object.values(PAIRS).flat())('tells apart %j and %j', (one, other) => {
    const rank = createCache();
    rank({ prompt: 'x', ...one });
    const { ranking } = rank({ prompt: 'x', ...other });
    expect(ranking).toEqual(rankModels(catalog, { prompt: 'x', ...other }, {}, NOTHING_KNOWN));
  });

  it('tells apart what was measured of references', () => {
    const rank = createCache();
    const clip: ClipSpec = {
      prompt: 'x',
      duration: 5,
      resolution: '480p',
      input_references: [{ type: 'video_url', video_url: { url: 'https://a.example/a.mp4' } }],
    };
    const usdOf = (videoReferenceSeconds?: number) =>
      rank(clip, {}, { ...NOTHING_KNOWN, ...(videoReferenceSeconds && { videoReferenceSeconds }) })
        .ranking.candidates.find(({ model }) => model.id === 'heygen/heygen-video-1')
        ?.estimate.ceilingUsd?.toNumber();
    expect([usdOf(), usdOf(3), usdOf(7), usdOf()]).toEqual([0.8, 0.32, 0.48, 0.8]);
  });

  it('keeps one ranking and its text for clips that differ in words and pictures alone', () => {
    const rank = createCache();
    const ask = (prompt: string, picture: string) =>
      rank({
        prompt,
        duration: 5,
        frame_images: [
          { type: 'image_url', image_url: { url: `https://a.test/${picture}` }, frame_type: 'first_frame' },
        ],
      });
    expect(ask('a train', 'two.png')).toBe(ask('a boat', 'one.png'));
  });

  it('keeps no more than 30 million characters, keys included', () => {
    const rank = createRankingCache(() => 'x'.repeat(1_000_000));
    const ask = (max_cost_usd: number) => rank(catalog, { prompt: 'x' }, { max_cost_usd }, NOTHING_KNOWN);
    const first = ask(1);
    for (let number = 2; number < 30; number++) ask(number);
    expect(ask(1)).toBe(first);
    for (let number = 30; number < 60; number++) ask(number);
    expect(ask(1)).not.toBe(first);
  });

  it('keeps no more than a thousand rankings, those asked for last', () => {
    const rank = createCache();
    const kept = rank({ prompt: 'x' }, { max_cost_usd: 1 });
    const lost = rank({ prompt: 'x' }, { max_cost_usd: 2 });
    for (let other = 0; other < 998; other++) rank({ prompt: 'x' }, { max_cost_usd: 3 + other });
    expect(rank({ prompt: 'x' }, { max_cost_usd: 1 })).toBe(kept);
    rank({ prompt: 'x' }, { max_cost_usd: 5_000 });
    expect(rank({ prompt: 'x' }, { max_cost_usd: 1 })).toBe(kept);
    expect(rank({ prompt: 'x' }, { max_cost_usd: 2 })).not.toBe(lost);
  });

  it('forgets with another catalog, and with anything new that is known', () => {
    const rank = createCache();
    const clip = { prompt: 'x', duration: 5 };
    const before = rank(clip);
    const best = before.ranking.candidates[0]?.model.id ?? '';
    const last = before.ranking.candidates.at(-1)?.model.id ?? '';
    expect(rank(clip, {}, { ...NOTHING_KNOWN })).toBe(before);

    const qualities = new Map([
      [last, 1],
      [best, 0],
    ]);
    const praised: Knowledge = { ...NOTHING_KNOWN, qualities };
    const after = rank(clip, { priority: { speed: 0, cost: 0, quality: 1 } }, praised);
    expect(after.ranking.candidates[0]?.model.id).toBe(last);

    const old = mayCatalog();
    expect(rank(clip, {}, praised, old).ranking).toEqual(rankModels(old, clip, {}, praised));
    expect(rank(clip)).toEqual(before);
    expect(rank(clip)).not.toBe(before);
  });
});
