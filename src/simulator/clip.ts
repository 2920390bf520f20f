// The clip of a request with defaults applied: duration, pixels, sound and inputs.
import type { CatalogModel } from './catalog.ts';
import { nominalSize, parseSize, type Size, shapeOf, tokenCanvas } from './picture.ts';
import type { VideoRequest } from './wire.ts';

export type Clip = {
  readonly durationSeconds: number;
  /** Lower case, as SKU keys spell it. */
  readonly resolution: string;
  readonly aspectRatio: string;
  /** The pixels of the file that is delivered. */
  readonly size: Size;
  /** The pixels that video tokens are counted on. */
  readonly canvas: Size;
  readonly withSound: boolean;
  readonly frameImages: number;
  readonly imageReferences: number;
  readonly videoReferences: number;
  /** Of all video references together. */
  readonly inputSeconds: number;
  readonly audioReferences: number;
  readonly continuesJob: boolean;
  readonly upscaleFactor: number;
  readonly creative: boolean;
};

/**
 * Editors, upscalers and avatars take their length and picture from an input that the simulator never fetches:
 * it pretends that every such input is this clip.
 */
const pretendedInput = { durationSeconds: 5, resolution: '720p', aspectRatio: '16:9' } as const;

/** True for a model whose SKUs count video tokens, and which therefore paints on the provider's real canvas. */
function countsTokens(model: CatalogModel): boolean {
  return Object.keys(model.pricing_skus ?? {}).some((sku) => sku.startsWith('video_tokens'));
}

/** Prefers `wanted` where the model offers it, else what the model lists first. */
function preferred<T>(offered: readonly T[] | null, wanted: T): T {
  if (offered === null || offered.includes(wanted)) return wanted;
  return offered[0] ?? wanted;
}

/** The clip a valid request stands for. The defaults are the simulator's own: the live ones are not published. */
export function planClip(model: CatalogModel, request: VideoRequest): Clip {
  const asked = request.size === undefined ? undefined : parseSize(request.size);
  const named = {
    resolution: (
      request.resolution ?? preferred(model.supported_resolutions, pretendedInput.resolution)
    ).toLowerCase(),
    aspectRatio: request.aspect_ratio ?? preferred(model.supported_aspect_ratios, pretendedInput.aspectRatio),
  };
  const shape = asked === undefined ? named : shapeOf(asked);
  const canvas = countsTokens(model) ? tokenCanvas(shape) : nominalSize(shape);
  const upscaleFactor = model.upscale_factor === null ? 1 : (request.upscale_factor ?? 2);
  const references = request.input_references ?? [];
  const frameImages = request.frame_images?.length ?? 0;
  // The contract: exact frames switch references off when both are sent. What is not used is not counted.
  const used = frameImages > 0 ? [] : references;
  const count = (type: string) => used.filter((one) => one.type === type).length;
  return {
    durationSeconds:
      model.supported_durations === null
        ? pretendedInput.durationSeconds
        : (request.duration ?? preferred(model.supported_durations, pretendedInput.durationSeconds)),
    ...shape,
    size: scale(asked ?? canvas, upscaleFactor),
    canvas,
    // Omitted on a model that can: the live service makes, and bills, the sound.
    withSound: model.generate_audio !== false && (request.generate_audio ?? true),
    frameImages,
    imageReferences: count('image_url'),
    videoReferences: count('video_url'),
    inputSeconds: count('video_url') * pretendedInput.durationSeconds,
    audioReferences: count('audio_url'),
    continuesJob: request.previous_job_id !== undefined,
    upscaleFactor,
    creative: request.creativity === 1,
  };
}

/** Sides stay even: 4:2:0 video has no odd ones. */
function scale(size: Size, factor: number): Size {
  const side = (pixels: number) => 2 * Math.ceil((pixels * factor) / 2);
  return { width: side(size.width), height: side(size.height) };
}
