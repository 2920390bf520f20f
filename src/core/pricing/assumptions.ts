// Fills in the fields that a clip leaves open as OpenRouter does, and lists the other values that OpenRouter may choose.

import { landscape, ratioOfSize, resolutionOfSize, shortSideOf } from '../clip/resolution.ts';
import { memoizeByObject } from '../memoize-by-object.ts';
import type { Circumstances, PriceMode } from './condition.ts';
import { point, type Range } from './range.ts';
import type { PriceList } from './sku-grammar.ts';

/** What an estimate needs to know of a model; null means what it means in the catalog: not enumerated, or unknown. */
export interface PricedModel {
  readonly id: string;
  /** Seconds. null: the length comes from the input and cannot be chosen. */
  readonly durations: readonly number[] | null;
  readonly resolutions: readonly string[] | null;
  readonly aspectRatios: readonly string[] | null;
  readonly sizes: readonly string[] | null;
  readonly generateAudio: boolean | null;
  /** Anything but null marks an upscaler, whose output size comes from its input. */
  readonly upscaleFactor: object | null;
  readonly priceList: PriceList;
  /** Lists that do not hold all there is, for some of it could not be read. */
  readonly unknown?: readonly string[];
}

/** What an estimate needs to know of a clip spec. */
export interface PricedClip {
  /** Seconds. */
  readonly duration?: number | undefined;
  readonly resolution?: string | undefined;
  readonly aspect_ratio?: string | undefined;
  readonly size?: string | undefined;
  readonly generate_audio?: boolean | undefined;
  /** 0 precise, 1 creative. */
  readonly creativity?: number | undefined;
  /** How many of each the spec carries. */
  readonly frames: number;
  readonly imageReferences: number;
  readonly videoReferences: number;
  /** Seconds of all of them together, where they were measured. */
  readonly videoReferenceSeconds?: number | undefined;
  readonly audioReferences: number;
  /** Whether the spec continues an earlier job (`previous_job_id`). */
  readonly continuation: boolean;
}

/** Every way upstream may run the clip. Lists are never empty and have the likeliest first. */
export interface Choices {
  readonly mode: PriceMode;
  readonly videoInput: readonly boolean[];
  readonly audio: readonly boolean[];
  readonly continuation: readonly boolean[];
  /** null where no price asks. */
  readonly creativity: readonly Circumstances['creativity'][];
  /** Lower-cased; null for a resolution inherited from the input. */
  readonly resolutions: readonly (string | null)[];
  /** Landscape. */
  readonly ratios: readonly string[];
  /** null where the length comes from the input. */
  readonly seconds: Range | null;
}

// What is left open is compared on the same clip for every model: five seconds (the guide's) of 720p in 16:9, or the
// nearest there is.
const USUAL_SECONDS = 5;
const USUAL_SHORT_EDGE = 720;
const USUAL_RATIOS = ['16:9', '4:3', '1:1', '21:9'];

const YES = [true] as const;
const NO = [false] as const;
const NO_CREATIVITY = [null] as const;

/**
 * Settles everything about the clip that its price can depend on. Does not check that the model supports what was asked.
 * @param asked of the same clip.
 */
export function chooseSettings(model: PricedModel, clip: PricedClip, asked: Asked): Choices {
  return {
    mode: asked.mode,
    videoInput: asked.videoInput,
    audio: audioOf(model, clip),
    continuation: continuationOf(model, clip),
    creativity: creativityOf(model, clip),
    resolutions: asked.resolutions ?? resolutionsOf(model, clip),
    ratios: asked.ratios ?? openRatios(model),
    seconds: secondsOf(model, clip, asked),
  };
}

const isUnknown = ({ unknown }: PricedModel, list: keyof PricedModel) => unknown?.includes(list) ?? false;

function secondsOf(model: PricedModel, clip: PricedClip, asked: Asked): Range | null {
  if (isUnknown(model, 'durations')) return asked.seconds;
  return clip.duration === undefined || !model.durations?.length ? openSeconds(model) : asked.seconds;
}

/** What is the same for every model; null where it depends on the model. */
export type Asked = ReturnType<typeof askedOf>;

export function askedOf(clip: PricedClip) {
  const { duration, resolution, aspect_ratio: aspectRatio, size } = clip;
  const ratio =
    (aspectRatio === undefined ? null : landscape(aspectRatio)) ??
    (size === undefined ? null : ratioOfSize(size));
  const isLength = duration !== undefined && duration > 0 && Number.isFinite(duration);
  return {
    mode: modeOf(clip),
    videoInput: videoInputOf(clip),
    resolutions: resolution === undefined ? null : [resolution.toLowerCase()],
    ratios: ratio === null ? null : [ratio],
    seconds: isLength ? point(duration) : null,
  };
}

/** Frames beat references when both are sent. */
function modeOf(clip: PricedClip): PriceMode {
  if (clip.frames > 0) return 'image_to_video';
  const references = clip.imageReferences + clip.videoReferences + clip.audioReferences;
  return references > 0 ? 'reference_to_video' : 'text_to_video';
}

/** Where frames are sent beside a video reference, they win, and the video may not be used. */
function videoInputOf(clip: PricedClip): readonly boolean[] {
  if (clip.videoReferences === 0) return NO;
  return clip.frames > 0 ? [false, true] : YES;
}

/**
 * Sound is on where the model has it and the field is absent: that is how such clips were billed. Where the catalog
 * does not say, the field is not sent at all, and models that say nothing were seen to return sound.
 */
function audioOf(model: PricedModel, clip: PricedClip): readonly boolean[] {
  const asked = clip.generate_audio === false ? NO : YES;
  if (model.generateAudio !== null) return model.generateAudio ? asked : NO;
  const settled = clip.generate_audio === true || !model.priceList.asks.has('audio');
  return settled ? asked : [true, false];
}

/** A video reference may be run as a continuation by a model that prices one and has no other price for video input. */
function continuationOf(model: PricedModel, clip: PricedClip): readonly boolean[] {
  if (clip.continuation) return YES;
  const { asks } = model.priceList;
  const mayContinue = clip.videoReferences > 0 && asks.has('continuation') && !asks.has('videoInput');
  return mayContinue ? [false, true] : NO;
}

function creativityOf(model: PricedModel, clip: PricedClip): Choices['creativity'] {
  if (!model.priceList.asks.has('creativity')) return NO_CREATIVITY;
  if (clip.creativity === 0) return ['precise'];
  return clip.creativity === 1 ? ['creative'] : ['precise', 'creative'];
}

/** Where none is asked for by name. */
function resolutionsOf(model: PricedModel, { size }: PricedClip): readonly (string | null)[] {
  const asked = size === undefined ? null : resolutionOfSize(size, model.resolutions);
  return asked === null ? openResolutions(model) : [asked];
}

const openResolutions = memoizeByObject((model: PricedModel): readonly (string | null)[] => {
  if (model.resolutions && model.resolutions.length > 0 && !isUnknown(model, 'resolutions')) {
    return nearestFirst(model.resolutions.map((resolution) => resolution.toLowerCase()));
  }
  // Inherited from the input: any tier the list prices, or one it does not name if there is a price for that.
  const tiers = new Set(model.priceList.charges.base.map(({ when }) => when.resolution ?? null));
  const untiered = tiers.delete(null) || tiers.size === 0;
  const priced = nearestFirst([...tiers].filter((tier) => tier !== null));
  return untiered ? [...priced, null] : priced;
});

const openRatios = memoizeByObject((model: PricedModel): readonly string[] => {
  const offered = (model.aspectRatios ?? USUAL_RATIOS).flatMap((name) => landscape(name) ?? []);
  const ratios = [...new Set(offered.length > 0 ? offered : USUAL_RATIOS)];
  return ratios.includes('16:9') ? ['16:9', ...ratios.filter((name) => name !== '16:9')] : ratios;
});

/** Where no length is asked for, or none can be. */
const openSeconds = memoizeByObject(({ durations }: PricedModel): Range | null => {
  if (durations === null || durations.length === 0) return null;
  let likely = Infinity;
  for (const seconds of durations) {
    const nearer = Math.abs(seconds - USUAL_SECONDS) - Math.abs(likely - USUAL_SECONDS);
    // Of four and six, six: a choice left open should not look cheaper than it may turn out.
    if (nearer < 0 || (nearer === 0 && seconds > likely)) likely = seconds;
  }
  return { low: Math.min(...durations), likely, high: Math.max(...durations) };
});

function nearestFirst(resolutions: readonly string[]): string[] {
  const distance = (resolution: string) => Math.abs((shortSideOf(resolution) ?? Infinity) - USUAL_SHORT_EDGE);
  return resolutions.toSorted((a, b) => distance(a) - distance(b) || 0);
}
