// One read for many, and never one that began before the question.

import { expect, it } from 'vitest';
import { singleFlight } from '../../../src/service/jobs/single-flight.ts';

function setUp() {
  const reads: string[] = [];
  let value = 0;
  const read = singleFlight(
    (name: string) => name,
    async (name) => {
      reads.push(name);
      const seen = value;
      await Promise.resolve();
      return seen;
    },
  );
  return { reads, read, change: () => ++value };
}

it('reads once for all who are told together, and once for each thing asked for', async () => {
  const { reads, read } = setUp();
  const told = Promise.resolve();
  const hear = async (name: string) => {
    await told;
    return read(name);
  };
  await Promise.all([...Array.from({ length: 2_000 }, () => hear('a')), hear('b')]);
  expect(reads).toEqual(['a', 'b']);
});

it('reads again for whoever asks after a change, although an earlier read is still under way', async () => {
  const { reads, read, change } = setUp();
  const before = read('a');
  await Promise.resolve();
  change();
  const after = read('a');
  expect(await Promise.all([before, after])).toEqual([0, 1]);
  expect(reads).toEqual(['a', 'a']);
});

it('fails all who asked together, and nobody after them', async () => {
  let fails = true;
  const read = singleFlight(
    (name: string) => name,
    async () => {
      if (fails) throw new Error('away');
      return 'here';
    },
  );
  const both = await Promise.allSettled([read('a'), read('a')]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fails = false;
  expect(await read('a')).toBe('here');
});
