// What is written by hand is JSON, and says what a plan holds.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClipSpec, Routing } from '../../../src/core/clip/clip-spec.ts';
import type { Candidate } from '../../../src/core/routing/candidate.ts';
import { planRoute } from '../../../src/core/routing/plan-route.ts';
import { renderEstimate } from '../../../src/http/api/render.ts';
import { writeRanking } from '../../../src/http/api/route-text.ts';
import { octoberCatalog } from '../../support/catalogs.ts';

const catalog = octoberCatalog();

const toAnswer = ({ model, rank, score, scores, quality, expected, estimate, ...rest }: Candidate) => ({
  model: model.id,
  rank,
  score,
  scores,
  ...(rest.lowestAdvertisedPrice === undefined
    ? {}
    : { lowest_advertised_price: rest.lowestAdvertisedPrice }),
  quality: { value: Number(quality.value.toFixed(3)), source: quality.source },
  estimate: renderEstimate(estimate),
  expected_s: {
    p50: expected.p50S,
    p90: expected.p90S,
    source: expected.source,
    samples: expected.samples,
  },
});

const specs = fc.record(
  {
    duration: fc.constantFrom(4, 5, 60),
    resolution: fc.constantFrom('480p', '720p', '4K', '8K'),
    generate_audio: fc.boolean(),
    seed: fc.constant(7),
    provider: fc.constantFrom({ options: { xai: { 'a "quoted" key\u2028': 1 } } }),
  },
  { requiredKeys: [] },
);
const routings = fc.record(
  {
    scoring: fc.constantFrom<Routing['scoring']>('guide', 'measured'),
    priority: fc.constantFrom<Routing['priority']>('balanced', {
      speed: 1,
      cost: 0,
      quality: 2,
      reliability: 3,
    }),
    max_cost_usd: fc.constantFrom(0.2, 1),
    models: fc.constantFrom<Routing['models']>({ deny: ['google/*'] }),
  },
  { requiredKeys: [] },
);

describe('a ranking in JSON', () => {
  it('is the plan, member by member', () => {
    fc.assert(
      fc.property(specs, routings, (asked, routing) => {
        const spec: ClipSpec = { prompt: 'x', ...asked };
        const plan = planRoute(catalog, spec, routing);
        const { candidates, rejected } = writeRanking(plan);
        expect(candidates).toBe(JSON.stringify(plan.candidates.map((one) => toAnswer({ ...one }))));
        expect(JSON.parse(rejected)).toEqual(
          plan.rejected.map(({ model, reasons }) => ({ model: model.id, reasons })),
        );
      }),
    );
  });

  it('writes of each what is its own, however like the one before it is', () => {
    const [best] = planRoute(catalog, { prompt: 'x', duration: 5 }, {}).candidates;
    if (!best) throw new Error('no candidate');
    const { scores, quality, expected, estimate } = best;
    const unlike: Partial<Candidate>[] = [
      {},
      { rank: 2 },
      { score: 0.123 },
      { scores: { ...scores, speed: 0.123 } },
      { scores: { ...scores, cost: 0.123 } },
      { scores: { ...scores, quality: 0.123 } },
      { scores: { ...scores, reliability: 0.123 } },
      { lowestAdvertisedPrice: 0.123 },
      { lowestAdvertisedPrice: null },
      { quality: { ...quality, value: 0.123 } },
      { quality: { ...quality, source: 'quality_file' } },
      { expected: { ...expected, p50S: 7 } },
      { expected: { ...expected, p90S: 7000 } },
      { expected: { ...expected, source: 'observed' } },
      { expected: { ...expected, samples: 7 } },
      { estimate: { ...estimate, learned: { ratio: 2, samples: 7 } } },
    ];
    const candidates = unlike.flatMap((own) => [best, { ...best, ...own }]);
    const { candidates: text } = writeRanking({ ...planRoute(catalog, { prompt: 'x' }, {}), candidates });
    expect(JSON.parse(text)).toEqual(candidates.map(toAnswer));
  });

  it('has null where a number is none', () => {
    const plan = planRoute(catalog, { prompt: 'x' }, {});
    const [best] = plan.candidates;
    if (!best) throw new Error('no candidate');
    const odd = { ...best, score: Number.NaN };
    expect(JSON.parse(writeRanking({ ...plan, candidates: [odd] }).candidates)).toMatchObject([
      { score: null },
    ]);
  });
});
