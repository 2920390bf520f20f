// OpenRouter's video API as its clients send and read it: the schemas of this gateway's answers in that shape.

import { z } from 'zod';
import { findCallbackUrlFault, MAX_CALLBACK_URL } from '../../core/callbacks/callback-url.ts';
import { checkClipSpec, clipSpecShape, routingShape } from '../../core/clip/clip-spec.ts';
import { ROUTED_MODELS } from '../api/routed-models.ts';
import { HEADER_OF_FIELD, orderHeadersShape } from '../api/schemas/order-headers.ts';
import { queryInteger } from '../api/schemas/query.ts';
import { WarningSchema } from '../api/schemas/route.ts';

// OpenRouter ignores fields it does not know. Of ours, one that is ignored would be a limit that does not hold.
const OURS = [...Object.keys(routingShape), 'fallback', 'quote', 'dry_run', 'tags', 'reference'];

export const VideoRequestSchema = z
  .looseObject({
    model: z
      .string()
      .min(1)
      .max(256)
      .describe(`A model id, or ${ROUTED_MODELS.join(', ')}: the router picks the model.`),
    ...clipSpecShape,
    callback_url: z
      .string()
      .refine((url) => findCallbackUrlFault(url) === null, {
        error: ({ input }) => findCallbackUrlFault(String(input)) ?? '',
      })
      .optional()
      .describe(
        "URL (https) to POST to when the job ends: OpenRouter's event and signature, with your own callback secret.",
      )
      .meta({ format: 'uri', maxLength: MAX_CALLBACK_URL }),
  })
  .superRefine((body, context) => {
    for (const field of OURS) {
      if (body[field] === undefined) continue;
      const header = HEADER_OF_FIELD[field];
      const instead = header === undefined ? 'use POST /jobs' : `send the header ${header}`;
      context.addIssue({
        code: 'custom',
        path: [field],
        message: `is not a field of OpenRouter's API: ${instead}`,
      });
    }
    for (const { path, message } of checkClipSpec(body))
      context.addIssue({ code: 'custom', path: [...path], message });
  })
  .meta({
    id: 'VideoGenerationRequest',
    examples: [
      {
        model: 'google/veo-3.1-lite',
        prompt: 'A paper boat sails down a rainy street at dusk',
        duration: 4,
        resolution: '720p',
        aspect_ratio: '16:9',
      },
    ],
  });

export const VideoHeadersSchema = z.object(orderHeadersShape);

const UsageSchema = z.object({
  cost: z.number().optional().describe('Dollars; absent where the bill is unknown.'),
  is_byok: z.boolean().optional(),
});

const example = {
  id: 'job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB',
  polling_url: 'https://clips.example.com/api/v1/videos/job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB',
};

const VideoStatusSchema = z
  .enum(['pending', 'in_progress', 'completed', 'failed', 'cancelled', 'expired'])
  .meta({
    id: 'OpenRouterVideoStatus',
    description: 'Closed: no other value occurs. All but the first two are terminal.',
  });

export const VideoSchema = z
  .object({
    id: z.string(),
    polling_url: z.string(),
    status: VideoStatusSchema,
    generation_id: z.string().optional().describe("OpenRouter's id, once it is known."),
    unsigned_urls: z
      .array(z.string())
      .optional()
      .describe('Once completed: where this gateway serves the clip.'),
    usage: UsageSchema.optional(),
    error: z.string().optional(),
    metadata: z.object({ model: z.string().describe('The model that makes the clip.') }).optional(),
  })
  .meta({
    id: 'VideoGenerationResponse',
    description: 'A job, in the shape of OpenRouter. Fields that say nothing are absent, never null.',
    examples: [
      {
        ...example,
        status: 'completed',
        unsigned_urls: [`${example.polling_url}/content?index=0`],
        usage: { cost: 0.12, is_byok: false },
        metadata: { model: 'google/veo-3.1-lite' },
      },
    ],
  });

export const SubmittedSchema = z
  .object({
    id: z.string(),
    polling_url: z.string(),
    status: z.literal('pending'),
    metadata: z
      .object({ warnings: z.array(WarningSchema) })
      .optional()
      .describe('What to know of the request that was sent; absent = nothing.'),
  })
  .meta({ id: 'VideoGenerationSubmitted', examples: [{ ...example, status: 'pending' }] });

export const VideoGenerationEventSchema = z
  .object({
    type: z.enum([
      'video.generation.completed',
      'video.generation.failed',
      'video.generation.cancelled',
      'video.generation.expired',
    ]),
    created_at: z.iso.datetime().describe('When the job ended.'),
    data: VideoSchema.pick({ id: true, unsigned_urls: true, usage: true, error: true }).extend({
      status: z.enum(['completed', 'failed', 'cancelled', 'expired']),
      generation_id: z.string().nullable(),
      model: z.string(),
    }),
  })
  .meta({
    id: 'VideoGenerationEvent',
    examples: [
      {
        type: 'video.generation.completed',
        created_at: '2026-10-02T09:00:44.120Z',
        data: {
          id: example.id,
          status: 'completed',
          generation_id: null,
          model: 'google/veo-3.1-lite',
          unsigned_urls: [`${example.polling_url}/content?index=0`],
          usage: { cost: 0.12, is_byok: false },
        },
      },
    ],
  });

// Both of our ids and upstream's, and no more of a path.
export const VideoParamsSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[\w-]{1,128}$/)
    .describe("A job id: this gateway's or OpenRouter's.")
    .meta({ examples: ['job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB'] }),
});

/** Clients of OpenRouter's may send parameters of their own. */
export const AnyQuerySchema = z.looseObject({});

export const VideoContentQuerySchema = z.looseObject({
  index: queryInteger(0, 1000).prefault(0).describe('Index of the video.'),
  exp: queryInteger(0, 1e12).optional().describe('Of a signed link: when it expires, in seconds since 1970.'),
  sig: z.string().max(100).optional().describe('Signature of a signed link.'),
});

export const ModelsQuerySchema = z.looseObject({
  output_modalities: z
    .string()
    .max(200)
    .optional()
    .describe('This gateway has models for `video` only.')
    .meta({ examples: ['video'] }),
});

export const UpstreamListSchema = z.object({ data: z.array(z.looseObject({ id: z.string() })) }).meta({
  id: 'VideoModelList',
  description: "OpenRouter's own list, from the cache.",
  examples: [{ data: [{ id: 'google/veo-3.1-lite' }] }],
});

export const KeySchema = z
  .object({
    data: z.looseObject({
      label: z.string(),
      limit: z.number().nullable().describe('Dollars, of the budget with the least left; null = no budget.'),
      limit_remaining: z.number().nullable(),
      limit_reset: z.string().nullable().describe('daily, weekly or monthly; null = never.'),
      usage: z.number().describe('Dollars spent in the window of that budget; 0 where no budget counts.'),
    }),
  })
  .meta({
    id: 'CurrentKey',
    examples: [
      {
        data: { label: 'studio', limit: 500, limit_remaining: 487.66, limit_reset: 'monthly', usage: 12.34 },
      },
    ],
  });

const ErrorSchema = z
  .object({
    error: z.object({
      code: z.int().describe('The HTTP status.'),
      message: z.string(),
      metadata: z.record(z.string(), z.unknown()).optional(),
    }),
  })
  .meta({
    id: 'OpenRouterError',
    examples: [{ error: { code: 400, message: 'x/y is not a valid model ID' } }],
  });

const MEANINGS = {
  400: 'The request is wrong, or no model can make the clip. Nothing was bought.',
  401: 'The key is missing or unknown.',
  402: 'A budget, or the OpenRouter account, has no room. Nothing was bought.',
  403: 'Forbidden by OpenRouter, or the key may only read.',
  404: 'The client has no such job.',
  405: 'Method not allowed; see `Allow`.',
  408: 'The request took too long to arrive.',
  409: 'The clip does not exist yet.',
  410: 'The job has no clip, or it is no longer available.',
  412: 'The clip is not the one that `If-Match` names.',
  413: 'The body is too large: 32 MB.',
  416: 'The range lies outside the clip.',
  429: 'OpenRouter or a provider limits the rate. Nothing was bought.',
  500: 'Internal server error. Nothing was bought.',
  502: 'The clip could not be downloaded from OpenRouter.',
  503: 'Nothing was bought; retry after `Retry-After`.',
} as const;

/** Declares the errors of a route, one for each status it can return. */
export function openRouterErrors<const S extends keyof typeof MEANINGS>(...statuses: readonly S[]) {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: MEANINGS[status], content: { 'application/json': { schema: ErrorSchema } } },
    ]),
  ) as unknown as Record<S, typeof ErrorSchema>;
}
