// OpenAI's Videos API as its clients send and read it: requests, the Video object, lists and errors.

import { z } from 'zod';
import { findCallbackUrlFault, MAX_CALLBACK_URL } from '../../core/callbacks/callback-url.ts';
import { MAX_PROMPT_CHARACTERS } from '../../core/clip/cut-request.ts';
import { findMediaUrlError } from '../../core/clip/media-url.ts';
import { parseSize } from '../../core/clip/resolution.ts';
import { orderHeadersShape } from '../api/schemas/order-headers.ts';
import { queryInteger } from '../api/schemas/query.ts';
import { WarningSchema } from '../api/schemas/route.ts';

/** What OpenAI makes where a request does not say. */
export const DEFAULTS = { model: 'sora-2', seconds: 4, size: '720x1280' } as const;

const MAX_SECONDS = 3600;
const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/webp'];

const imageUrl = z.string().refine((url) => findMediaUrlError(url, 'image') === null, {
  error: ({ input }) => findMediaUrlError(String(input), 'image') ?? '',
});

export const CreateVideoSchema = z
  .strictObject({
    model: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe(`An alias (MODEL_ALIASES), an OpenRouter model id, or \`auto\`. Default: ${DEFAULTS.model}.`),
    prompt: z.string().min(1).max(MAX_PROMPT_CHARACTERS).describe('What the clip shows.'),
    seconds: z
      .union([z.string(), z.number()])
      .refine(
        (value) => /^[1-9]\d{0,3}$/.test(String(value)) && Number(value) <= MAX_SECONDS,
        `must be a whole number of seconds from 1 to ${MAX_SECONDS}`,
      )
      .optional()
      .describe('Length in seconds, such as "4". Default: 4 where the model makes it, else the nearest.'),
    size: z
      .string()
      .refine((size) => parseSize(size) !== null, 'must be width x height in pixels, such as 1280x720')
      .optional()
      .describe('Such as 1280x720. Default: 720x1280 where the model makes it, else the nearest.'),
    input_reference: z
      .strictObject({
        // First, so that it is named as the parameter at fault where it stands in place of the other.
        file_id: z
          .never('is not served: this gateway keeps no files. Send the image, or image_url')
          .optional()
          .describe('Refused: this gateway keeps no files.'),
        image_url: imageUrl.describe('The first frame: a URL or a `data:` URL.'),
      })
      .optional()
      .describe('The first frame of the clip; in multipart/form-data a PNG, JPEG or WebP file.'),
    user: z.string().min(1).max(256).optional(),
  })
  .meta({
    id: 'CreateVideoRequest',
    examples: [
      { model: 'google/veo-3.1-lite', prompt: 'A paper boat at dusk', seconds: '4', size: '1280x720' },
    ],
  });

/** The same as multipart/form-data, for the document: a form is read as the JSON that says the same. */
export const CreateVideoFormSchema = z
  .strictObject({
    ...CreateVideoSchema.shape,
    seconds: z
      .string()
      .regex(/^[1-9]\d{0,3}$/)
      .optional()
      .describe('Length in whole seconds, such as 4. Default: 4 where the model makes it, else the nearest.'),
    input_reference: z
      .string()
      .optional()
      .describe(
        'The first frame of the clip: a PNG, JPEG or WebP file. What it is is read from its bytes, whatever its part says.',
      )
      .meta({ format: 'binary', contentMediaType: IMAGE_TYPES.join(', ') }),
    'input_reference[image_url]': z
      .string()
      .optional()
      .describe('The first frame as a URL or a `data:` URL, in place of a file.'),
  })
  .meta({
    id: 'CreateVideoForm',
    description:
      'Each field at most once. A field of text has at most 1 MiB; the file and all else together have at most 32 MiB.',
    examples: [
      { model: 'google/veo-3.1-lite', prompt: 'A paper boat at dusk', seconds: '4', size: '1280x720' },
    ],
  });

export const VideoHeadersSchema = z.object({
  ...orderHeadersShape,
  'x-clipgate-callback-url': z
    .string()
    .refine((url) => url === '' || findCallbackUrlFault(url) === null, {
      error: ({ input }) => findCallbackUrlFault(String(input)) ?? '',
    })
    .optional()
    .describe(
      "URL (https) to POST OpenAI's event `video.completed` or `video.failed` to, signed with your callback secret. Empty: none.",
    )
    .meta({
      maxLength: MAX_CALLBACK_URL,
      // Programs that import the document send each example, and a client without a secret has none to sign with.
      examples: [''],
    }),
  'x-stainless-retry-count': z
    .string()
    .optional()
    .describe("Sent by OpenAI's libraries: above 0, an earlier order of the same body is answered again.")
    .meta({ examples: ['0'] }),
});

/** OpenAI's clients may send parameters of their own. */
export const AnyQuerySchema = z.looseObject({});

export const VideoListQuerySchema = z.looseObject({
  limit: queryInteger(1, 100).prefault(20).describe('Maximum number of entries.'),
  after: z
    .string()
    .regex(/^[\w-]{1,128}$/, 'must be the id of a video')
    .optional()
    .describe('Id of the last video of the previous page.'),
  order: z.enum(['asc', 'desc']).prefault('desc').describe('By time of creation.'),
});

export const VideoContentQuerySchema = z.looseObject({
  variant: z.string().max(100).prefault('video').describe('Only `video`.'),
});

const id = 'job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB';

export const VideoParamsSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[\w-]{1,128}$/)
    .describe('Id of a video.')
    .meta({ examples: [id] }),
});

export const VIDEO_STATUSES = ['queued', 'in_progress', 'completed', 'failed'] as const;

const VideoStatusSchema = z
  .enum(VIDEO_STATUSES)
  .meta({ id: 'VideoStatus', description: 'Closed: no other value occurs. The last two are terminal.' });

const videoExample = {
  id,
  object: 'video' as const,
  model: 'google/veo-3.1-lite',
  status: 'completed' as const,
  progress: 100,
  created_at: 1_790_931_600,
  completed_at: 1_790_931_644,
  expires_at: null,
  seconds: '4',
  size: '1280x720',
  prompt: 'A paper boat at dusk',
  remixed_from_video_id: null,
  error: null,
  metadata: { status: 'completed', cost_usd: 0.12, estimated_usd: 0.12 },
};

export const VideoSchema = z
  .object({
    id: z.string(),
    object: z.literal('video'),
    model: z.string().describe('The model that makes the clip.'),
    status: VideoStatusSchema,
    progress: z
      .int()
      .min(0)
      .max(100)
      .describe('Percent, from the expected time; never falls, 100 at the end.'),
    created_at: z.int().describe('Unix seconds.'),
    completed_at: z.int().nullable(),
    expires_at: z.int().nullable().describe('Null: clips are kept.'),
    seconds: z.string().describe('Length in seconds; empty if the model chose it.'),
    size: z.string().describe('Width x height; empty if the model chose it.'),
    prompt: z.string().nullable(),
    remixed_from_video_id: z.null(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    metadata: z
      .object({
        status: z.string().describe("The job's status in this gateway's own API."),
        cost_usd: z.number().nullable().describe('Null where the bill is unknown.'),
        estimated_usd: z.number().nullable(),
        adjusted_defaults: z
          .object({ seconds: z.string().optional(), size: z.string().optional() })
          .optional()
          .describe("What stands in place of OpenAI's defaults, which the model does not make."),
        warnings: z
          .array(WarningSchema)
          .optional()
          .describe(
            'What to know of the request that was sent, in the answer to an order; absent = nothing.',
          ),
      })
      .describe('Beside what OpenAI says of a video.'),
  })
  .meta({ id: 'Video', examples: [videoExample] });

export const VideoListSchema = z
  .object({
    object: z.literal('list'),
    data: z.array(VideoSchema),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  })
  .meta({
    id: 'VideoList',
    examples: [{ object: 'list', data: [videoExample], first_id: id, last_id: id, has_more: false }],
  });

export const DeletedVideoSchema = z
  .object({ id: z.string(), object: z.literal('video.deleted'), deleted: z.literal(true) })
  .meta({ id: 'DeletedVideo', examples: [{ id, object: 'video.deleted', deleted: true }] });

export const VideoEventSchema = z
  .object({
    id: z.string().describe('The same on every attempt; also in `webhook-id`.'),
    object: z.literal('event'),
    created_at: z.int().describe('When the video ended, in Unix seconds.'),
    type: z.enum(['video.completed', 'video.failed']),
    data: z.object({ id: z.string().describe('Id of the video.') }),
  })
  .meta({
    id: 'VideoEvent',
    examples: [
      {
        id: `evt_${id}_completed`,
        object: 'event',
        created_at: 1_790_931_644,
        type: 'video.completed',
        data: { id },
      },
    ],
  });

const ErrorSchema = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.enum(['invalid_request_error', 'authentication_error', 'rate_limit_error', 'server_error']),
      param: z.string().nullable().describe('The invalid field or parameter.'),
      code: z
        .string()
        .nullable()
        .describe('Stable; branch on this. Open: a word of OpenAI, or a code of `POST /jobs`.'),
    }),
  })
  .meta({
    id: 'OpenAIError',
    examples: [
      {
        error: {
          message: "The model 'sora-9' does not exist.",
          type: 'invalid_request_error',
          param: 'model',
          code: 'model_not_found',
        },
      },
    ],
  });

const MEANINGS = {
  400: 'The request is wrong, not served, or no model can make the clip. Nothing was bought.',
  401: 'The key is missing or unknown.',
  402: 'A budget, or the OpenRouter account, has no room. Nothing was bought.',
  403: 'Forbidden by OpenRouter, or the key may not do this.',
  404: 'The client has no such video, or it has no clip.',
  405: 'Method not allowed; see `Allow`.',
  412: 'The clip is not the one that `If-Match` names.',
  413: 'The body is too large: 32 MB.',
  416: 'The range lies outside the clip.',
  429: 'Too many requests. Nothing was bought.',
  500: 'Internal server error.',
  502: 'The clip could not be downloaded, or OpenRouter refuses the key of this gateway.',
  503: 'Nothing was bought; see `Retry-After`.',
} as const;

/** Declares the errors of a route, one for each status it can return. */
export function openAiErrors<const S extends keyof typeof MEANINGS>(...statuses: readonly S[]) {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: MEANINGS[status], content: { 'application/json': { schema: ErrorSchema } } },
    ]),
  ) as unknown as Record<S, typeof ErrorSchema>;
}
