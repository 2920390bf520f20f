// The shape of a job, of the request that makes one, and of the list of them.

import { z } from 'zod';
import { findCallbackUrlFault, MAX_CALLBACK_URL } from '../../../core/callbacks/callback-url.ts';
import { CALLBACK_STATES, eventTypeOf, TOLD_STATUSES } from '../../../core/callbacks/delivery.ts';
import { MODEL_ID } from '../../../core/catalog/model-id.ts';
import { checkClipSpec, checkRouting, clipSpecShape, routingShape } from '../../../core/clip/clip-spec.ts';
import { JOB_STATUSES } from '../../../core/job/job.ts';
import { JOB_ID_PATTERN } from '../../../service/orders/ids.ts';
import { listOf } from './list.ts';
import { CatalogSchema } from './model.ts';
import { queryInteger } from './query.ts';
import {
  EstimateSchema,
  ExpectedSchema,
  NearestSchema,
  RejectedSchema,
  routeExample,
  WarningSchema,
} from './route.ts';

const ModelIdSchema = z.string().regex(MODEL_ID, 'must be a model id such as google/veo-3.1');

// Beside a model there is nothing left to choose, so these could only mislead.
const CHOOSING = ['priority', 'scoring', 'models', 'fallback'] as const;

const FallbackSchema = z
  .strictObject({
    max_attempts: z
      .int('must be a whole number')
      .min(2)
      .max(5)
      .describe('Models tried in all, the first included.'),
    max_total_cost_usd: z
      .number()
      .positive()
      .max(100_000)
      .describe('What all attempts together may cost; also a limit for each of them.'),
  })
  .describe('After a refusal, or a failure that was not billed, try the next candidate under the same job.');

export const JobBodySchema = z
  .strictObject({
    model: ModelIdSchema.optional().describe('Buy from this model. Without it the router picks one.'),
    ...clipSpecShape,
    ...routingShape,
    fallback: FallbackSchema.optional(),
    callback_url: z
      .string()
      .refine((url) => findCallbackUrlFault(url) === null, {
        error: ({ input }) => findCallbackUrlFault(String(input)) ?? '',
      })
      .optional()
      .describe('Where to POST a signed JobEvent when the job has ended; https. Never sent upstream.')
      .meta({ format: 'uri', maxLength: MAX_CALLBACK_URL }),
    dry_run: z.boolean().optional().describe('Answer with the plan and buy nothing.'),
    quote: z
      .string()
      .regex(/^[\w-]{1,8}\.[\w-]{1,1000}\.[\w-]{1,100}$/, 'must be a quote from POST /route')
      .optional()
      .describe('Buy what POST /route quoted for this same body: that model, at that price or less.'),
  })
  .superRefine((body, context) => {
    for (const { path, message } of [...checkClipSpec(body), ...checkRouting(body)])
      context.addIssue({ code: 'custom', path: [...path], message });
    if (body.model !== undefined && body.quote !== undefined) {
      context.addIssue({ code: 'custom', path: ['model'], message: 'is already named by the quote' });
    }
    if (body.fallback !== undefined && body.quote !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['fallback'],
        message: 'has no other candidates beside a quote',
      });
    }
    if (body.model === undefined) return;
    for (const field of CHOOSING) {
      if (body[field] === undefined) continue;
      context.addIssue({
        code: 'custom',
        path: [field],
        message: 'chooses between models, and model is already given',
      });
    }
  })
  .meta({
    id: 'JobRequest',
    examples: [
      {
        prompt: 'A paper boat sails down a rainy street at dusk',
        duration: 4,
        resolution: '720p',
        aspect_ratio: '16:9',
        generate_audio: false,
      },
    ],
  });

export const JobHeadersSchema = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
    .optional()
    .describe('Makes the request safe to repeat: the same key and body never buy twice.'),
  prefer: z.string().optional().describe('`respond-async`: answer before upstream does.'),
});

export const JobParamsSchema = z.strictObject({ id: z.string().regex(JOB_ID_PATTERN).describe('Job id.') });

const id = 'job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB';
export const jobExample = {
  id,
  client: 'studio',
  status: 'completed' as const,
  model: 'google/veo-3.1-lite',
  created_at: '2026-10-02T09:00:00.000Z',
  updated_at: '2026-10-02T09:00:44.120Z',
  request: { model: 'google/veo-3.1-lite', prompt: 'A paper boat', duration: 4, resolution: '720p' },
  cost: { estimated_usd: 0.12, actual_usd: 0.12, is_byok: false },
  upstream: { id: 'gen-vid-1790931600-a1B2c3D4e5F6g7H8i9J0', generation_id: null },
  error: null,
  attempts: [
    {
      model: 'google/veo-3.1-lite',
      upstream_id: 'gen-vid-1790931600-a1B2c3D4e5F6g7H8i9J0',
      status: 'completed' as const,
      error: null,
      started_at: '2026-10-02T09:00:00.120Z',
      cost: { estimated_usd: 0.12, actual_usd: 0.12 },
    },
  ],
  resubmit_of: null,
  resubmit_safe: false,
  callback: null,
  outputs: [{ index: 0, url: `/jobs/${id}/content?index=0`, content_type: 'video/mp4', bytes: 1048576 }],
  links: { self: `/jobs/${id}`, events: `/jobs/${id}/events`, content: `/jobs/${id}/content` },
};

export const JobSchema = z
  .object({
    id: z.string(),
    client: z.string().describe('Whose job it is: the name of a client, or `operator:` and the name of one.'),
    status: z.enum(JOB_STATUSES),
    model: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    request: z
      .record(z.string(), z.unknown())
      .describe('What was sent upstream, but for the address of our own webhook.'),
    cost: z.object({
      estimated_usd: z.number().nullable(),
      actual_usd: z.number().nullable().describe('What upstream billed; null = not known, never zero.'),
      is_byok: z.boolean().nullable(),
    }),
    upstream: z.object({ id: z.string().nullable(), generation_id: z.string().nullable() }),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    attempts: listOf(
      z.object({
        model: z.string(),
        upstream_id: z.string().nullable(),
        status: z.enum(JOB_STATUSES),
        error: z.object({ code: z.string(), message: z.string() }).nullable(),
        started_at: z.iso.datetime().nullable(),
        cost: z.object({ estimated_usd: z.number().nullable(), actual_usd: z.number().nullable() }),
      }),
    ).describe('Every model tried, in order; the last is the present one. Several only with `fallback`.'),
    resubmit_of: z.string().nullable().describe('The job that this one sends again.'),
    callback: z
      .object({
        url: z.string(),
        status: z
          .enum(CALLBACK_STATES)
          .describe(
            '`waiting` for the end, `pending`, `delivered`, `dead` after the last try, `gone` by a 410.',
          ),
        event: z
          .enum(TOLD_STATUSES.map(eventTypeOf))
          .nullable()
          .describe('What was told last, or is being told.'),
        attempts: z.int().describe('Of telling it.'),
        last_error: z.string().nullable(),
        next_at: z.iso.datetime().nullable().describe('When it is tried again.'),
      })
      .nullable()
      .describe('How far telling `callback_url` is; null where there is none, and in what is told.'),
    resubmit_safe: z.boolean().describe('Whether sending this intent again cannot buy a second video.'),
    outputs: z
      .array(
        z.object({
          index: z.int(),
          url: z.string(),
          content_type: z.string(),
          bytes: z.int().nullable().describe('null until the clip is in the archive.'),
        }),
      )
      .describe('Empty until completed.'),
    links: z.object({ self: z.string(), events: z.string(), content: z.string() }),
  })
  .meta({
    id: 'Job',
    description: 'A job: what was asked, what became of it, what it cost.',
    examples: [jobExample],
  });

export const JobListSchema = z.object({ data: listOf(JobSchema), next_cursor: z.string().nullable() }).meta({
  id: 'JobList',
  description: 'A page of jobs; `next_cursor` leads to the next.',
  examples: [{ data: [jobExample], next_cursor: null }],
});

export const JobQuerySchema = z.strictObject({
  limit: queryInteger(1, 100).prefault(20),
  cursor: z
    .string()
    .regex(/^[\w-]{1,100}$/, 'must be the next_cursor of an earlier answer')
    .optional(),
  status: z.enum(JOB_STATUSES).optional(),
  model: ModelIdSchema.optional(),
  client: z
    .string()
    .regex(/^[\w.:-]{1,80}$/, 'must be the name of a client')
    .optional()
    .describe('For operators: only the jobs of this client. Without it, of all.'),
});

export const ContentQuerySchema = z.strictObject({
  index: queryInteger(0, 1000).prefault(0).describe('Which of the outputs.'),
});

export const DryRunSchema = z
  .object({
    dry_run: z.literal(true),
    model: z.string(),
    why: z.string().describe('Why this model, in a sentence.'),
    request: z.record(z.string(), z.unknown()).describe('Exactly what would be sent upstream.'),
    estimate: EstimateSchema,
    expected_s: ExpectedSchema,
    warnings: listOf(WarningSchema),
    rejected: listOf(RejectedSchema).describe('Empty where model was given.'),
    nearest: listOf(NearestSchema),
    catalog: CatalogSchema,
  })
  .meta({
    id: 'DryRun',
    examples: [
      {
        dry_run: true,
        model: routeExample.selected,
        why: routeExample.why,
        request: routeExample.request,
        estimate: routeExample.candidates[0]?.estimate,
        expected_s: routeExample.candidates[0]?.expected_s,
        warnings: [],
        rejected: routeExample.rejected,
        nearest: routeExample.nearest,
        catalog: routeExample.catalog,
      },
    ],
  });
