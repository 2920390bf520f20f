// A clip spec: OpenRouter's own request without `model`, refused where it cannot mean one thing.
//
// It is kept in the names it arrives and leaves in. The gateway passes it on unchanged, and renaming every
// field twice is where one would get lost.

import { z } from 'zod';
import { MODEL_PATTERN } from '../catalog/model-id.ts';
import { MAX_PROMPT_CHARACTERS } from './cut-request.ts';
import { findMediaUrlError, type MediaKind } from './media-url.ts';
import { ASPECT_RATIO, hasAspectRatio, hasResolution, parseSize, RESOLUTION, SIZE } from './resolution.ts';

/** A URL that OpenRouter can fetch media from, or the media itself in a `data:` URL. */
const mediaUrl = (kind: MediaKind) =>
  z.string().refine((url) => findMediaUrlError(url, kind) === null, {
    error: ({ input }) => findMediaUrlError(String(input), kind) ?? '',
  });

const wholeNumber = () => z.int('must be a whole number');

const ImagePartSchema = z.strictObject({
  type: z.literal('image_url'),
  image_url: z.strictObject({ url: mediaUrl('image') }),
});
const AudioPartSchema = z.strictObject({
  type: z.literal('audio_url'),
  audio_url: z.strictObject({ url: mediaUrl('audio') }),
});
const VideoPartSchema = z.strictObject({
  type: z.literal('video_url'),
  video_url: z.strictObject({ url: mediaUrl('video') }),
});

const FrameImageSchema = z
  .strictObject({ ...ImagePartSchema.shape, frame_type: z.enum(['first_frame', 'last_frame']) })
  .describe('An image that is exactly the first or last frame of the clip.');

const InputReferenceSchema = z
  .discriminatedUnion('type', [ImagePartSchema, AudioPartSchema, VideoPartSchema])
  .describe('An image, sound or video that guides the style or content of the clip.');

/** Every field of a clip spec; combined with others by the routes, then checked by `checkClipSpec`. */
export const clipSpecShape = {
  prompt: z
    .string()
    .max(MAX_PROMPT_CHARACTERS)
    .optional()
    .describe('What the clip shows. Optional if an image or reference is given.')
    .meta({ examples: ['A paper boat sails down a rainy street at dusk'] }),
  duration: wholeNumber()
    .min(1)
    .max(3600)
    .optional()
    .describe('Length in seconds.')
    .meta({ examples: [5] }),
  resolution: z
    .string()
    .regex(RESOLUTION, 'must be a resolution such as 720p, 1080p or 4K')
    .optional()
    .describe('Such as 480p, 720p, 768p, 1080p, 1K, 2K or 4K; new values are passed on.')
    .meta({ examples: ['720p'] }),
  aspect_ratio: z
    .string()
    .regex(ASPECT_RATIO, 'must be an aspect ratio such as 16:9')
    .optional()
    .describe('Such as 16:9, 9:16, 1:1 or 21:9; new values are passed on.')
    .meta({ examples: ['9:16'] }),
  size: z
    .string()
    .regex(SIZE, 'must be width x height in pixels, such as 1280x720')
    .optional()
    .describe('Exact size in pixels, instead of resolution and aspect_ratio.')
    .meta({ examples: ['1280x720'] }),
  frame_images: z.array(FrameImageSchema).min(1).max(2).optional(),
  input_references: z.array(InputReferenceSchema).min(1).max(50).optional(),
  generate_audio: z.boolean().optional().describe('Whether the clip has sound.'),
  seed: wholeNumber().optional().describe('Seed for repeatable output, on models that support one.'),
  provider: z
    .strictObject({
      options: z
        .record(
          z.string().regex(/^[a-z0-9][a-z0-9./_-]{0,63}$/i, 'is not a provider slug such as google-vertex'),
          z.record(z.string(), z.unknown()),
        )
        .optional(),
    })
    .optional()
    .describe(
      'Provider-specific options under the slug of the provider: {"options": {"google-vertex": {...}}}.',
    ),
  previous_job_id: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,128}$/, 'must be the id of an earlier job')
    .optional()
    .describe('Continue the clip of this earlier job.'),
  session_id: z.string().min(1).max(256).optional(),
  user: z.string().min(1).max(256).optional(),
  trace: z.record(z.string(), z.unknown()).optional(),
  upscale_factor: z.number().positive().max(16).optional(),
  creativity: wholeNumber().min(0).max(10).optional(),
} as const;

const ClipSpecFields = z.strictObject(clipSpecShape);
export type ClipSpec = z.infer<typeof ClipSpecFields>;

type Fault = { readonly path: readonly PropertyKey[]; readonly message: string };

/**
 * What single fields cannot say about themselves: contradictions and things missing.
 * Returns one fault per problem, each with the path of the field to change; empty where the spec is sound.
 */
export function checkClipSpec(spec: ClipSpec): Fault[] {
  const faults: Fault[] = [];
  if (!spec.prompt?.trim() && !spec.frame_images && !spec.input_references) {
    faults.push({ path: ['prompt'], message: 'is required if no image or reference is given' });
  }
  const size = spec.size === undefined ? null : parseSize(spec.size);
  if (size && spec.resolution && !hasResolution(size, spec.resolution)) {
    faults.push({
      path: ['size'],
      message: `${spec.size} does not match ${spec.resolution}: send size or resolution, or make them agree`,
    });
  }
  if (size && spec.aspect_ratio && !hasAspectRatio(size, spec.aspect_ratio)) {
    faults.push({
      path: ['size'],
      message: `${spec.size} does not match ${spec.aspect_ratio}: send size or aspect_ratio, or make them agree`,
    });
  }
  spec.frame_images?.forEach((frame, index, all) => {
    if (all.findIndex((other) => other.frame_type === frame.frame_type) < index) {
      faults.push({
        path: ['frame_images', index, 'frame_type'],
        message: `is a duplicate ${frame.frame_type}`,
      });
    }
  });
  return faults;
}

export const PRIORITIES = ['fast_and_cheap', 'quality_and_cost', 'balanced'] as const;

/** How the three scores weigh; any positive scale, brought to a sum of one before use. */
const WeightsSchema = z
  .strictObject({
    speed: z.number().min(0),
    cost: z.number().min(0),
    quality: z.number().min(0),
    reliability: z.number().min(0).optional().describe('Weight of the share of jobs that end with a clip.'),
  })
  .refine(
    ({ speed, cost, quality, reliability = 0 }) => speed + cost + quality + reliability > 0,
    'must have at least one weight above 0',
  );

const ModelPatternSchema = z
  .string()
  .regex(MODEL_PATTERN, 'must be a model id such as google/veo-3.1, or author/*');

/** What tells the router how to choose; never sent upstream. */
export const routingShape = {
  priority: z
    .union(
      [z.enum(PRIORITIES), WeightsSchema],
      `must be ${PRIORITIES.join(', ')} or weights {speed, cost, quality}`,
    )
    .optional()
    .describe('A profile, or your own weights. Default: balanced.'),
  scoring: z
    .enum(['measured', 'guide'])
    .optional()
    .describe(
      "How models are scored. measured (default): dollars for this clip, expected seconds, rated quality. guide: as OpenRouter's published helper, digit for digit.",
    ),
  max_cost_usd: z
    .number()
    .positive()
    .max(100_000)
    .optional()
    .describe('Reject models whose clip may cost more.'),
  max_wait_s: z
    .number()
    .positive()
    .max(86_400)
    .optional()
    .describe('Reject models whose 90th percentile is longer.'),
  models: z
    .strictObject({
      allow: z.array(ModelPatternSchema).min(1).max(500).optional(),
      deny: z.array(ModelPatternSchema).max(500).optional(),
    })
    .optional()
    .describe('Consider only, or never, these models: ids, or author/* for all models of an author.'),
  passthrough: z
    .enum(['require', 'when_supported'])
    .optional()
    .describe(
      'Provider options that a model lacks: reject the model (require, the default), or omit the options (when_supported).',
    ),
  preflight: z
    .boolean()
    .optional()
    .describe(
      'Check every image, audio and video URL first: 422 `media_unreachable` if one is unreachable or not of its declared type. The length of video references is measured, and the estimate and its ceiling go by it.',
    ),
} as const;

const RoutingFields = z.strictObject(routingShape);
type RoutingBody = z.infer<typeof RoutingFields>;
/** Ids or `author/*`. Only what `allow` names, where it is given; never what `deny` names. */
export type ModelRules = NonNullable<RoutingBody['models']>;
export type Routing = RoutingBody & {
  /** What the caller's key and client may use: models satisfy each of these. Absent = everything. */
  readonly access?: readonly ModelRules[];
};
export type Priority = NonNullable<Routing['priority']>;

/** What single routing fields cannot say about themselves; as `checkClipSpec`. */
export function checkRouting({ priority, scoring }: Pick<Routing, 'priority' | 'scoring'>): Fault[] {
  if (scoring !== 'guide' || typeof priority !== 'object' || !priority.reliability) return [];
  return [
    { path: ['priority', 'reliability'], message: 'is not a weight of the guide: remove it, or scoring' },
  ];
}
