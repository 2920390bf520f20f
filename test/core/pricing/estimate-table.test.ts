// What a clip costs on each live model: bills that were really paid, then list prices worked out by hand.
import { describe, expect, test } from 'vitest';
import type { PricedClip } from '../../../src/core/pricing/assumptions.ts';
import { estimateClip } from '../../../src/core/pricing/estimate.ts';
import { asPriced, clipOf, GUIDE, LIVE, modelWith, readCatalog } from './catalogs.ts';

function modelsOf(file: string) {
  return new Map(readCatalog(file).map((entry) => [entry.id, asPriced(entry)]));
}
const live = modelsOf(LIVE);
const guide = modelsOf(GUIDE);

function estimate(catalog: typeof live, id: string, spec: Partial<PricedClip>) {
  const model = catalog.get(id);
  if (model === undefined) throw new Error(`${id} is not in the catalog`);
  const { usd, lowUsd, highUsd, certainty } = estimateClip(model, clipOf(spec));
  return {
    usd: usd?.toFixed() ?? null,
    low: lowUsd?.toFixed() ?? null,
    high: highUsd?.toFixed() ?? null,
    certainty,
  };
}

/** `5s 720p 16:9`, and what else the row says. */
function at(text: string, rest: Partial<PricedClip> = {}): Partial<PricedClip> {
  const spec: { -readonly [K in keyof PricedClip]?: PricedClip[K] } = { ...rest };
  for (const word of text.split(' ')) {
    if (/^\d+s$/.test(word)) spec.duration = Number.parseInt(word, 10);
    else if (word.includes(':')) spec.aspect_ratio = word;
    else if (word.includes('x')) spec.size = word;
    else spec.resolution = word;
  }
  return spec;
}
const silent = { generate_audio: false };
const sound = { generate_audio: true };
const frame = { frames: 1 };

describe('bills paid', () => {
  test.each<[string, Partial<PricedClip>, number]>([
    ['google/veo-3.1-lite', at('4s 720p', silent), 0.12],
    ['google/veo-3.1-fast', at('4s 720p', silent), 0.32],
    ['x-ai/grok-imagine-video', at('1s 480p'), 0.05],
    ['x-ai/grok-imagine-video', at('1s 480p', frame), 0.052],
    ['bytedance/seedance-2.0-mini', at('4s 480p 1:1', silent), 0.1358],
  ])('%s %o was billed $%d', (id, spec, bill) => {
    const { low, high } = estimate(live, id, spec);
    expect(bill).toBeGreaterThanOrEqual(Number(low));
    expect(bill).toBeLessThanOrEqual(Number(high));
  });

  test('seedance-2.0-fast at the price of its day was billed $0.4838', () => {
    const { low, usd } = estimate(guide, 'bytedance/seedance-2.0-fast', at('4s 720p 9:16', silent));
    expect([low, usd]).toEqual(['0.48384', '0.48384']);
  });
});

describe('by second and image: exact', () => {
  test.each<[string, Partial<PricedClip>, string]>([
    ['heygen/heygen-video-1', at('5s 480p'), '0.1'],
    ['heygen/heygen-video-1', at('5s 768p', frame), '0.15'],
    ['heygen/heygen-video-1', at('5s 768p', { imageReferences: 1 }), '0.3'],
    ['heygen/heygen-video-1', at('10s 480p', { audioReferences: 1 }), '0.4'],
    // Frames beat references when both are sent, so this is no reference-to-video.
    ['heygen/heygen-video-1', at('5s 768p', { frames: 1, imageReferences: 1 }), '0.15'],
    ['minimax/hailuo-3-max', at('5s 480p'), '0.25'],
    ['minimax/hailuo-3-max', at('6s 768p', frame), '0.48'],
    ['minimax/hailuo-3', at('5s 2K'), '0.65'],
    ['minimax/hailuo-3', at('5s 2K', { frames: 2 }), '0.65'],
    ['minimax/hailuo-2.3', at('6s 1080p'), '0.4902'],
    ['alibaba/wan-3.0-prime', at('2s 480p'), '0.136'],
    ['alibaba/wan-3.0-prime', at('30s 1080p 9:16', sound), '8.4'],
    ['alibaba/wan-3.0', at('2s 480p'), '0.1'],
    ['alibaba/wan-3.0', at('5s 720p', silent), '0.5'],
    ['alibaba/wan-2.7', at('7s 1080p'), '0.7'],
    ['alibaba/wan-2.6', at('5s 720p'), '0.4'],
    ['alibaba/wan-2.6', at('5s 720p', frame), '0.5'],
    ['alibaba/wan-2.6', at('10s 1080p', frame), '1.5'],
    ['alibaba/wan-2.6', at('5s 1080x1920'), '0.6'],
    ['alibaba/happyhorse-1.1', at('5s 1080p'), '0.639'],
    ['alibaba/happyhorse-1.0', at('3s 720p 21:9'), '0.2964'],
    ['black-forest-labs/flux-3-video', at('5s 720p'), '0.85'],
    ['black-forest-labs/flux-3-video', at('5s 1080p'), '1.45'],
    ['black-forest-labs/flux-3-video', at('5s 720p', { continuation: true }), '2.05'],
    ['black-forest-labs/flux-3-video', at('10s 1080p', { continuation: true }), '5.3'],
    ['runway/gen-4.5', at('5s 720p', frame), '0.6'],
    ['x-ai/grok-imagine-video', at('5s 720p', { imageReferences: 3 }), '0.356'],
    ['x-ai/grok-imagine-video-1.5', at('5s 480p'), '0.4'],
    ['x-ai/grok-imagine-video-1.5', at('5s 1080p', frame), '1.26'],
    // Sound beats specificity: 0.168, not the mode-and-tier key's 0.112.
    ['kwaivgi/kling-v3.0-pro', at('5s 720p', sound), '0.84'],
    ['kwaivgi/kling-v3.0-pro', at('5s 720p', { ...frame, ...sound }), '0.84'],
    ['kwaivgi/kling-v3.0-pro', at('5s 720p', silent), '0.56'],
    ['kwaivgi/kling-v3.0-pro', at('3s 720p', { ...frame, ...silent }), '0.336'],
    // Sound is on where the model has it and the field is absent.
    ['kwaivgi/kling-v3.0-std', at('10s 720p'), '1.26'],
    ['kwaivgi/kling-v3.0-std', at('10s 720p', silent), '0.84'],
    ['kwaivgi/kling-video-o1', at('5s 720p', sound), '0.56'],
    ['google/veo-3.1', at('4s 720p'), '1.6'],
    ['google/veo-3.1', at('4s 720p', silent), '0.8'],
    ['google/veo-3.1', at('8s 4K', sound), '4.8'],
    ['google/veo-3.1', at('8s 3840x2160', silent), '3.2'],
    ['google/veo-3.1-fast', at('8s 4k', sound), '2.4'],
    ['google/veo-3.1-fast', at('8s 4K', silent), '2'],
    // No 1080p tier: the untiered price, which for this model is the dearer one.
    ['google/veo-3.1-fast', at('6s 1080p', sound), '0.72'],
    ['google/veo-3.1-fast', at('8s 1080p', silent), '0.8'],
    ['google/veo-3.1-fast', at('4s 720p', sound), '0.4'],
    ['google/veo-3.1-lite', at('8s 1080p', sound), '0.64'],
    ['google/veo-3.1-lite', at('8s 720p', sound), '0.4'],
    ['google/veo-3.1-lite', at('4s 1080p', silent), '0.2'],
    ['openai/sora-2-pro', at('4s 720p'), '1.2'],
    ['openai/sora-2-pro', at('20s 1080x1920'), '10'],
    // A size no tier names: its own price key exists, though the capability does not.
    ['openai/sora-2-pro', at('4s 1792x1024'), '2'],
  ])('%s %o costs $%s', (id, spec, usd) => {
    // Where frames and references are both sent, the references may or may not be charged: here neither is priced.
    expect(estimate(live, id, spec)).toEqual({ usd, low: usd, high: usd, certainty: 'exact' });
  });
});

describe('by token: estimated, between the bills with and without the extra frame', () => {
  test.each<[string, Partial<PricedClip>, usd: string, low: string, high: string]>([
    // 1280 x 720 x 120 / 1024 = 108000 tokens, x 121 = 108900.
    ['bytedance/seedance-2.0-fast', at('5s 720p 16:9'), '0.4536', '0.4536', '0.45738'],
    ['bytedance/seedance-2.0-fast', at('5s 720p 1:1'), '0.4536', '0.4536', '0.45738'],
    // 1470 x 630: 108527 and 109431. A portrait clip is the same one turned.
    ['bytedance/seedance-2.0-fast', at('5s 720p 21:9'), '0.4558134', '0.4558134', '0.4596102'],
    ['bytedance/seedance-2.0-fast', at('5s 720p 9:21'), '0.4558134', '0.4558134', '0.4596102'],
    // 640 x 640 is what 480x480 really is: 48000 and 48400.
    ['bytedance/seedance-2.0-fast', at('5s 480x480'), '0.2016', '0.2016', '0.20328'],
    ['bytedance/seedance-2.0-fast', at('5s 1120x480'), '0.210924', '0.210924', '0.2126796'],
    ['bytedance/seedance-2.0-mini', at('4s 480p 1:1', silent), '0.1344', '0.1344', '0.1358'],
    ['bytedance/seedance-2.0', at('5s 480p 9:16'), '0.35154', '0.35154', '0.354466'],
    ['bytedance/seedance-2.0', at('5s 1080p 16:9'), '1.8711', '1.8711', '1.8866925'],
    // One silent price for every tier beside a price for this tier: nothing tells which, so both are in the range ...
    ['bytedance/seedance-2.0', at('5s 1080p 16:9', silent), '1.8711', '1.701', '1.8866925'],
    // ... except where it would make silence dearer than sound.
    ['bytedance/seedance-2.0', at('5s 4K 16:9', silent), '3.888', '3.888', '3.9204'],
    ['bytedance/seedance-2.0', at('5s 4K 16:9', sound), '3.888', '3.888', '3.9204'],
    // Up to 15 s of reference video may be counted as well: 481 frames.
    ['bytedance/seedance-2.0', at('5s 4K 16:9', { videoReferences: 1 }), '4.6656', '4.19904', '9.35064'],
    [
      'bytedance/seedance-2.0-fast',
      at('5s 720p 16:9', { videoReferences: 1 }),
      '0.5346',
      '0.48114',
      '1.0714275',
    ],
    // Frames beat the video reference, or do not: from video price to full price and its reference seconds.
    [
      'bytedance/seedance-2.0-fast',
      at('5s 720p 16:9', { ...frame, videoReferences: 1 }),
      '0.4536',
      '0.4536',
      '1.0714275',
    ],
    ['bytedance/seedance-1-5-pro', at('4s 480p 9:16', silent), '0.0482112', '0.0482112', '0.0487128'],
    ['bytedance/seedance-1-5-pro', at('4s 480p 9:16', sound), '0.0964224', '0.0964224', '0.0974256'],
    // No bill at 1080p: 1440 x 1440 by the provider's table, 1080 x 1080 by the catalog's size list.
    ['bytedance/seedance-1-5-pro', at('5s 1080p 1:1'), '0.5832', '0.3280488', '0.58806'],
    ['bytedance/seedance-2.5', at('5s 720p 4:3'), '1.162876', '1.162876', '1.1725702'],
    // This model's size list names real canvases, and there 854 x 480 stands where the bills' tier has 864 x 496.
    ['bytedance/seedance-2.5', at('5s 480p 16:9'), '0.537354', '0.5139959', '0.5418266'],
    ['bytedance/seedance-2.5', at('5s 752x560'), '0.528045', '0.528045', '0.5324427'],
  ])('%s %o costs $%s, from %s to %s', (id, spec, usd, low, high) => {
    expect(estimate(live, id, spec)).toEqual({ usd, low, high, certainty: 'estimated' });
  });
});

describe('left open by the clip or by the contract: the range of what may happen', () => {
  test.each<[string, Partial<PricedClip>, usd: string, low: string, high: string]>([
    ['google/veo-3.1', at('720p'), '2.4', '1.6', '3.2'],
    ['google/veo-3.1-fast', at('4s'), '0.4', '0.4', '1.2'],
    ['alibaba/wan-3.0', {}, '0.5', '0.1', '6'],
    ['openai/sora-2-pro', at('720p'), '1.2', '1.2', '6'],
    // Every ratio has nearly the same area at 720p: 16:9 the least, 4:3 the most.
    ['bytedance/seedance-2.0-fast', at('5s 720p'), '0.4536', '0.4536', '0.4602612'],
    // Frames beat references, so two at $0.04 may not be used, nor charged.
    ['minimax/hailuo-3', at('5s 2K', { ...frame, imageReferences: 2 }), '0.65', '0.65', '0.73'],
    // A reference clip may be run as a continuation, which this model prices at more than twice as much.
    ['black-forest-labs/flux-3-video', at('5s 720p', { videoReferences: 1 }), '0.85', '0.85', '2.05'],
  ])('%s %o costs about $%s, from %s to %s', (id, spec, usd, low, high) => {
    expect(estimate(live, id, spec)).toEqual({ usd, low, high, certainty: 'estimated' });
  });
});

describe('not priceable', () => {
  test.each<[string, Partial<PricedClip>, RegExp]>([
    ['black-forest-labs/flux-video-edit', at('5s', { videoReferences: 1 }), /length/],
    ['black-forest-labs/flux-video-upscale', { videoReferences: 1, creativity: 0 }, /length/],
    ['heygen/avatar-iv', at('5s 720p', frame), /length/],
    ['runway/aleph-2', at('16:9', { videoReferences: 1 }), /length/],
    [
      'alibaba/wan-2.6',
      at('5s 720p', { imageReferences: 1 }),
      /no listed price covers reference-to-video at 720p/,
    ],
    ['heygen/heygen-video-1', at('5s 720p'), /no listed price covers text-to-video at 720p/],
  ])('%s %o: %s', (id, spec, reason) => {
    const model = live.get(id);
    if (model === undefined) throw new Error(`${id} is not in the catalog`);
    const answer = estimateClip(model, clipOf(spec));
    expect(answer).toMatchObject({ usd: null, lowUsd: null, highUsd: null, certainty: 'unknown', lines: [] });
    expect(answer.reason).toMatch(reason);
  });
});

const video = { videoReferences: 1 };

describe('references, as providers bill them: by their seconds, and images beyond those that are free', () => {
  test.each<[string, Partial<PricedClip>, usd: string, low: string, high: string]>([
    // Output and input seconds at the reference price: as long as the output most likely, from 1 s to the longest clip.
    ['heygen/heygen-video-1', at('5s 480p', video), '0.4', '0.24', '0.8'],
    ['heygen/heygen-video-1', at('8s 768p', video), '0.96', '0.54', '1.38'],
    ['heygen/heygen-video-1', at('10s 480p', video), '0.8', '0.44', '1'],
    ['heygen/heygen-video-1', at('15s 768p', video), '1.8', '0.96', '1.8'],
    ['heygen/heygen-video-1', at('5s 480p', { ...video, imageReferences: 3 }), '0.4', '0.24', '0.8'],
    ['heygen/heygen-video-1', at('5s 480p', { ...video, audioReferences: 1 }), '0.4', '0.24', '0.8'],
    ['heygen/heygen-video-1', at('5s 480p', { videoReferences: 3 }), '0.4', '0.24', '0.8'],
    // A frame switches references off, or does not.
    ['heygen/heygen-video-1', at('5s 480p', { ...video, ...frame }), '0.1', '0.1', '0.4'],
    ['minimax/hailuo-3', at('5s 2K', video), '1.3', '0.78', '2.6'],
    ['minimax/hailuo-3', at('10s 2K', video), '2.6', '1.43', '3.25'],
    ['minimax/hailuo-3', at('15s 2K', video), '3.9', '2.08', '3.9'],
    ['minimax/hailuo-3', at('5s 2K', { ...video, imageReferences: 2 }), '1.3', '0.78', '2.68'],
    ['minimax/hailuo-3', at('5s 2K', { ...video, imageReferences: 6 }), '1.34', '0.82', '2.84'],
    ['minimax/hailuo-3', at('5s 2K', { ...video, ...frame }), '0.65', '0.65', '2.6'],
    // Five images are free by the provider's list; the catalog's list charges each.
    ['minimax/hailuo-3', at('5s 2K', { imageReferences: 1 }), '0.65', '0.65', '0.69'],
    ['minimax/hailuo-3', at('5s 2K', { imageReferences: 2 }), '0.65', '0.65', '0.73'],
    ['minimax/hailuo-3', at('5s 2K', { imageReferences: 5 }), '0.65', '0.65', '0.85'],
    ['minimax/hailuo-3', at('5s 2K', { imageReferences: 6 }), '0.69', '0.69', '0.89'],
    ['minimax/hailuo-3', at('5s 2K', { imageReferences: 7 }), '0.73', '0.73', '0.93'],
    ['minimax/hailuo-3', at('10s 2K', { imageReferences: 9 }), '1.46', '1.46', '1.66'],
    // 4 s with 4 s of input is 192 frames; a bill had 193: 173,700 tokens.
    ['bytedance/seedance-2.0-mini', at('4s 720p 16:9', video), '0.36288', '0.36288', '0.86373'],
    ['bytedance/seedance-2.0-fast', at('4s 720p 16:9', video), '0.42768', '0.42768', '1.0179675'],
    ['bytedance/seedance-2.0-fast', at('10s 720p 16:9', video), '1.0692', '0.74844', '1.3387275'],
    ['bytedance/seedance-2.0-fast', at('15s 720p 16:9', video), '1.6038', '1.01574', '1.6060275'],
    ['bytedance/seedance-2.0-fast', at('5s 720p 9:16', video), '0.5346', '0.48114', '1.0714275'],
    ['bytedance/seedance-2.0', at('5s 720p 16:9', video), '0.9288', '0.83592', '1.86147'],
    // Sold at $1.244 to $4.838; a frame more is in the upper bound.
    ['bytedance/seedance-2.5', at('5s 720p 16:9', video), '1.3824', '1.24416', '4.84416'],
    // Measured beforehand, the input is no range any more.
    ['heygen/heygen-video-1', at('5s 480p', { ...video, videoReferenceSeconds: 3 }), '0.32', '0.32', '0.32'],
    ['minimax/hailuo-3', at('5s 2K', { ...video, videoReferenceSeconds: 7 }), '1.56', '1.56', '1.56'],
    [
      'bytedance/seedance-2.0-fast',
      at('5s 720p 16:9', { ...video, videoReferenceSeconds: 10 }),
      '0.8019',
      '0.8019',
      '0.8041275',
    ],
    // Shorter than the least that is billed.
    [
      'bytedance/seedance-2.0-fast',
      at('5s 720p 16:9', { ...video, videoReferenceSeconds: 2 }),
      '0.48114',
      '0.48114',
      '0.4833675',
    ],
  ])('%s %o costs about $%s, from %s to %s', (id, spec, usd, low, high) => {
    expect(estimate(live, id, spec)).toEqual({ usd, low, high, certainty: 'estimated' });
  });

  test.each(['duration_seconds', 'cents_per_second_output', 'video_tokens'])(
    'hold for every unit: with %s a video reference makes a range',
    (unit) => {
      const model = modelWith({ [unit]: '0.1' }, { id: 'heygen/next' });
      const clip = clipOf(at('5s 720p 16:9'));
      const { usd } = estimateClip(model, clip);
      const { certainty, lowUsd, usd: likely, highUsd } = estimateClip(model, { ...clip, ...video });
      expect(certainty).toBe('estimated');
      expect(likely?.div(usd ?? 1).toNumber()).toBe(2);
      expect(lowUsd?.gt(usd ?? 0)).toBe(true);
      expect(highUsd?.gt(likely ?? 0)).toBe(true);
    },
  );
});

describe('a price of zero is no price', () => {
  test.each<[Record<string, string>, Partial<PricedClip>, string | null]>([
    [{ duration_seconds: '0' }, at('5s 720p'), null],
    [{ duration_seconds: '0.000' }, at('5s 720p'), null],
    [{ duration_seconds: '0e5' }, at('5s 720p'), null],
    [{ cents_per_second_output: '0' }, at('5s 720p'), null],
    [{ video_tokens: '0' }, at('5s 720p'), null],
    [{ generate: '0' }, at('5s 720p'), null],
    // One tier: unknown where it applies, priced where it does not.
    [{ duration_seconds_720p: '0', duration_seconds_1080p: '0.2' }, at('5s 720p'), null],
    [{ duration_seconds_720p: '0', duration_seconds_1080p: '0.2' }, at('5s 1080p'), '1'],
    [{ duration_seconds_720p: '0', duration_seconds: '0.2' }, at('5s 720p'), null],
    [{ duration_seconds_720p: '0', duration_seconds: '0.2' }, at('5s 480p'), '1'],
    [{ duration_seconds: '0.2', reference_images: '0' }, at('5s 720p'), '1'],
    [{ duration_seconds: '0.2', reference_images: '0' }, at('5s 720p', { imageReferences: 1 }), null],
    [{ duration_seconds: '0.2', cents_per_image_input: '0' }, at('5s 720p', frame), null],
    [{ duration_seconds_with_audio: '0', duration_seconds_without_audio: '0.1' }, at('5s 720p', sound), null],
    [
      { duration_seconds_with_audio: '0', duration_seconds_without_audio: '0.1' },
      at('5s 720p', silent),
      '0.5',
    ],
    [
      { reference_duration_seconds: '0', duration_seconds: '0.1' },
      at('5s 720p', { imageReferences: 1 }),
      null,
    ],
  ])('%o makes %o cost %s', (skus, spec, usd) => {
    const { usd: likely, lines } = estimateClip(modelWith(skus), clipOf(spec));
    expect(likely?.toFixed() ?? null).toBe(usd);
    expect(lines.every((line) => line.usd.gt(0))).toBe(true);
  });
});
