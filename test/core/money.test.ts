// Money keeps its last micro-dollar: roundings go the way they say, and upstream's floats do not drift.
import { Big } from 'big.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fitsMicroUsd,
  fromMicroUsd,
  parseUsageCost,
  toMicroUsd,
  toMicroUsdHold,
} from '../../src/core/money.ts';

describe('dollars to micro-dollars', () => {
  test.each([
    ['0.12', 120_000, 120_000],
    ['0.4838400', 483_840, 483_840],
    ['0.0000004', 0, 1],
    ['0.0000005', 1, 1],
    ['0.1357996', 135_800, 135_800],
    ['0.1357991', 135_799, 135_800],
    ['1.0000000000000000001', 1_000_000, 1_000_001],
    ['0', 0, 0],
  ])('%s is stored as %d and held as %d', (usd, stored, held) => {
    expect(toMicroUsd(new Big(usd))).toBe(stored);
    expect(toMicroUsdHold(new Big(usd))).toBe(held);
  });

  test.each([
    ['9007199254.740991', true],
    ['9007199254.7409911', false],
    ['1e30', false],
    ['0', true],
  ])('%s can be kept exactly: %s', (usd, fits) => {
    expect(fitsMicroUsd(new Big(usd))).toBe(fits);
    for (const convert of [toMicroUsd, toMicroUsdHold])
      if (fits) expect(() => convert(new Big(usd))).not.toThrow();
  });

  test('a hold is never below the amount, and never a whole micro-dollar above it', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (usd) => {
        const excess = new Big(toMicroUsdHold(new Big(usd))).minus(new Big(usd).times(1_000_000));
        expect(excess.gte(0) && excess.lt(1)).toBe(true);
      }),
    );
  });

  test('an amount beyond exact integers is refused, not rounded', () => {
    expect(() => toMicroUsd(new Big('9007199254.740993'))).toThrow(RangeError);
    expect(() => toMicroUsdHold(new Big('1e30'))).toThrow(RangeError);
  });
});

describe('micro-dollars to JSON', () => {
  test.each([
    [120_000, '0.12'],
    [457_380, '0.45738'],
    [1, '0.000001'],
    [300_000, '0.3'],
    [0, '0'],
  ])('%d prints as %s', (micro, printed) => {
    expect(JSON.stringify(fromMicroUsd(micro))).toBe(printed);
  });

  test('there and back is the same amount', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e11 }), (micro) => {
        expect(parseUsageCost(fromMicroUsd(micro))).toBe(micro);
      }),
    );
  });
});

describe('usage.cost', () => {
  test.each([
    [0.1358, 135_800],
    [0.1 + 0.2, 300_000],
    // 0.0000015 x 1e6 is 1.4999999999999998 in binary floats, which would round down.
    [0.0000015, 2],
    [1.0000005, 1_000_001],
    [0, 0],
    [3e-7, 0],
  ])('%d is %d micro-dollars', (cost, micro) => {
    expect(parseUsageCost(cost)).toBe(micro);
  });

  test.each([[null], [undefined], [NaN], [Infinity], [-0.01], [100_001], [9e9], [1e300]])(
    '%s is unknown, not zero',
    (cost) => {
      expect(parseUsageCost(cost)).toBeNull();
    },
  );
});
