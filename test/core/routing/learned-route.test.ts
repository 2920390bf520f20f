// What the router makes of what is known: its estimates, its deadlines, its choice and its reasons.

import { Big } from 'big.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClipSpec, Routing } from '../../../src/core/clip/clip-spec.ts';
import { type Knowledge, NOTHING_KNOWN } from '../../../src/core/learning/knowledge.ts';
import { learnModel } from '../../../src/core/learning/learn-model.ts';
import type { JobObservation } from '../../../src/core/learning/observation.ts';
import { correctEstimate, yardstickOf } from '../../../src/core/pricing/learned-estimate.ts';
import { parsePriceList } from '../../../src/core/pricing/sku-grammar.ts';
import { planRoute } from '../../../src/core/routing/plan-route.ts';
import { octoberCatalog } from '../../support/catalogs.ts';
import { billedAt, KIND, NOW, observed, took } from '../../support/observations.ts';

const catalog = octoberCatalog();
const CLIP: ClipSpec = { prompt: 'x', duration: 4, resolution: '720p', generate_audio: false };
const LITE = 'google/veo-3.1-lite';
const FAST = 'google/veo-3.1-fast';

const knowing = (seen: Record<string, JobObservation[]>): Knowledge => ({
  ...NOTHING_KNOWN,
  models: new Map(Object.entries(seen).map(([model, jobs]) => [model, learnModel(jobs, NOW, 'studio')])),
});
const route = (routing: Routing, knowledge?: Knowledge, spec = CLIP) =>
  planRoute(catalog, spec, routing, knowledge);
const candidateOf = (model: string, knowledge?: Knowledge, spec = CLIP) =>
  route({ models: { allow: [model] } }, knowledge, spec).candidates[0];

describe('an estimate', () => {
  it('is the list’s until there is a bill', () => {
    const candidate = candidateOf(LITE);
    expect(candidate?.estimate.usd?.toNumber()).toBe(0.12);
    expect(candidate?.estimate.certainty).toBe('exact');
    expect(candidate?.estimate).not.toHaveProperty('learned');
  });

  it('follows the bills, with the list’s working still shown', () => {
    const candidate = candidateOf(LITE, knowing({ [LITE]: billedAt(0.4, 0.4, 0.4) }));
    expect(candidate?.estimate).toMatchObject({
      certainty: 'estimated',
      learned: { ratio: 0.4, samples: 3 },
    });
    const { usd, lowUsd, highUsd, lines } = candidate?.estimate ?? {};
    expect([usd, lowUsd, highUsd].map((money) => money?.toNumber())).toEqual([0.048, 0.048, 0.12]);
    expect(candidate?.estimate.ceilingUsd?.toNumber()).toBe(0.12);
    expect(lines?.map((line) => line.usd.toNumber())).toEqual([0.12]);
    expect(candidate?.list.usd?.toNumber()).toBe(0.12);
  });

  it('that bills bear out stays exact, and says so', () => {
    const candidate = candidateOf(LITE, knowing({ [LITE]: billedAt(1, 1, 1) }));
    expect(candidate?.estimate).toMatchObject({ certainty: 'exact', learned: { ratio: 1, samples: 3 } });
  });

  it('that bills lift beyond what can be kept exactly is unknown', () => {
    const list = candidateOf(LITE)?.list;
    const usd = new Big('9e9');
    if (!list) throw new Error('no candidate');
    const dear = { ...list, usd, lowUsd: usd, highUsd: usd };
    const known = (value: number) => {
      const ratio = { value, low: value, high: value, samples: 3, isSettled: false };
      return { ratio, ratioByKind: new Map([[KIND, ratio]]) };
    };
    expect(correctEstimate(dear, known(0.5), KIND)).toMatchObject({ certainty: 'estimated' });
    expect(correctEstimate(dear, known(2), KIND)).toMatchObject({
      usd: null,
      highUsd: null,
      certainty: 'unknown',
    });
  });

  it('that is unknown stays unknown, whatever other clips were billed', () => {
    const upscaler = 'black-forest-labs/flux-video-upscale';
    const spec = {
      prompt: 'x',
      input_references: [{ type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } }],
    } as ClipSpec;
    const candidate = candidateOf(upscaler, knowing({ [upscaler]: billedAt(2, 2, 2) }), spec);
    expect(candidate?.estimate).toMatchObject({ usd: null, highUsd: null, certainty: 'unknown' });
  });

  it('is held against a budget as learned', () => {
    const only = { models: { allow: [LITE] } };
    const double = knowing({ [LITE]: billedAt(2.125, 2.125) });
    expect(route({ ...only, max_cost_usd: 0.2 }).candidates).toHaveLength(1);
    expect(
      route({ ...only, max_cost_usd: 0.2 }, double).rejected.find(({ model }) => model.id === LITE),
    ).toMatchObject({
      reasons: [{ code: 'over_budget', supported: [0.255] }],
    });
    // A promotion moves the likely bill and the rank, never what a cap is compared with: it may be over.
    const promoted = knowing({ [LITE]: billedAt(...Array.from({ length: 20 }, () => 0.4)) });
    const [settled] = route({ ...only }, promoted).candidates;
    expect([settled?.estimate.highUsd, settled?.estimate.ceilingUsd].map((usd) => usd?.toNumber())).toEqual([
      0.048, 0.12,
    ]);
    expect(route({ ...only, max_cost_usd: 0.1 }, promoted)).toMatchObject({
      candidates: [],
      nearest: [{ change: { max_cost_usd: 0.12 }, admits: [LITE], fromUsd: expect.any(Number) }],
    });
  });

  it('takes its likely bill from clips of its kind alone; those of other kinds only widen it', () => {
    const others = Array.from({ length: 2 }, (_, index) =>
      observed(index, { priceKind: 'another', billedMicroUsd: 212_500 }),
    );
    const { estimate } = candidateOf(LITE, knowing({ [LITE]: others })) ?? {};
    expect(estimate).toMatchObject({ certainty: 'estimated' });
    expect(estimate).not.toHaveProperty('learned');
    const { usd, lowUsd, highUsd, ceilingUsd } = estimate ?? {};
    expect([usd, lowUsd, highUsd, ceilingUsd].map((money) => money?.toNumber())).toEqual([
      0.12, 0.12, 0.255, 0.255,
    ]);
  });

  it.each([
    ['three bills of one other client: not at all', billedAt(2, 2, 2), 0.12],
    ['eight bills of one other client', billedAt(2, 2, 2, 2, 2, 2, 2, 2), 0.24],
    [
      'bills of two other clients',
      billedAt(2, 2).map((bill, index) => ({ ...bill, clientId: `client-${index}` })),
      0.24,
    ],
  ])('is moved by %s', (_what, jobs, usd) => {
    const models = new Map([[LITE, learnModel(jobs, NOW, 'agency')]]);
    expect(candidateOf(LITE, { ...NOTHING_KNOWN, models })?.estimate.usd?.toNumber()).toBe(usd);
  });
});

describe('the yardstick for a bill', () => {
  it('is the list’s estimate, a frame more or less', () => {
    expect(yardstickOf(candidateOf(LITE)!.list)).toBe(120_000);
    expect(yardstickOf(candidateOf('bytedance/seedance-2.0-fast')!.list)).toBe(362_880);
  });

  it('is none where the price was left open', () => {
    expect(yardstickOf(candidateOf(LITE, undefined, { prompt: 'x' })!.list)).toBeNull();
  });
});

describe('an expected time', () => {
  it('comes from recordings or from models of its kind on the first day', () => {
    expect(candidateOf(LITE)?.expected).toEqual({ p50S: 41, p90S: 62, source: 'documented', samples: 1 });
    expect(
      candidateOf('kwaivgi/kling-v3.0-pro', undefined, { prompt: 'x', duration: 5 })?.expected,
    ).toMatchObject({
      source: 'class',
      samples: 0,
    });
  });

  it('comes from the arena before that', () => {
    const benchmarks = new Map([[LITE, { quality: 0.6, seconds: 100 }]]);
    const arena = candidateOf(LITE, { ...NOTHING_KNOWN, benchmarks });
    // The arena's clips are 5 s long.
    expect(arena?.expected).toEqual({ p50S: 89, p90S: 134, source: 'benchmark', samples: 0 });
  });

  it('comes from own clips before all, brought to the clip asked for', () => {
    const seen = knowing({ [LITE]: took(...Array.from({ length: 20 }, () => 90)) });
    expect(candidateOf(LITE, seen)?.expected).toMatchObject({ p50S: 90, source: 'observed', samples: 20 });
    const large = candidateOf(LITE, seen, { ...CLIP, duration: 8, resolution: '1080p' });
    expect(large?.expected).toMatchObject({ p50S: 229, source: 'observed', samples: 20 });
  });

  it('is held against a deadline by its slowest tenth', () => {
    const seen = took(...Array.from({ length: 40 }, (_, i) => (i % 6 === 0 ? 200 : 40)));
    const plan = route({ models: { allow: [LITE] }, max_wait_s: 100 }, knowing({ [LITE]: seen }));
    expect(plan.rejected.find(({ model }) => model.id === LITE)?.reasons[0]?.code).toBe('too_slow');
  });
});

describe('quality', () => {
  it('is the operator’s word before the arena’s, and the arena’s before the resolution’s', () => {
    const benchmarks = new Map([[LITE, { quality: 0.7, seconds: null }]]);
    const qualities = new Map([[LITE, 0.2]]);
    expect(candidateOf(LITE, { ...NOTHING_KNOWN, benchmarks, qualities })?.quality).toEqual({
      value: 0.2,
      source: 'quality_file',
    });
    expect(candidateOf(LITE, { ...NOTHING_KNOWN, benchmarks })?.quality).toEqual({
      value: 0.7,
      source: 'benchmark',
    });
    expect(candidateOf(LITE)?.quality).toEqual({ value: 0.375, source: 'resolution' });
  });

  it('without anybody’s word scores as in the guide', () => {
    const qualityScores = (scoring: 'guide' | 'measured') =>
      new Map(route({ scoring }).candidates.map(({ model, scores }) => [model.id, scores.quality]));
    expect(qualityScores('measured')).toEqual(qualityScores('guide'));
  });
});

describe('the choice', () => {
  it('follows the bills', () => {
    const by = { priority: { speed: 0, cost: 1, quality: 0 } } as const;
    const [first, second] = route(by).candidates;
    const dear = knowing({ [first!.model.id]: billedAt(3, 3, 3) });
    expect(route(by, dear).candidates[0]?.model.id).toBe(second?.model.id);
  });

  it('follows the clock', () => {
    const by = { priority: { speed: 1, cost: 0, quality: 0 } } as const;
    const fastest = route(by).candidates[0]!.model.id;
    const slow = knowing({ [fastest]: took(900, 900, 900) });
    expect(route(by, slow).candidates[0]?.model.id).not.toBe(fastest);
  });

  it('takes the cheaper of equals, then the first by id, whatever the order of the catalog', () => {
    const specs = fc.record(
      {
        prompt: fc.constant('x'),
        duration: fc.integer({ min: 1, max: 16 }),
        resolution: fc.constantFrom('480p', '720p', '1080p'),
        generate_audio: fc.boolean(),
      },
      { requiredKeys: ['prompt'] },
    ) as fc.Arbitrary<ClipSpec>;
    const order = fc.shuffledSubarray([...catalog.models], { minLength: catalog.models.length });
    fc.assert(
      fc.property(
        specs,
        order,
        fc.constantFrom('fast_and_cheap', 'quality_and_cost', 'balanced'),
        (spec, models, priority) => {
          const summary = (from: typeof catalog) => {
            const { candidates, why } = planRoute(from, spec, { priority });
            return { why, ranks: candidates.map(({ model, score }) => [model.id, score]) };
          };
          expect(summary({ ...catalog, models })).toEqual(summary(catalog));
          const { candidates } = planRoute(catalog, spec, { priority });
          for (const [index, { score, estimate }] of candidates.entries()) {
            const next = candidates[index + 1];
            if (next?.score !== score) continue;
            expect(estimate.usd?.toNumber() ?? Infinity).toBeLessThanOrEqual(
              next.estimate.usd?.toNumber() ?? Infinity,
            );
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('why', () => {
  const allow = (...ids: string[]): Routing => ({ models: { allow: ids } });

  it('says what the choice has over the rest and what it costs', () => {
    expect(route({ ...allow(LITE, FAST), priority: 'fast_and_cheap' }).why).toBe(
      'cheapest and fastest of 2 that fit; lower in resolution than google/veo-3.1-fast can go',
    );
    const votes = new Map([
      [LITE, { quality: 0.4, seconds: null }],
      [FAST, { quality: 0.6, seconds: null }],
    ]);
    const judged = { ...NOTHING_KNOWN, benchmarks: votes };
    expect(route({ ...allow(LITE, FAST), priority: { speed: 0, cost: 0, quality: 1 } }, judged).why).toBe(
      'best rated of 2 that fit',
    );
    expect(route({ ...allow(LITE, FAST), priority: { speed: 1, cost: 1, quality: 8 } }, judged).why).toBe(
      'best rated of 2 that fit; $0.2 more than google/veo-3.1-lite; 32 s slower than google/veo-3.1-lite',
    );
  });

  it('says of how many the price is not known, and of a choice whose own is not', () => {
    const clip = { prompt: 'x', duration: 5, resolution: '720p' };
    const odd = (model: (typeof catalog.models)[number]) => ({ ...model, priceList: parsePriceList(null) });
    const models = catalog.models.map((model) => (model.id.startsWith('google/') ? model : odd(model)));
    const known = { priority: { speed: 0, cost: 1, quality: 0 } } as const;
    const why = (spec: ClipSpec, routing: Routing) => planRoute({ ...catalog, models }, spec, routing).why;
    expect(why({ ...clip, duration: 4 }, known)).toMatch(
      /^cheapest( and fastest)? of \d+ that fit; the price of \d+ of them is not known/,
    );
    expect(why(clip, allow('alibaba/wan-2.7'))).toBe('the only one of 30 that fits; its price is not known');
    // Also where no other has a price to be compared with, and once for one choice.
    const unpriced = allow('alibaba/wan-2.7', 'alibaba/wan-2.6');
    for (const routing of [unpriced, { ...unpriced, scoring: 'guide' } as const]) {
      expect(why(clip, routing)).toMatch(/ of 2 that fit.*; its price is not known$/);
    }
    const rated: Routing = {
      ...allow('alibaba/wan-2.7', LITE, FAST),
      priority: { speed: 1, cost: 0.01, quality: 0 },
    };
    for (const routing of [rated, { ...rated, scoring: 'guide' } as const]) {
      expect(why(clip, routing)?.match(/its price is not known/g)?.length ?? 0).toBeLessThanOrEqual(1);
    }
  });

  it('says so where nothing else fits, and where the guide’s formula chose', () => {
    expect(route(allow(LITE)).why).toBe('the only one of 30 that fits');
    expect(route({ ...allow(LITE, FAST), scoring: 'guide' }).why).toBe(
      "first of 2 that fit by the formula of OpenRouter's guide",
    );
    expect(route(allow('nobody/nothing')).why).toBeNull();
  });
});
