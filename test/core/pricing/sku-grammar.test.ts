// The price grammar: every live key is understood, variants are tolerated, and nothing is ever guessed.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePriceList } from '../../../src/core/pricing/sku-grammar.ts';
import { GUIDE, LIVE, readCatalog } from './catalogs.ts';

/** One key and value as plain data, or null where it was not understood. */
function read(sku: string, value: string) {
  const [price] = parsePriceList({ [sku]: value }).prices;
  return price ? { unit: price.unit, usd: price.usd.toFixed(), when: price.when } : null;
}

describe('live catalogs', () => {
  test.each([LIVE, GUIDE])('%s is wholly understood', (file) => {
    const models = readCatalog(file);
    expect(models.length).toBeGreaterThan(12);
    for (const { id, pricing_skus } of models) {
      const list = parsePriceList(pricing_skus);
      expect({ id, unknown: list.unknownSkus }).toEqual({ id, unknown: [] });
      expect(list.prices.map((price) => price.sku)).toEqual(Object.keys(pricing_skus ?? {}));
    }
  });
});

describe('vocabulary', () => {
  test.each([
    ['duration_seconds', '0.112', 'second', '0.112', {}],
    ['duration_seconds_4k', '0.3', 'second', '0.3', { resolution: '4k' }],
    ['duration_seconds_with_audio', '0.168', 'second', '0.168', { audio: true }],
    ['duration_seconds_without_audio_720p', '0.08', 'second', '0.08', { audio: false, resolution: '720p' }],
    [
      'text_to_video_duration_seconds_480p',
      '0.04',
      'second',
      '0.04',
      { mode: 'text_to_video', resolution: '480p' },
    ],
    [
      'image_to_video_duration_seconds_1080p',
      '0.15',
      'second',
      '0.15',
      { mode: 'image_to_video', resolution: '1080p' },
    ],
    [
      'reference_duration_seconds_768p',
      '0.06',
      'second',
      '0.06',
      { mode: 'reference_to_video', resolution: '768p' },
    ],
    ['cents_per_second_output', '28', 'second', '0.28', {}],
    ['cents_per_second_output_1080p', '29', 'second', '0.29', { resolution: '1080p' }],
    ['cents_per_video_output_second_480p', '5', 'second', '0.05', { resolution: '480p' }],
    ['cents_per_second_with_audio', '9', 'second', '0.09', { audio: true }],
    [
      'cents_per_second_video_continuation_720p',
      '41',
      'second',
      '0.41',
      { continuation: true, resolution: '720p' },
    ],
    ['cents_per_megapixel_second_precise', '7.5', 'megapixel_second', '0.075', { creativity: 'precise' }],
    ['cents_per_megapixel_second_creative', '10.5', 'megapixel_second', '0.105', { creativity: 'creative' }],
    ['cents_per_image_input', '0.2', 'image', '0.002', {}],
    ['reference_images', '0.04', 'reference_image', '0.04', {}],
    ['minimum_cents_per_generation', '56', 'generation_minimum', '0.56', {}],
    ['video_tokens', '0.0000042', 'video_token', '0.0000042', {}],
    ['video_tokens_without_audio', '0.0000012', 'video_token', '0.0000012', { audio: false }],
    [
      'video_tokens_4k_with_video_input',
      '0.0000024',
      'video_token',
      '0.0000024',
      { resolution: '4k', videoInput: true },
    ],
    // Published, not live.
    ['per-video-second', '0.5', 'second', '0.5', {}],
    ['per-video-second-1080p', '0.8', 'second', '0.8', { resolution: '1080p' }],
    ['generate', '1.5', 'generation', '1.5', {}],
  ])('%s', (sku, value, unit, usd, when) => {
    expect(read(sku, value)).toEqual({ unit, usd, when });
  });

  test.each([
    ['suffix order', 'video_tokens_with_video_input_1080p', { videoInput: true, resolution: '1080p' }],
    ['suffix order', 'duration_seconds_720p_with_audio', { audio: true, resolution: '720p' }],
    ['case', 'Duration_Seconds_4K', { resolution: '4k' }],
    ['a new resolution', 'duration_seconds_8k', { resolution: '8k' }],
    ['a new resolution', 'cents_per_second_output_1440p', { resolution: '1440p' }],
    ['hyphens', 'text-to-video-duration-seconds-720p', { mode: 'text_to_video', resolution: '720p' }],
  ])('tolerates %s: %s', (_what, sku, when) => {
    expect(read(sku, '1')?.when).toEqual(when);
  });

  test('every cent key is exactly a hundredth of its number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99_999 }), (cents) => {
        expect(Number(read('cents_per_second_output', String(cents))?.usd)).toBe(cents / 100);
      }),
    );
  });
});

describe('what is not understood', () => {
  test.each([
    'duration_seconds_hdr',
    'cents_per_audio_input',
    'per_second',
    'duration_seconds_720p_1080p',
    'duration_seconds_with_audio_without_audio',
    'duration_seconds_reference_images',
    'with_audio',
    'duration',
    '720p',
    '',
    '__proto__x',
  ])('%j is listed, not priced', (sku) => {
    const list = parsePriceList({ [sku]: '0.5', duration_seconds: '0.1' });
    expect(list.unknownSkus).toEqual([sku]);
    expect(list.prices.map((price) => price.sku)).toEqual(['duration_seconds']);
  });

  test.each([
    '',
    ' ',
    'free',
    'NaN',
    'Infinity',
    '-0.1',
    '-0',
    '0x10',
    '1,5',
    '$1',
    '1e999999',
    '1e-999999',
    '1001',
    '1e400',
    '1e-30',
    '0.0000000001',
  ])('the value %j is not a price, and not zero', (value) => {
    const list = parsePriceList({ duration_seconds: value });
    expect(list.prices).toEqual([]);
    expect(list.unknownSkus).toEqual(['duration_seconds']);
  });

  test('a value that is no string at all does not throw', () => {
    const list = parsePriceList({
      duration_seconds: null as unknown as string,
      reference_images: 3 as unknown as string,
    });
    expect(list.unknownSkus).toEqual(['duration_seconds', 'reference_images']);
  });

  test('no price list is an empty one', () => {
    expect(parsePriceList(null)).toMatchObject({ prices: [], unknownSkus: [], lowestAdvertised: null });
  });

  test('any key and value at all: read or listed, never both, never thrown', () => {
    const word = fc.constantFrom(
      'duration',
      'seconds',
      'video',
      'tokens',
      'with',
      'audio',
      '4k',
      'cents',
      'per',
      'generate',
      'x',
    );
    const key = fc.oneof(
      fc.string(),
      fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join('_')),
    );
    fc.assert(
      fc.property(fc.dictionary(key, fc.oneof(fc.string(), fc.float().map(String))), (skus) => {
        const list = parsePriceList(skus);
        const seen = [...list.prices.map((price) => price.sku), ...list.unknownSkus];
        expect(seen.sort()).toEqual(Object.keys(skus).sort());
        for (const price of list.prices) expect(price.usd.gte(0)).toBe(true);
      }),
    );
  });
});

describe('lowestAdvertised', () => {
  test('is the smallest number as printed, cents beside dollars beside tokens', () => {
    expect(parsePriceList({ cents_per_image_input: '0.2', duration_seconds: '5' }).lowestAdvertised).toBe(
      0.2,
    );
    expect(parsePriceList({ video_tokens: '0.0000012', strange: '0.0000001' }).lowestAdvertised).toBe(1e-7);
  });

  test('leaves out what is no number', () => {
    expect(parsePriceList({ duration_seconds: '-1', generate: 'free' }).lowestAdvertised).toBeNull();
  });

  test("gives the guide's printed cost scores on the guide's catalog", () => {
    const lowest = new Map<string, number>();
    for (const model of readCatalog(GUIDE)) {
      const fits =
        model.supported_durations?.includes(5) &&
        model.supported_resolutions?.includes('720p') &&
        model.supported_aspect_ratios?.includes('9:16') &&
        model.supported_frame_images?.includes('first_frame');
      const price = parsePriceList(model.pricing_skus).lowestAdvertised;
      if (fits && price !== null) lowest.set(model.id.split('/')[1] ?? '', price);
    }
    expect(lowest.size).toBe(8);
    const [min, max] = [Math.min(...lowest.values()), Math.max(...lowest.values())];
    const cost = (name: string) => Number((1 - ((lowest.get(name) ?? NaN) - min) / (max - min)).toFixed(3));
    expect([
      cost('seedance-2.0-fast'),
      cost('seedance-2.0'),
      cost('seedance-1-5-pro'),
      cost('wan-2.6'),
    ]).toEqual([1, 1, 1, 0.643]);
  });
});
