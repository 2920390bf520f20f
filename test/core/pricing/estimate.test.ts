// How an estimate treats lists that do not occur live, keys it cannot read, and what is missing.
import { describe, expect, test } from 'vitest';
import type { PricedClip, PricedModel } from '../../../src/core/pricing/assumptions.ts';
import { estimateClip } from '../../../src/core/pricing/estimate.ts';
import { clipOf, modelWith } from './catalogs.ts';

const FIVE_720 = { duration: 5, resolution: '720p', aspect_ratio: '16:9' };

/** Usd, low and high as text, or the reason there are none. */
function cost(
  skus: Record<string, string>,
  spec: Partial<PricedClip> = FIVE_720,
  changes: Partial<PricedModel> = {},
) {
  const { usd, lowUsd, highUsd, reason } = estimateClip(modelWith(skus, changes), clipOf(spec));
  return usd === null ? reason : [usd.toFixed(), lowUsd?.toFixed(), highUsd?.toFixed()];
}
const exactly = (usd: string) => [usd, usd, usd];

describe('units that are documented or live elsewhere', () => {
  test('per generation: the length does not matter, even where it is not known', () => {
    expect(cost({ generate: '0.5' })).toEqual(exactly('0.5'));
    expect(cost({ generate: '0.5' }, {}, { durations: null })).toEqual(exactly('0.5'));
  });

  test('per video second, tiered and not', () => {
    const skus = { 'per-video-second': '0.1', 'per-video-second-1080p': '0.3' };
    expect(cost(skus)).toEqual(exactly('0.5'));
    expect(cost(skus, { ...FIVE_720, resolution: '1080p' })).toEqual(exactly('1.5'));
  });

  test('per megapixel-second, by creativity', () => {
    const skus = { cents_per_megapixel_second_precise: '7.5', cents_per_megapixel_second_creative: '10.5' };
    // 1280 x 720 x 5 / 1e6 = 4.608 megapixel-seconds.
    expect(cost(skus, { ...FIVE_720, creativity: 0 })).toEqual(exactly('0.3456'));
    expect(cost(skus, { ...FIVE_720, creativity: 1 })).toEqual(exactly('0.48384'));
    expect(cost(skus)).toEqual(['0.3456', '0.3456', '0.48384']);
    expect(cost(skus, FIVE_720, { upscaleFactor: { min: 2, max: 4 } })).toMatch(/size of the output/);
  });

  test('a price for sound alone says nothing of silence', () => {
    expect(cost({ cents_per_second_with_audio: '9' })).toEqual(exactly('0.45'));
    expect(cost({ cents_per_second_with_audio: '9' }, { ...FIVE_720, generate_audio: false })).toMatch(
      /without sound/,
    );
  });
});

describe('the minimum', () => {
  const skus = {
    cents_per_second_output: '28',
    cents_per_image_input: '10',
    minimum_cents_per_generation: '56',
  };

  test('lifts what is below it, images included, and leaves what is above', () => {
    expect(cost(skus, { duration: 1 })).toEqual(exactly('0.56'));
    expect(cost(skus, { duration: 1, frames: 1 })).toEqual(exactly('0.56'));
    expect(cost(skus, { duration: 1, frames: 2, imageReferences: 2 })).toEqual(['0.68', '0.56', '0.68']);
    expect(cost(skus, { duration: 2, frames: 1 })).toEqual(exactly('0.66'));
  });

  test('shows what was missing as a line of its own', () => {
    const { lines } = estimateClip(modelWith(skus), clipOf({ duration: 1 }));
    expect(lines.map(({ unit, quantity, usd }) => [unit, quantity, usd.toFixed()])).toEqual([
      ['second', 1, '0.28'],
      ['generation_minimum', 1, '0.28'],
    ]);
  });
});

describe('a key that is not understood', () => {
  const skus = { duration_seconds: '0.1', duration_seconds_hdr_4k: '0.9' };

  test('makes the estimate unknown only where it could apply', () => {
    expect(cost(skus)).toEqual(exactly('0.5'));
    expect(cost(skus, { ...FIVE_720, resolution: '4K' })).toMatch(
      /duration_seconds_hdr_4k is not understood/,
    );
    expect(cost({ duration_seconds: '0.1', hdr_surcharge: '0.2' })).toMatch(/hdr_surcharge/);
  });

  test('is not excused by a phrase that a strange word may have turned into another', () => {
    const input = { video_tokens: '0.000001', video_tokens_with_audio_input: '0.000002' };
    expect(cost(input, { ...FIVE_720, generate_audio: false, audioReferences: 1 })).toMatch(
      /with_audio_input/,
    );
  });

  test('with a resolution left open it could apply if any choice could meet it', () => {
    const open = { duration: 5 };
    expect(cost(skus, open)).toEqual(exactly('0.5'));
    expect(cost(skus, open, { resolutions: ['720p', '4K'] })).toMatch(/not understood/);
  });
});

describe('a value that is no price', () => {
  test('is unknown where its key is the one that counts, and harmless where it is not', () => {
    const skus = { duration_seconds: '0.1', duration_seconds_1080p: 'call us', cents_per_image_input: '-1' };
    expect(cost(skus)).toEqual(exactly('0.5'));
    expect(cost(skus, { ...FIVE_720, resolution: '1080p' })).toMatch(/duration_seconds_1080p/);
    expect(cost(skus, { ...FIVE_720, frames: 1 })).toMatch(/cents_per_image_input/);
  });

  test('a malformed minimum is no absent minimum', () => {
    expect(cost({ duration_seconds: '0.1', minimum_cents_per_generation: 'NaN' })).toMatch(/minimum/);
  });
});

describe('two keys that both fit', () => {
  test('the same price spelled twice, differently: both are in the range', () => {
    expect(cost({ duration_seconds_720p: '0.1', 'per-video-second-720p': '0.2' })).toEqual([
      '0.5',
      '0.5',
      '1',
    ]);
  });

  test('in whichever order the list has them', () => {
    const skus = { 'per-video-second-720p': '0.2', duration_seconds_720p: '0.1' };
    expect(cost(skus)).toEqual(['0.5', '0.5', '1']);
  });

  test('reference-to-video beside a price with sound: no bill tells, so both are in the range', () => {
    const skus = { duration_seconds_with_audio: '0.1', reference_duration_seconds: '0.2' };
    expect(cost(skus, { ...FIVE_720, imageReferences: 1 })).toEqual(['0.5', '0.5', '1']);
  });

  test('different units are not added up, nor chosen between', () => {
    expect(cost({ duration_seconds: '0.1', generate: '1' })).toMatch(/both apply/);
  });
});

describe('what the catalog does not say', () => {
  test('no price list is unknown', () => {
    expect(cost({})).toBe('the model lists no prices');
  });

  test('sound unknown: with and without are both in the range, sound first', () => {
    const skus = { duration_seconds: '0.1', duration_seconds_with_audio: '0.2' };
    expect(cost(skus, FIVE_720, { generateAudio: null })).toEqual(['1', '0.5', '1']);
    expect(cost({ duration_seconds: '0.1' }, FIVE_720, { generateAudio: null })).toEqual(exactly('0.5'));
  });

  test('no sound: asking for it buys none', () => {
    const skus = { duration_seconds: '0.1', duration_seconds_with_audio: '0.2' };
    expect(cost(skus, { ...FIVE_720, generate_audio: true }, { generateAudio: false })).toEqual(
      exactly('0.5'),
    );
  });

  test('resolution inherited from the input: every tier the list prices', () => {
    const tiers = {
      duration_seconds_480p: '0.05',
      duration_seconds_720p: '0.1',
      duration_seconds_1080p: '0.2',
    };
    expect(cost(tiers, { duration: 5 }, { resolutions: null })).toEqual(['0.5', '0.25', '1']);
    expect(cost({ ...tiers, duration_seconds: '0.3' }, { duration: 5 }, { resolutions: null })).toEqual([
      '0.5',
      '0.25',
      '1.5',
    ]);
  });

  test('tokens at a resolution that names no size are unknown', () => {
    expect(cost({ video_tokens: '0.000001' }, { ...FIVE_720, resolution: 'ultra' })).toMatch(
      /size of the output/,
    );
  });

  test('tokens at a tier nobody has measured: the area of 16:9, down to what the size list says', () => {
    const spec = { duration: 4, resolution: '768p', aspect_ratio: '1:1' };
    // 1365 x 768 and 768 x 768 pixels, x 96 or 97 frames / 1024.
    expect(cost({ video_tokens: '0.000001' }, spec)).toEqual(['0.09828', '0.055296', '0.099303']);
  });

  test('tokens in a ratio nobody has measured: the areas of the tier', () => {
    // From 1280 x 720 x 120 / 1024 to 1112 x 834 x 121 / 1024.
    const spec = { ...FIVE_720, aspect_ratio: '2:3' };
    expect(cost({ video_tokens: '0.000001' }, spec)).toEqual(['0.108', '0.108', '0.109586']);
  });

  test('tokens at a size of no tier and no usual ratio are counted the same upright and lying', () => {
    const skus = { video_tokens: '0.000001' };
    const lying = cost(skus, { duration: 5, size: '1920x600' });
    expect(cost(skus, { duration: 5, size: '600x1920' })).toEqual(lying);
    // 1067 x 600 by area, up to 1920 x 600 itself.
    expect(lying).toEqual(['0.075023', '0.075023', '0.136125']);
  });

  test('a ratio that is none, such as adaptive, is any the model has', () => {
    const skus = { video_tokens: '0.000001' };
    const any = cost(skus, { duration: 5, resolution: '480p' });
    expect(cost(skus, { duration: 5, resolution: '480p', aspect_ratio: 'adaptive' })).toEqual(any);
    // 640 x 640 the least, 864 x 496 the likeliest and the most.
    expect(any).toEqual(['0.05022', '0.048', '0.050638']);
  });

  test.each([0, -1, NaN, Infinity])('a duration of %d is no length', (duration) => {
    expect(cost({ duration_seconds: '0.1' }, { duration })).toMatch(/length/);
  });
});

test('the basis says how the likeliest clip is run', () => {
  const { basis } = estimateClip(
    modelWith({ duration_seconds: '0.1' }),
    clipOf({ frames: 1, size: '1080x1920' }),
  );
  expect(basis).toMatchObject({
    mode: 'image_to_video',
    audio: true,
    resolution: '1080p',
    ratio: '16:9',
    seconds: 5,
  });
});
