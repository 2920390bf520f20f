// The arena is asked seldom, believed where it makes sense, and remembered where it cannot be had.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseBenchmarks } from '../../../src/outbound/openrouter/wire.ts';
import { createBenchmarks } from '../../../src/service/catalog/benchmarks.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

const HOUR = 60 * 60_000;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 1) });
});
afterEach(() => {
  vi.useRealTimers();
});

const rated = (slug: string, elo: unknown, ms: unknown = 60_000) => ({
  model_permaslug: slug,
  elo,
  avg_generation_time_ms: ms,
});

function setUp(answer: () => unknown) {
  const documents = new Map<string, { json: string; savedAt: number }>();
  const loads: number[] = [];
  const create = () =>
    createBenchmarks({
      load: async () => {
        loads.push(Date.now());
        return answer();
      },
      parse: parseBenchmarks,
      store: {
        loadDocument: async (key) => documents.get(key) ?? null,
        saveDocument: async (key, json) => void documents.set(key, { json, savedAt: Date.now() }),
      },
      clock: Date.now,
      random: () => 0,
      log: createRecordedLog(),
    });
  return { create, loads };
}

describe('benchmarks', () => {
  it('are chances to win against the average, and seconds', async () => {
    const feed = setUp(() => ({
      data: [rated('a/good', 1400), rated('a/poor', 1000, 30_000), rated('a/good', 1, 1)],
    })).create();
    expect(await feed.refresh()).toBe(true);
    const known = feed.peek()?.value;
    // The average of the three entries is 800.33.
    expect(known?.get('a/good')).toEqual({ quality: expect.closeTo(0.969, 3), seconds: 60 });
    expect(known?.get('a/poor')).toEqual({ quality: expect.closeTo(0.759, 3), seconds: 30 });
  });

  it('leave open what was not said, and leave out what makes no sense', async () => {
    const feed = setUp(() => ({
      data: [rated('a/b', null, null), rated('a/c', 'high', -1), { elo: 7 }, 'x', rated('a/d', 1200)],
    })).create();
    await feed.refresh();
    expect(feed.peek()?.value).toEqual(
      new Map([
        ['a/b', { quality: null, seconds: null }],
        ['a/c', { quality: null, seconds: null }],
        ['a/d', { quality: 0.5, seconds: 60 }],
      ]),
    );
  });

  it('take a time of more than a day for none', async () => {
    const day = 86_400_000;
    const feed = setUp(() => ({
      data: [rated('a/day', 1200, day), rated('a/more', 1200, day + 1), rated('a/endless', 1200, 1e21)],
    })).create();
    await feed.refresh();
    expect([...(feed.peek()?.value.values() ?? [])].map(({ seconds }) => seconds)).toEqual([
      86_400,
      null,
      null,
    ]);
  });

  it.each([['<html>'], [null], [{ data: [] }], [{ error: { code: 429 } }]])(
    'stay as they were after %j',
    async (bad) => {
      let answer: unknown = { data: [rated('a/b', 1200)] };
      const feed = setUp(() => answer).create();
      await feed.refresh();
      answer = bad;
      expect(await feed.refresh()).toBe(false);
      expect(feed.peek()?.value.size).toBe(1);
    },
  );

  it('are asked for at most every six hours, however often the gateway starts', async () => {
    const { create, loads } = setUp(() => ({ data: [rated('a/b', 1200)] }));
    const first = create();
    await first.start();
    await vi.advanceTimersByTimeAsync(HOUR);
    await first.stop();
    expect(loads).toHaveLength(1);

    const second = create();
    await second.start();
    expect(second.peek()?.value.size).toBe(1);
    await vi.advanceTimersByTimeAsync(48 * HOUR);
    await second.stop();
    const gaps = loads.slice(1).map((at, index) => at - loads[index]!);
    expect(gaps).toHaveLength(8);
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(6 * HOUR);
  });

  it('are asked for again in half an hour where they could not be had', async () => {
    const { create, loads } = setUp(() => {
      throw new Error('rate limited');
    });
    const feed = create();
    await feed.start();
    await vi.advanceTimersByTimeAsync(HOUR);
    await feed.stop();
    expect(loads).toHaveLength(3);
    expect(feed.peek()).toBeNull();
  });
});
