// What holds of every estimate, whatever the model, the price list and the clip.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PricedClip, PricedModel } from '../../../src/core/pricing/assumptions.ts';
import { type Estimate, estimateClip } from '../../../src/core/pricing/estimate.ts';
import { parsePriceList } from '../../../src/core/pricing/sku-grammar.ts';
import { asPriced, clipOf, GUIDE, LIVE, modelWith, readCatalog } from './catalogs.ts';

const TIERS = ['480p', '720p', '1080p', '4k'];
const liveModel = fc.constantFrom(...[...readCatalog(LIVE), ...readCatalog(GUIDE)].map(asPriced));

const price = fc.integer({ min: 1, max: 99_999 }).map((n) => (n / 10_000).toString());
const tier = fc.constantFrom('', ...TIERS.map((name) => `_${name}`));
const baseKey = (unit: string) =>
  fc
    .tuple(
      fc.constantFrom('', 'text_to_video_', 'image_to_video_', 'reference_'),
      tier,
      fc.constantFrom('', '_with_video_input'),
    )
    .map(([mode, resolution, input]) => `${mode}${unit}${resolution}${input}`);
const extras = fc.dictionary(
  fc.constantFrom(
    'cents_per_image_input',
    'reference_images',
    'minimum_cents_per_generation',
    'duration_seconds_odd_4k',
  ),
  fc.oneof(price, fc.constant('free')),
  { maxKeys: 2 },
);

/** Lists of one unit with any mixture of modes, tiers, extras, strange keys and bad values. */
const anyList = fc
  .constantFrom('duration_seconds', 'video_tokens', 'cents_per_second_output')
  .chain((unit) =>
    fc.tuple(
      fc.dictionary(
        baseKey(unit),
        fc.oneof({ weight: 9, arbitrary: price }, { weight: 1, arbitrary: fc.constant('?') }),
      ),
      extras,
    ),
  )
  .map(([base, more]): Record<string, string> => ({ ...base, ...more }));

const anyModel: fc.Arbitrary<PricedModel> = fc.oneof(
  liveModel,
  fc
    .tuple(
      anyList,
      fc.constantFrom(true, false, null),
      fc.constantFrom(null, ['720p'], ['480p', '1080p', '4K']),
    )
    .map(([skus, generateAudio, resolutions]) => modelWith(skus, { generateAudio, resolutions })),
);

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const anyClip: fc.Arbitrary<PricedClip> = fc
  .record({
    duration: maybe(fc.integer({ min: 1, max: 30 })),
    resolution: maybe(fc.constantFrom(...TIERS, '768p', '2K')),
    aspect_ratio: maybe(fc.constantFrom('16:9', '9:16', '1:1', '4:3', '21:9', '9:21', '3:2', 'adaptive')),
    size: maybe(fc.constantFrom('1280x720', '480x480', '1112x834', '1080x1920', '5040x2160')),
    generate_audio: maybe(fc.boolean()),
    frames: fc.integer({ min: 0, max: 2 }),
    imageReferences: fc.integer({ min: 0, max: 2 }),
    videoReferences: fc.integer({ min: 0, max: 1 }),
    audioReferences: fc.integer({ min: 0, max: 1 }),
    continuation: fc.boolean(),
  })
  .map(clipOf);

function amounts({ lowUsd, usd, highUsd }: Estimate) {
  return lowUsd && usd && highUsd ? ([lowUsd, usd, highUsd] as const) : null;
}

test('the lines add up to the total, each is its quantity times its price, and low <= usd <= high', () => {
  let priced = 0;
  fc.assert(
    fc.property(anyModel, anyClip, (model, clip) => {
      const estimate = estimateClip(model, clip);
      const found = amounts(estimate);
      if (found === null) return;
      priced++;
      const [low, usd, high] = found;
      const [first, ...rest] = estimate.lines.map((line) => line.usd);
      expect(rest.reduce((sum, amount) => sum.plus(amount), first!).eq(usd)).toBe(true);
      for (const line of estimate.lines) expect(line.unitUsd.times(line.quantity).eq(line.usd)).toBe(true);
      expect(low.lte(usd) && usd.lte(high)).toBe(true);
      expect(estimate.certainty === 'exact').toBe(!/token/.test(estimate.lines[0]!.unit) && low.eq(high));
    }),
    { numRuns: 2000 },
  );
  expect(priced).toBeGreaterThan(500);
});

test('unknown is null in all three amounts with a reason and no lines; and nothing unknown is ever zero', () => {
  let unknown = 0;
  fc.assert(
    fc.property(anyModel, anyClip, (model, clip) => {
      const { usd, lowUsd, highUsd, certainty, lines, reason } = estimateClip(model, clip);
      const nulls = [usd, lowUsd, highUsd].filter((amount) => amount === null).length;
      expect(nulls).toBe(certainty === 'unknown' ? 3 : 0);
      expect(lines.length === 0).toBe(certainty === 'unknown');
      expect(typeof reason).toBe(certainty === 'unknown' ? 'string' : 'undefined');
      // No price in these lists is zero, so no clip is free.
      if (lowUsd) expect(lowUsd.gt(0)).toBe(true);
      else unknown++;
    }),
    { numRuns: 2000 },
  );
  expect(unknown).toBeGreaterThan(200);
});

test('more seconds never cost less', () => {
  fc.assert(
    fc.property(
      anyModel,
      anyClip,
      fc.integer({ min: 1, max: 29 }),
      fc.integer({ min: 1, max: 30 }),
      (model, clip, one, more) => {
        const short = amounts(estimateClip(model, { ...clip, duration: one }));
        const long = amounts(estimateClip(model, { ...clip, duration: one + more }));
        expect(short === null).toBe(long === null);
        if (short === null || long === null) return;
        for (const [at, amount] of short.entries()) expect(long[at]!.gte(amount)).toBe(true);
      },
    ),
    { numRuns: 2000 },
  );
});

test('sound is never cheaper than silence', () => {
  // The list itself must say so: its prices with sound are no lower than any other, those for silence no higher.
  const ordered = fc
    .tuple(fc.dictionary(baseKey('video_tokens'), price), tier, tier, fc.boolean(), fc.boolean())
    .map(([base, loud, quiet, hasLoud, hasQuiet]) => {
      const skus: Record<string, string> = { video_tokens: '5', ...base };
      if (hasLoud) skus[`video_tokens_with_audio${loud}`] = '10';
      if (hasQuiet) skus[`video_tokens_without_audio${quiet}`] = '0.00001';
      return modelWith(skus);
    });
  fc.assert(
    fc.property(fc.oneof(liveModel, ordered), anyClip, (model, clip) => {
      const silent = amounts(estimateClip(model, { ...clip, generate_audio: false }));
      const loud = amounts(estimateClip(model, { ...clip, generate_audio: true }));
      if (silent === null || loud === null) return;
      for (const [at, amount] of silent.entries()) expect(loud[at]!.gte(amount)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test('a choice left open covers every choice that closes it', () => {
  fc.assert(
    fc.property(liveModel, anyClip, fc.nat(), fc.nat(), (model, clip, someDuration, someTier) => {
      const open = { ...clip, duration: undefined, resolution: undefined, size: undefined };
      const range = amounts(estimateClip(model, open));
      if (range === null || model.durations === null || model.resolutions === null) return;
      const closed = amounts(
        estimateClip(model, {
          ...open,
          duration: model.durations[someDuration % model.durations.length],
          resolution: model.resolutions[someTier % model.resolutions.length],
        }),
      );
      expect(closed).not.toBeNull();
      expect(closed![0].gte(range[0]) && closed![2].lte(range[2])).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test('the order of the keys in a list changes nothing', () => {
  fc.assert(
    fc.property(anyList, anyClip, (skus, clip) => {
      const reversed = Object.fromEntries(Object.entries(skus).reverse());
      const one = estimateClip(modelWith(skus), clip);
      const other = estimateClip(modelWith({}, { priceList: parsePriceList(reversed) }), clip);
      expect(other.usd?.toFixed()).toBe(one.usd?.toFixed());
      expect(other.highUsd?.toFixed()).toBe(one.highUsd?.toFixed());
    }),
  );
});

test('every live model whose length can be chosen has a price for every length, tier and ratio it offers', () => {
  for (const entry of [...readCatalog(LIVE), ...readCatalog(GUIDE)]) {
    const model = asPriced(entry);
    const priceable = model.durations !== null;
    for (const resolution of model.resolutions ?? ['720p']) {
      for (const aspect_ratio of model.aspectRatios ?? ['16:9']) {
        for (const generate_audio of [true, false]) {
          const clip = clipOf({ duration: model.durations?.[0], resolution, aspect_ratio, generate_audio });
          const { usd, reason } = estimateClip(model, clip);
          expect({ id: entry.id, resolution, priced: usd !== null, reason }).toMatchObject({
            priced: priceable,
          });
        }
      }
    }
  }
});
