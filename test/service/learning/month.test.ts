// A small month against the simulator: estimates converge to the bills, and choices follow.

import { expect, it } from 'vitest';
import { octoberCatalog } from '../../support/catalogs.ts';
import {
  DOUBLED,
  meanError,
  PROMOTED,
  PROMOTION_ENDS,
  type Purchase,
  SLOW,
  simulateMonth,
} from '../../support/month.ts';

const billed = (one: Purchase) => one.billedUsd;
const took = (one: Purchase) => one.tookS;

/** Those before which two clips of their kind were bought. */
const afterTwoOfAKind = (purchases: readonly Purchase[]): Purchase[] =>
  purchases.filter(
    (one, index) => purchases.slice(0, index).filter(({ kind }) => kind === one.kind).length >= 2,
  );

it('learns a promotion, a double billing and a slow model from 300 clips', { timeout: 240_000 }, async () => {
  const purchases = await simulateMonth(octoberCatalog(), 300);
  expect(purchases.length).toBeGreaterThan(290);

  const untaught = meanError(purchases, (one) => one.listUsd, billed);
  const taught = meanError(purchases, (one) => one.estimatedUsd, billed);
  expect(untaught).toBeGreaterThan(0.1);
  expect(taught).toBeLessThan(untaught / 4);

  // Until it ends, a promotion makes no estimate wrong after the first two bills for a kind of clip.
  const promoted = purchases.filter(({ model, time }) => model === PROMOTED && time < PROMOTION_ENDS);
  expect(promoted.length).toBeGreaterThan(5);
  expect(meanError(afterTwoOfAKind(promoted), (one) => one.estimatedUsd, billed)).toBeLessThan(0.001);
  const doubled = purchases.filter(({ model }) => model === DOUBLED);
  expect(doubled.length).toBeGreaterThan(3);
  expect(meanError(afterTwoOfAKind(doubled), (one) => one.estimatedUsd, billed)).toBeLessThan(0.001);
  const honest = purchases.filter(({ model }) => model !== PROMOTED && model !== DOUBLED);
  expect(meanError(honest, (one) => one.estimatedUsd, billed)).toBeLessThan(0.02);

  expect(meanError(purchases, (one) => one.expectedS, took)).toBeLessThan(
    0.8 * meanError(purchases, (one) => one.priorS, took),
  );

  // The slow model looks fastest until it is known; the promoted one is only cheap enough once it is.
  const routed = purchases.filter(
    ({ untaught, time }) => untaught !== null && time > 0.1 && time < PROMOTION_ENDS,
  );
  const chosen = (model: string) => routed.filter((one) => one.model === model).length;
  const wouldBe = (model: string) => routed.filter((one) => one.untaught === model).length;
  expect(wouldBe(SLOW)).toBeGreaterThan(5);
  expect(chosen(SLOW)).toBe(0);
  expect(wouldBe(PROMOTED)).toBe(0);
  expect(chosen(PROMOTED)).toBeGreaterThan(5);
});
