// Measured scoring: each trait against the best of the field, whatever the field looks like.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { weightsOf } from '../../../../src/core/routing/score/guide.ts';
import { type Measured, scoreMeasured } from '../../../../src/core/routing/score/measured.ts';

const measured = (usd: number | null, p50S = 60, value = 0.5, successRate = 0.95): Measured => ({
  usd,
  p50S,
  quality: { value, source: 'benchmark' },
  successRate,
});

const BALANCED = weightsOf('balanced');
const costs = (...usd: (number | null)[]) =>
  scoreMeasured(
    usd.map((one) => measured(one)),
    BALANCED,
  ).map(({ scores }) => scores.cost);

const field: fc.Arbitrary<Measured[]> = fc.array(
  fc.record({
    usd: fc.option(fc.integer({ min: 0, max: 100_000_000 }).map((micro) => micro / 1_000_000)),
    p50S: fc.integer({ min: 1, max: 10_000 }),
    quality: fc.record({
      value: fc.double({ min: 0, max: 1, noNaN: true }),
      source: fc.constantFrom('benchmark' as const, 'resolution' as const),
    }),
    successRate: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { minLength: 1, maxLength: 12 },
);
const share = fc.integer({ min: 0, max: 10 });
const weights = fc
  .record({ speed: share, cost: share, quality: share, reliability: share })
  .filter(({ speed, cost, quality, reliability }) => speed + cost + quality + reliability > 0)
  .map(weightsOf);

describe('a measured score', () => {
  it.each<[string, (number | null)[], number[]]>([
    ['half as dear is twice as good', [0.1, 0.2, 0.4], [1, 0.5, 0.25]],
    ['a costly model does not make the rest look alike', [0.1, 0.2, 50], [1, 0.5, 0.002]],
    ['alone, a model is the best there is', [7], [1]],
    ['unknown is not free', [null, 0.1], [0, 1]],
    ['unknown alone is still unknown', [null], [0]],
    ['free is a hundredth of a cent', [0, 0.0002], [1, 0.5]],
    ['as dear as each other, as good as each other', [0.3, 0.3], [1, 1]],
  ])('of cost: %s', (_name, usd, expected) => {
    expect(costs(...usd)).toEqual(expected);
  });

  it('is the weighted sum of its parts', () => {
    const [best, other] = scoreMeasured(
      [measured(0.1, 40, 0.4, 1), measured(0.2, 80, 0.8, 0.5)],
      weightsOf({ speed: 1, cost: 1, quality: 1, reliability: 1 }),
    );
    expect(best).toMatchObject({ score: 0.875, scores: { speed: 1, cost: 1, quality: 0.5, reliability: 1 } });
    expect(other).toMatchObject({
      score: 0.625,
      scores: { speed: 0.5, cost: 0.5, quality: 1, reliability: 0.5 },
    });
  });

  it('counts reliability only where it has a weight', () => {
    const both = [measured(0.1, 60, 0.5, 1), measured(0.1, 60, 0.5, 0.1)];
    const [one, other] = scoreMeasured(both, BALANCED).map(({ score }) => score);
    expect(one).toBe(other);
  });

  it('and its parts are between 0 and 1', () => {
    fc.assert(
      fc.property(field, weights, (models, given) => {
        for (const { score, scores } of scoreMeasured(models, given)) {
          for (const value of [score, ...Object.values(scores)]) {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1);
          }
        }
      }),
    );
  });

  it('is the same whatever the order of the models', () => {
    fc.assert(
      fc.property(field, weights, (models, given) => {
        expect(scoreMeasured([...models].reverse(), given).reverse()).toEqual(scoreMeasured(models, given));
      }),
    );
  });

  it('never falls for a price that does', () => {
    fc.assert(
      fc.property(
        field,
        weights,
        fc.nat(),
        fc.integer({ min: 0, max: 999 }),
        (models, given, place, permille) => {
          const index = place % models.length;
          const model = models[index];
          if (!model?.usd) return;
          const cheaper = models.with(index, { ...model, usd: (model.usd * permille) / 1000 });
          const before = scoreMeasured(models, given)[index]!;
          const after = scoreMeasured(cheaper, given)[index]!;
          expect(after.scores.cost).toBeGreaterThanOrEqual(before.scores.cost);
          expect(after.score).toBeGreaterThanOrEqual(before.score);
        },
      ),
    );
  });

  it('gives 0 for a cost that is not known, and for no other in sight of a fair one', () => {
    fc.assert(
      fc.property(field, (models) => {
        scoreMeasured(models, BALANCED).forEach(({ scores }, index) => {
          if (models[index]?.usd === null) expect(scores.cost).toBe(0);
        });
        const known = models.filter(({ usd }) => usd !== null);
        if (known.length === 0) return;
        expect(Math.max(...scoreMeasured(models, BALANCED).map(({ scores }) => scores.cost))).toBe(1);
      }),
    );
  });
});
