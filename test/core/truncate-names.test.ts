// Names of the caller's making, told back in short.

import { expect, it } from 'vitest';
import { truncateNames } from '../../src/core/truncate-names.ts';

it('leaves names as they are up to 100 characters, and lists up to 20', () => {
  const names = Array.from({ length: 20 }, (_, index) => `${index}`.padEnd(100, 'x'));
  expect(truncateNames(names)).toEqual(names);
});

it('cuts a longer name, and no pair in two', () => {
  expect(truncateNames(['x'.repeat(101)])).toEqual([`${'x'.repeat(100)}…`]);
  expect(truncateNames([`${'x'.repeat(99)}😀`])).toEqual([`${'x'.repeat(99)}…`]);
});

it('counts those it does not list', () => {
  const told = truncateNames(Array.from({ length: 10_000 }, (_, index) => `n${index}`));
  expect(told).toHaveLength(21);
  expect(told.at(-1)).toBe('and 9980 more');
});
