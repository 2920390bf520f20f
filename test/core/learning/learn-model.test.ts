// What jobs teach: promotions and double bills from few of them, nothing from an odd one, and the end of either.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kindOf, learnModel, OBSERVATIONS_PER_MODEL } from '../../../src/core/learning/learn-model.ts';
import { billedAt, NOW, observed, took } from '../../support/observations.ts';

const times = (count: number, value: number): number[] => Array.from({ length: count }, () => value);
const ratioOf = (...ratios: number[]) => learnModel(billedAt(...ratios), NOW, 'studio').ratio;
const DAY = 24 * 60 * 60 * 1000;

describe('the ratio of bills to the list', () => {
  it.each<[string, number[], number]>([
    ['nothing', [], 1],
    ['bills as listed', times(9, 1), 1],
    ['one bill, which may be odd', [0.4], 1],
    ['two bills of a promotion', [0.4, 0.4], 0.4],
    ['two double bills', [2.125, 2.125], 2.125],
    ['a double bill and a promotion, which agree on nothing', [2.125, 0.4], 1],
    ['an odd bill among many', [...times(12, 1), 5], 1],
    ['an odd bill in the middle of a promotion', [...times(8, 0.4), 3, ...times(2, 0.4)], 0.4],
    ['two odd bills in a row among many', [...times(12, 1), 5, 7], 1],
    ['a promotion that begins: five bills', [...times(20, 1), ...times(5, 0.4)], 1],
    ['a promotion that has begun: six bills', [...times(20, 1), ...times(6, 0.4)], 0.4],
    ['a promotion that ends: two bills', [...times(20, 0.4), ...times(2, 1)], 0.4],
    ['a promotion that has ended: three bills', [...times(20, 0.4), ...times(3, 1)], 1],
    ['a frame more on some jobs', [1.0104, 1, 1.0104, 1, 1, 1.0104], 1],
    ['a bill a thousand times too high, over and over', times(9, 1000), 20],
  ])('from %s', (_name, ratios, ratio) => {
    expect(ratioOf(...ratios).value).toBe(ratio);
  });

  it('ranges as far as recent bills do, whatever the likeliest is', () => {
    expect(ratioOf(...times(9, 1))).toMatchObject({ low: 1, high: 1 });
    // One bill is not yet believed, but a budget had better know of it.
    expect(ratioOf(2.125)).toMatchObject({ value: 1, low: 1, high: 2.125, samples: 1 });
    // Two at the old price: a budget is careful before the estimate is moved.
    expect(ratioOf(...times(20, 0.4), 1, 1)).toMatchObject({ value: 0.4, low: 0.4, high: 1 });
    expect(ratioOf(...times(20, 1), 9)).toMatchObject({ value: 1, low: 1, high: 1 });
  });

  it('takes no evidence from keys of one’s own, bills of nothing, or clips that failed', () => {
    const none = [
      { isByok: true },
      { billedMicroUsd: null },
      { billedMicroUsd: 0 },
      { listMicroUsd: null },
      { listMicroUsd: 0 },
      { status: 'failed' as const },
    ].flatMap((what, index) => [
      observed(2 * index, { billedMicroUsd: 40_000, ...what }),
      observed(2 * index + 1, { billedMicroUsd: 40_000, ...what }),
    ]);
    expect(learnModel(none, NOW, 'studio').ratio).toMatchObject({ value: 1, low: 1, high: 1, samples: 0 });
  });

  it('lets what is long past fade into the list', () => {
    const bills = billedAt(0.4, 0.4, 0.4);
    expect(learnModel(bills, NOW, 'studio').ratio.value).toBe(0.4);
    expect(learnModel(bills, NOW + 80 * DAY, 'studio').ratio.value).toBe(1);
  });

  it('stays between the lowest and the highest of the bills and the list, in whatever order they are told', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.06, max: 19, noNaN: true }), { maxLength: 90 }), (ratios) => {
        const bills = billedAt(...ratios);
        const { value, low, high, samples } = learnModel(bills, NOW, 'studio').ratio;
        const latest = ratios.slice(-OBSERVATIONS_PER_MODEL);
        expect(low).toBeGreaterThanOrEqual(Math.min(1, ...latest) - 1e-3);
        expect(high).toBeLessThanOrEqual(Math.max(1, ...latest) + 1e-3);
        expect(low).toBeLessThanOrEqual(value);
        expect(high).toBeGreaterThanOrEqual(value);
        expect(samples).toBe(latest.length);
        expect(learnModel([...bills].reverse(), NOW)).toEqual(learnModel(bills, NOW));
      }),
    );
  });

  it('is not moved by one bill of any size among bills that agree', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        fc.double({ min: 0.001, max: 1000, noNaN: true }),
        fc.integer({ min: 4, max: 60 }),
        fc.nat(),
        (agreed, odd, count, place) => {
          const ratios = times(count, agreed);
          const without = ratioOf(...ratios).value;
          ratios.splice(place % (count + 1), 0, odd);
          expect(ratioOf(...ratios).value).toBe(without);
        },
      ),
    );
  });
});

describe('how long clips take', () => {
  it('is not known from one clip', () => {
    expect(learnModel(took(90), NOW).speed).toBeNull();
  });

  it('is learned from two', () => {
    expect(learnModel(took(90, 90), NOW).speed).toMatchObject({ band: { low: 90, high: 90 }, samples: 2 });
  });

  it('brings other lengths and resolutions to the base clip', () => {
    const clips = [
      observed(1, { durationS: 16, resolution: '720p', tookMs: 120_000 }),
      observed(2, { durationS: 4, resolution: '1080p', tookMs: 108_000 }),
      observed(3, { durationS: null, resolution: null, tookMs: 60_000 }),
    ];
    expect(learnModel(clips, NOW).speed?.band).toEqual({ low: 60, high: 60 });
  });

  it('knows kinds of clip apart that were made often enough', () => {
    const clips = [
      ...Array.from({ length: 5 }, (_, i) => observed(i, { resolution: '480p', tookMs: 4_000 })),
      ...Array.from({ length: 4 }, (_, i) => observed(10 + i, { tookMs: 50_000 })),
    ];
    const { speedByKind } = learnModel(clips, NOW);
    expect([...speedByKind.keys()]).toEqual([kindOf(4, '480p')]);
    expect(speedByKind.get(kindOf(4, '480p'))?.band).toEqual({ low: 4, high: 4 });
  });

  it('believes a model that became slow after ten clips, and no single slow one', () => {
    const high = (...seconds: number[]) => learnModel(took(...seconds), NOW).speed?.band.high;
    expect(high(...times(30, 40), 4000)).toBe(40);
    expect(high(...times(30, 40), ...times(10, 400))).toBe(400);
  });

  it('sees a longer tail where every sixth clip is slow, and the usual one where little was seen', () => {
    const even = learnModel(took(...times(40, 50)), NOW).speed?.tail ?? 0;
    const uneven = learnModel(took(...times(40, 50).map((s, i) => (i % 6 === 0 ? 4 * s : s))), NOW).speed;
    expect(even).toBeGreaterThan(1);
    expect(even).toBeLessThan(1.1);
    expect(uneven?.tail).toBeGreaterThan(3);
    const little = learnModel(took(50, 50), NOW).speed?.tail ?? 0;
    expect(little).toBeGreaterThan(1.15);
    expect(little).toBeLessThan(1.5);
  });

  it('is not learned from clips that failed or whose end nobody watched', () => {
    const clips = [
      observed(1, { status: 'failed', tookMs: 1 }),
      observed(2, { status: 'expired', tookMs: 7_200_000 }),
      observed(3, { tookMs: null }),
    ];
    expect(learnModel([...clips, ...clips], NOW).speed).toBeNull();
  });
});

describe('how often there is a clip in the end', () => {
  const rate = (...statuses: ('completed' | 'failed' | 'expired' | 'cancelled')[]) =>
    learnModel(
      statuses.map((status, index) => observed(index, { status })),
      NOW,
    ).success;

  it('is believed to be nearly always, then counted', () => {
    expect(rate()).toEqual({ rate: 0.95, samples: 0 });
    expect(rate('failed').rate).toBeCloseTo(0.76, 3);
    expect(rate(...Array.from({ length: 60 }, () => 'completed' as const)).rate).toBeGreaterThan(0.99);
    expect(rate(...Array.from({ length: 60 }, () => 'expired' as const)).rate).toBeLessThan(0.15);
  });

  it('does not count what was called off', () => {
    expect(rate('cancelled', 'cancelled')).toEqual({ rate: 0.95, samples: 0 });
  });
});
