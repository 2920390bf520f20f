// What is kept of a plan: the working of the price and the ranking, within its characters whatever the catalog.

import { Big } from 'big.js';
import { expect, it } from 'vitest';
import type { Candidate } from '../../../src/core/routing/candidate.ts';
import type { Rejected } from '../../../src/core/routing/evaluate.ts';
import {
  MAX_PLAN_CHARACTERS,
  type PurchasePlan,
  writePurchasePlan,
} from '../../../src/core/routing/purchase-plan.ts';

const candidate = (number: number) =>
  ({
    model: { id: `some-author/some-model-with-a-name-${number}` },
    rank: number,
    score: 1 / (number + 2),
    scores: { speed: 1 / 3, cost: 1, quality: 0.5 },
    estimate: {
      usd: new Big('0.3'),
      lowUsd: new Big('0.3'),
      highUsd: new Big('0.4'),
      ceilingUsd: new Big('0.4'),
      certainty: 'estimated',
      learned: { ratio: 1.5, samples: 4 },
      lines: [{ sku: 's', unit: 'second', quantity: 4, unitUsd: new Big('0.05'), usd: new Big('0.2') }],
    },
    expected: { p50S: 40, p90S: 60, source: 'observed', samples: 9 },
  }) as unknown as Candidate;

const rejected = (number: number) =>
  ({
    model: { id: `some-author/another-${number}` },
    reasons: [{ code: 'unsupported_size' }, { code: 'too_slow' }, { code: 'too_slow' }],
  }) as unknown as Rejected;

const many = <T>(count: number, make: (number: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const weights = { speed: 0.5, cost: 0.25, quality: 0.25 };
const [first] = many(1, candidate) as [Candidate];

it('keeps the working of the price, and every model with its place or the reasons against it', () => {
  const ranking = { candidates: many(2, candidate), rejected: many(1, rejected), weights, why: 'cheapest' };
  const plan = JSON.parse(writePurchasePlan(first, 'router', ranking)) as PurchasePlan;
  expect(plan).toMatchObject({
    chosenBy: 'router',
    why: 'cheapest',
    estimate: { usd: 0.3, ceilingUsd: 0.4, learned: { ratio: 1.5 }, lines: [{ unitUsd: 0.05, usd: 0.2 }] },
    weights,
    cut: 0,
  });
  expect(plan.candidates.map(({ model }) => model)).toEqual(ranking.candidates.map(({ model }) => model.id));
  expect(plan.candidates[0]?.scores.speed).toBe(0.3333);
  expect(plan.rejected).toEqual([
    { model: 'some-author/another-0', codes: ['unsupported_size', 'too_slow'] },
  ]);
});

it('has no reason of the router where another chose, and no lists without a ranking', () => {
  const ranking = { candidates: [first], rejected: [], weights, why: 'cheapest' };
  expect(JSON.parse(writePurchasePlan(first, 'quote', ranking))).toMatchObject({ why: null, weights });
  expect(JSON.parse(writePurchasePlan(first, 'order', null))).toMatchObject({
    why: null,
    weights: null,
    candidates: [],
    rejected: [],
  });
});

it.each([
  [20, 1_000],
  [1_000, 20],
  [1_000, 1_000],
])('stays within its characters with %d candidates and %d refused models, the best kept', (fit, cannot) => {
  const ranking = {
    candidates: many(fit, candidate),
    rejected: many(cannot, rejected),
    weights,
    why: 'cheapest',
  };
  const text = writePurchasePlan(first, 'router', ranking);
  expect(text.length).toBeLessThanOrEqual(MAX_PLAN_CHARACTERS);
  const plan = JSON.parse(text) as PurchasePlan;
  expect(plan.candidates[0]?.model).toBe(first.model.id);
  expect(plan.candidates.length + plan.rejected.length + plan.cut).toBe(fit + cannot);
});
