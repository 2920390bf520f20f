// Whether a model can make a clip, and every reason why not.

import type { CatalogField, VideoModel } from '../catalog/catalog.ts';
import type { ClipSpec, ModelRules, Routing } from '../clip/clip-spec.ts';
import { lackingKeys } from '../clip/provider-options.ts';
import { hasAspectRatio, hasResolution, parseSize } from '../clip/resolution.ts';
import { truncateNames } from '../truncate-names.ts';

export const REASON_CODES = [
  'unsupported_duration',
  'unsupported_resolution',
  'unsupported_aspect_ratio',
  'unsupported_size',
  'unsupported_frame_image',
  'unsupported_reference',
  'unsupported_audio',
  'unsupported_seed',
  'unsupported_passthrough',
  'unsupported_upscale',
  'unsupported_creativity',
  'missing_input',
  'over_budget',
  'too_slow',
  'unpriceable',
  'not_allowed',
  'denied',
] as const;
export type ReasonCode = (typeof REASON_CODES)[number];

/** One reason a model was refused: the field at fault, what was asked, what the model has instead. */
export interface Reason {
  readonly code: ReasonCode;
  /** The field of the request to change. */
  readonly field: string;
  readonly requested: unknown;
  /** What the model would accept; null where the field cannot be chosen on this model at all. */
  readonly supported: readonly unknown[] | null;
}

/** All reasons for which `model` cannot make the clip of `spec`; empty where it can. Costs and times are not looked at. */
export const findReasons = (model: VideoModel, spec: ClipSpec, routing: Routing): Reason[] => [
  ...reasonsOfPolicy(model, routing.models ?? {}),
  ...reasonsOfAbility(model, spec, routing),
];

/** Those of the caller's lists of names. */
export function reasonsOfPolicy(
  model: VideoModel,
  { allow, deny }: NonNullable<Routing['models']>,
): Reason[] {
  const reasons: Reason[] = [];
  const { id } = model;
  if (allow && !matchesAny(model, allow)) refuse(reasons, 'not_allowed', 'models.allow', id, allow);
  if (deny && matchesAny(model, deny)) refuse(reasons, 'denied', 'models.deny', id, null);
  return reasons;
}

/** True where a model satisfies every one of these rules. */
export const isAllowed = (model: ModelNames, access: readonly ModelRules[]): boolean =>
  access.every(
    ({ allow, deny }) => (!allow || matchesAny(model, allow)) && !(deny && matchesAny(model, deny)),
  );

/** Those of what the caller's key and client may use. */
export const reasonsOfAccess = (model: VideoModel, access: readonly ModelRules[]): Reason[] =>
  isAllowed(model, access)
    ? []
    : [{ code: 'not_allowed', field: 'model', requested: model.id, supported: null }];

/** Those of what the model can do, whatever it is called. */
export function reasonsOfAbility(model: VideoModel, spec: ClipSpec, routing: Routing): Reason[] {
  const reasons: Reason[] = [];
  if (spec.duration !== undefined && !model.durations?.includes(spec.duration)) {
    refuse(reasons, 'unsupported_duration', 'duration', spec.duration, model.durations);
  }
  if (spec.resolution !== undefined && !includesIgnoringCase(model.resolutions, spec.resolution)) {
    refuse(reasons, 'unsupported_resolution', 'resolution', spec.resolution, model.resolutions);
  }
  if (spec.aspect_ratio !== undefined && !model.aspectRatios?.includes(spec.aspect_ratio)) {
    refuse(reasons, 'unsupported_aspect_ratio', 'aspect_ratio', spec.aspect_ratio, model.aspectRatios);
  }
  if (spec.size !== undefined && !acceptsSize(model, spec.size)) {
    refuse(reasons, 'unsupported_size', 'size', spec.size, model.sizes);
  }
  for (const frame of spec.frame_images ?? []) {
    if (!model.frameImages.includes(frame.frame_type)) {
      refuse(reasons, 'unsupported_frame_image', 'frame_images', frame.frame_type, model.frameImages);
    }
  }
  for (const modality of referenceModalities(spec)) {
    // Unknown modalities refuse: a reference that upstream drops in silence buys the wrong video.
    if (!model.inputModalities?.includes(modality)) {
      const media = (model.inputModalities ?? []).filter((known) => known !== 'text');
      refuse(reasons, 'unsupported_reference', 'input_references', modality, media);
    }
  }
  const missing = missingInput(model, spec);
  if (missing) refuse(reasons, 'missing_input', 'input_references', null, [missing]);
  // Asking for silence is met by a model that cannot speak, and an unknown capability (null) is no refusal.
  if (spec.generate_audio === true && model.generateAudio === false) {
    refuse(reasons, 'unsupported_audio', 'generate_audio', true, [false]);
  }
  if (spec.seed !== undefined && model.seed === false)
    refuse(reasons, 'unsupported_seed', 'seed', spec.seed, null);
  if (spec.upscale_factor !== undefined && !acceptsUpscale(model, spec.upscale_factor)) {
    const range = model.upscaleFactor;
    refuse(
      reasons,
      'unsupported_upscale',
      'upscale_factor',
      spec.upscale_factor,
      range && [range.min, range.max],
    );
  }
  if (spec.creativity !== undefined && !model.creativity?.includes(spec.creativity)) {
    refuse(reasons, 'unsupported_creativity', 'creativity', spec.creativity, model.creativity);
  }
  if (routing.passthrough !== 'when_supported') {
    const lacking = lackingKeys(model, spec);
    if (lacking.length > 0) {
      refuse(
        reasons,
        'unsupported_passthrough',
        'provider.options',
        truncateNames(lacking),
        model.passthroughParameters,
      );
    }
  }
  return model.unknown.length === 0 ? reasons : reasons.filter(({ code }) => !isUnknown(model, code));
}

// What upstream says in a way that cannot be read is not a no.
const FIELD_OF: Partial<Record<ReasonCode, CatalogField>> = {
  unsupported_duration: 'durations',
  unsupported_resolution: 'resolutions',
  unsupported_aspect_ratio: 'aspectRatios',
  unsupported_size: 'sizes',
  unsupported_frame_image: 'frameImages',
  unsupported_passthrough: 'passthroughParameters',
  unsupported_upscale: 'upscaleFactor',
  unsupported_creativity: 'creativity',
  missing_input: 'durations',
};

const isUnknown = ({ unknown }: VideoModel, code: ReasonCode): boolean => {
  const field = FIELD_OF[code];
  return field !== undefined && unknown.includes(field);
};

function refuse(
  reasons: Reason[],
  code: ReasonCode,
  field: string,
  requested: unknown,
  supported: readonly unknown[] | null,
): void {
  reasons.push({ code, field, requested, supported });
}

type ModelNames = Pick<VideoModel, 'id' | 'canonicalSlug'>;

/** True where a pattern of `models` is the model's id or canonical slug, or names its author by `author/*`. */
export const matchesPattern = ({ id, canonicalSlug }: ModelNames, pattern: string): boolean =>
  pattern.endsWith('/*') ? id.startsWith(pattern.slice(0, -1)) : pattern === id || pattern === canonicalSlug;

const matchesAny = (model: ModelNames, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => matchesPattern(model, pattern));

/** The kinds of references a spec brings, each once: image, audio, video. */
function referenceModalities(spec: ClipSpec): string[] {
  if (!spec.input_references) return [];
  return [...new Set(spec.input_references.map((reference) => reference.type.replace('_url', '')))];
}

function includesIgnoringCase(list: readonly string[] | null, value: string): boolean {
  if (!list) return false;
  // Nearly always spelled alike: then nothing is lower-cased, model after model.
  if (list.includes(value)) return true;
  const wanted = value.toLowerCase();
  return list.some((item) => item.length === wanted.length && item.toLowerCase() === wanted);
}

/** Where upstream does not enumerate sizes, a size is held against the resolutions and ratios it does list. */
function acceptsSize(model: VideoModel, size: string): boolean {
  if (model.sizes) return model.sizes.includes(size);
  const pixels = parseSize(size);
  if (!pixels || !model.resolutions) return false;
  const ratioFits = model.aspectRatios?.some((ratio) => hasAspectRatio(pixels, ratio)) ?? true;
  return ratioFits && model.resolutions.some((resolution) => hasResolution(pixels, resolution));
}

function acceptsUpscale(model: VideoModel, factor: number): boolean {
  if (!model.upscaleFactor) return false;
  const { min, max } = model.upscaleFactor;
  return (min === null || factor >= min) && (max === null || factor <= max);
}

/**
 * Models whose length follows from their input (durations null) are editors, upscalers and avatars: without
 * that input they can make nothing, however well the rest of the spec fits.
 */
function missingInput(model: VideoModel, spec: ClipSpec): 'video' | 'image' | null {
  if (model.durations !== null) return null;
  const given = referenceModalities(spec);
  if (model.inputModalities?.includes('video')) return given.includes('video') ? null : 'video';
  return given.includes('image') || spec.frame_images ? null : 'image';
}
