// A clip spec: OpenRouter's own request without `model`, refused where it cannot mean one thing.
//
// It is kept in the names it arrives and leaves in. The gateway passes it on unchanged, and renaming every
// field twice is where one would get lost.

import { z } from 'zod';
import { MODEL_PATTERN } from '../catalog/model-id.ts';
import { MAX_PROMPT_CHARACTERS } from './cut-request.ts';
import { ASPECT_RATIO, hasAspectRatio, hasResolution, parseSize, RESOLUTION, SIZE } from './resolution.ts';

// Longer than any signed URL; what is larger is content, and belongs into a data: URL.
const MAX_URL = 8192;
// A data: URL is checked for its media type, never decoded here.
const MAX_MEDIA_TYPE = 200;

/** Where upstream may fetch a picture, sound or video, or the bytes themselves. */
const mediaUrl = (kind: 'image' | 'audio' | 'video') =>
  z
    .string()
    .refine(
      (url) => isHttpsUrl(url) || (kind !== 'video' && isDataUrl(url, kind)),
      kind === 'video'
        ? 'must be an https: URL (video references cannot be data: URLs)'
        : `must be an https: URL or a data:${kind}/... URL with content`,
    );

function isHttpsUrl(url: string): boolean {
  return url.startsWith('https://') && url.length <= MAX_URL && URL.canParse(url);
}

/** `data:<kind>/<subtype>[;parameters],<at least one byte>` (RFC 2397). */
function isDataUrl(url: string, kind: string): boolean {
  const comma = url.slice(0, MAX_MEDIA_TYPE).indexOf(',');
  return (
    url.startsWith(`data:${kind}/`) &&
    comma < url.length - 1 &&
    /^[\w.+-]+(;[\w.+=-]+)*$/.test(url.slice(`data:${kind}/`.length, Math.max(0, comma)))
  );
}

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
  .describe('A picture the clip must begin or end with, exactly.');

const InputReferenceSchema = z
  .discriminatedUnion('type', [ImagePartSchema, AudioPartSchema, VideoPartSchema])
  .describe('A picture, sound or video the clip takes its style or content from.');

/** Every field of a clip spec; combined with others by the routes, then checked by `checkClipSpec`. */
export const clipSpecShape = {
  prompt: z
    .string()
    .max(MAX_PROMPT_CHARACTERS)
    .optional()
    .describe('What the clip shows. May be left out where an image alone says it.')
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
    .describe('Exact pixels, instead of resolution and aspect_ratio.')
    .meta({ examples: ['1280x720'] }),
  frame_images: z.array(FrameImageSchema).min(1).max(2).optional(),
  input_references: z.array(InputReferenceSchema).min(1).max(50).optional(),
  generate_audio: z.boolean().optional().describe('Whether the clip has sound.'),
  seed: wholeNumber().optional().describe('Repeatable randomness, on models that have it.'),
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
    .describe('Options only one provider knows, under its slug: {"options": {"google-vertex": {...}}}.'),
  previous_job_id: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,128}$/, 'must be the id of an earlier job')
    .optional()
    .describe('Continue the clip of this earlier job of yours.'),
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
    faults.push({ path: ['prompt'], message: 'is required where no image or reference is given' });
  }
  const size = spec.size === undefined ? null : parseSize(spec.size);
  if (size && spec.resolution && !hasResolution(size, spec.resolution)) {
    faults.push({
      path: ['size'],
      message: `${spec.size} is not ${spec.resolution}: send one form, or make them agree`,
    });
  }
  if (size && spec.aspect_ratio && !hasAspectRatio(size, spec.aspect_ratio)) {
    faults.push({
      path: ['size'],
      message: `${spec.size} is not ${spec.aspect_ratio}: send one form, or make them agree`,
    });
  }
  spec.frame_images?.forEach((frame, index, all) => {
    if (all.findIndex((other) => other.frame_type === frame.frame_type) < index) {
      faults.push({
        path: ['frame_images', index, 'frame_type'],
        message: `there is already a ${frame.frame_type}`,
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
    reliability: z.number().min(0).optional().describe('How much it counts that jobs end with a clip.'),
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
    .describe('What matters: a profile, or your own weights. Default: balanced.'),
  scoring: z
    .enum(['measured', 'guide'])
    .optional()
    .describe(
      "How models are scored. measured (default): dollars for this clip, expected seconds, judged quality. guide: OpenRouter's published helper, to the digit.",
    ),
  max_cost_usd: z
    .number()
    .positive()
    .max(100_000)
    .optional()
    .describe('Refuse models whose clip may cost more.'),
  max_wait_s: z
    .number()
    .positive()
    .max(86_400)
    .optional()
    .describe('Refuse models that may take longer: of which one clip in ten is expected to.'),
  models: z
    .strictObject({
      allow: z.array(ModelPatternSchema).min(1).max(500).optional(),
      deny: z.array(ModelPatternSchema).max(500).optional(),
    })
    .optional()
    .describe('Consider only, or never, these models: ids, or author/* for all of an author.'),
  passthrough: z
    .enum(['require', 'when_supported'])
    .optional()
    .describe('Provider options a model lacks: refuse the model (require, the default), or leave them out.'),
  preflight: z
    .boolean()
    .optional()
    .describe(
      'Look at every image, audio and video URL first: 422 `media_unreachable` where one is not there or not what it says.',
    ),
} as const;

const RoutingFields = z.strictObject(routingShape);
export type Routing = z.infer<typeof RoutingFields>;
export type Priority = NonNullable<Routing['priority']>;

/** What single routing fields cannot say about themselves; as `checkClipSpec`. */
export function checkRouting({ priority, scoring }: Pick<Routing, 'priority' | 'scoring'>): Fault[] {
  if (scoring !== 'guide' || typeof priority !== 'object' || !priority.reliability) return [];
  return [
    { path: ['priority', 'reliability'], message: "is no weight of the guide's: leave out one of the two" },
  ];
}
