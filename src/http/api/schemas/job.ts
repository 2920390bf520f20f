// The schemas of a job, of the request that creates one, and of the list.

import { z } from 'zod';
import { findCallbackUrlFault, MAX_CALLBACK_URL } from '../../../core/callbacks/callback-url.ts';
import { CALLBACK_STATES } from '../../../core/callbacks/delivery.ts';
import { MODEL_NAME } from '../../../core/catalog/model-id.ts';
import {
  type ClipSpec,
  checkClipSpec,
  checkRouting,
  clipSpecShape,
  type Routing,
  routingShape,
} from '../../../core/clip/clip-spec.ts';
import { JOB_STATUSES } from '../../../core/job/job.ts';
import { JOB_ID_PATTERN } from '../../../service/orders/ids.ts';
import { CallbackAttemptSchema, EVENTS, PurchasePlanSchema } from './job-history.ts';
import { JobErrorSchema, JobStatusSchema } from './job-status.ts';
import { listOf } from './list.ts';
import { CatalogSchema } from './model.ts';
import { queryInteger, queryList, rangeShape, words } from './query.ts';
import {
  EstimateSchema,
  ExpectedSchema,
  NearestSchema,
  RejectedSchema,
  routeExample,
  WarningSchema,
} from './route.ts';

export const ModelNameSchema = z.string().regex(MODEL_NAME, 'must be a model id such as google/veo-3.1');

// With a model there is nothing left to choose, so these could only mislead.
const CHOOSING = ['priority', 'scoring', 'models', 'fallback'] as const;

export const TagSchema = words(64);

export const ReferenceSchema = words(128);

export const TagsSchema = z
  .array(TagSchema)
  .max(8)
  .refine((tags) => new Set(tags).size === tags.length, 'must not repeat a tag')
  .describe(
    'At most 8 words of your own, 1 to 64 characters each: they filter `GET /jobs` and group `GET /spend`. Never sent to OpenRouter.',
  );

const FallbackSchema = z
  .strictObject({
    max_attempts: z
      .int('must be a whole number')
      .min(2)
      .max(5)
      .describe('Total number of models to try, including the first.'),
    max_total_cost_usd: z
      .number()
      .positive()
      .max(100_000)
      .describe('The maximum cost of all attempts together, and of each one.'),
  })
  .describe(
    'After a rejection, or a failure that was not billed, try the next candidate under the same job.',
  );

/** What an order may say beside its clip and how to choose the model, in whatever way it is made. */
export const orderShape = {
  model: ModelNameSchema.optional().describe(
    'The model to buy from: its id or its canonical slug. Without it the router selects one.',
  ),
  tags: TagsSchema.optional(),
  reference: ReferenceSchema.optional().describe(
    'Your own id for the job, 1 to 128 characters: `GET /jobs?reference=` finds it. Never sent to OpenRouter.',
  ),
  callback_url: z
    .string()
    .refine((url) => findCallbackUrlFault(url) === null, {
      error: ({ input }) => findCallbackUrlFault(String(input)) ?? '',
    })
    .optional()
    .describe(
      'URL (https) to POST a signed JobEvent to when the job reaches a terminal state. Never sent to OpenRouter.',
    )
    .meta({ format: 'uri', maxLength: MAX_CALLBACK_URL }),
  strict: z
    .boolean()
    .optional()
    .describe(
      'true: an order with `warnings` is refused with 422 `warnings_refused`. Default: `STRICT_WARNINGS` of the gateway.',
    ),
} as const;

type OrderBody = ClipSpec & Routing & { readonly model?: string | undefined };

/** What single fields of an order cannot say about themselves; as `checkClipSpec`. */
export function checkOrder(body: OrderBody & { readonly fallback?: unknown }) {
  const faults = [...checkClipSpec(body), ...checkRouting(body)];
  if (body.model === undefined) return faults;
  const idle = CHOOSING.filter((field) => body[field] !== undefined);
  return [
    ...faults,
    ...idle.map((field) => ({
      path: [field],
      message: 'cannot be combined with model: it only chooses between models',
    })),
  ];
}

export const JobBodySchema = z
  .strictObject({
    model: orderShape.model,
    ...clipSpecShape,
    ...routingShape,
    fallback: FallbackSchema.optional(),
    tags: orderShape.tags,
    reference: orderShape.reference,
    callback_url: orderShape.callback_url,
    dry_run: z
      .boolean()
      .optional()
      .describe('true: respond 200 with what POST /jobs/plan answers, and buy nothing.'),
    strict: orderShape.strict,
    accept_unknown_price: z
      .boolean()
      .optional()
      .describe('With a quote that has no ceiling (`quote_ceiling_usd: null`): buy at any price.'),
    quote: z
      .string()
      .regex(/^[\w-]{1,8}\.[\w-]{1,1000}\.[\w-]{1,100}$/, 'must be a quote from POST /route')
      .optional()
      .describe('A quote from POST /route for this same body: buy that model, at that price or less.'),
  })
  .superRefine((body, context) => {
    for (const { path, message } of checkOrder(body))
      context.addIssue({ code: 'custom', path: [...path], message });
    if (body.model !== undefined && body.quote !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['model'],
        message: 'is already set by the quote: remove one of the two',
      });
    }
    if (body.fallback !== undefined && body.quote !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['fallback'],
        message: 'cannot be combined with a quote, which names one model',
      });
    }
    if (body.accept_unknown_price !== undefined && body.quote === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['accept_unknown_price'],
        message: 'is only allowed beside a quote',
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
    .describe('Makes the request safe to retry: the same key with the same body never buys twice.')
    .meta({ examples: ['8e03978e-40d5-43e8-bc93-6894a57f9324'] }),
  prefer: z
    .string()
    .optional()
    .describe('`respond-async`: respond as soon as the job is stored, before OpenRouter answers.'),
});

const id = 'job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB';

export const JobParamsSchema = z.strictObject({
  id: z
    .string()
    .regex(JOB_ID_PATTERN)
    .describe('Job id.')
    .meta({ examples: [id] }),
});

export const jobExample = {
  id,
  client: 'studio',
  key_id: 'env_5f1c09ab77e2',
  status: 'completed' as const,
  model: 'google/veo-3.1-lite',
  created_at: '2026-10-02T09:00:00.000Z',
  updated_at: '2026-10-02T09:00:44.120Z',
  finished_at: '2026-10-02T09:00:44.120Z',
  ended: true,
  expected_at: null,
  request: { model: 'google/veo-3.1-lite', prompt: 'A paper boat', duration: 4, resolution: '720p' },
  cost: { estimated_usd: 0.12, ceiling_usd: 0.12, actual_usd: 0.12, is_byok: false },
  upstream: { id: 'gen-vid-1790931600-a1B2c3D4e5F6g7H8i9J0', generation_id: null },
  status_detail: null,
  expires_at: null,
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
  tags: ['campaign-7'],
  reference: 'order-4711',
  idempotency_key: 'order-4711',
  request_id: 'req_Zm9vYmFy-1c',
  erased_at: null,
  callback: null,
  outputs: [{ index: 0, url: `/jobs/${id}/content?index=0`, content_type: 'video/mp4', bytes: 1048576 }],
  links: { self: `/jobs/${id}`, events: `/jobs/${id}/events`, content: `/jobs/${id}/content` },
};

export const JobSchema = z
  .object({
    id: z.string(),
    client: z
      .string()
      .describe('The owner: the name of a client, or `operator:` followed by the name of an operator.'),
    key_id: z.string().nullable().describe('The key it was ordered with; null if none was needed.'),
    status: JobStatusSchema,
    model: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable().describe('When it reached its terminal state.'),
    ended: z.boolean().describe('true in a terminal state: the status no longer changes.'),
    expected_at: z.iso
      .datetime()
      .nullable()
      .describe('Median time of completion for such clips; null if unknown, and once the job has ended.'),
    request: z
      .record(z.string(), z.unknown())
      .describe(
        'The body that was sent to OpenRouter, without the URL of our own webhook. `data:` URLs are shown as ' +
          '`data:image/png;base64,[4000000 bytes]` and other very long values by their length: ' +
          '`GET /jobs/{id}?include=request` answers with all of it.',
      ),
    cost: z.object({
      estimated_usd: z.number().nullable(),
      ceiling_usd: z
        .number()
        .nullable()
        .describe('The maximum cost by the estimate at the time of the order; null = unknown.'),
      actual_usd: z.number().nullable().describe('What OpenRouter billed; null = unknown, never zero.'),
      is_byok: z.boolean().nullable(),
    }),
    upstream: z.object({ id: z.string().nullable(), generation_id: z.string().nullable() }),
    status_detail: z
      .string()
      .nullable()
      .describe(
        'Further status text from OpenRouter, or a status of OpenRouter that the gateway does not know; while `queued`, whether the job waits for `max_running_jobs`.',
      ),
    expires_at: z.iso
      .datetime()
      .nullable()
      .describe(
        'Latest time at which OpenRouter ends such a job; null before OpenRouter accepted it and once it has ended.',
      ),
    error: JobErrorSchema.nullable(),
    attempts: listOf(
      z.object({
        model: z.string(),
        upstream_id: z.string().nullable(),
        status: JobStatusSchema,
        error: JobErrorSchema.nullable(),
        started_at: z.iso.datetime().nullable(),
        cost: z.object({ estimated_usd: z.number().nullable(), actual_usd: z.number().nullable() }),
      }),
    ).describe('Every attempt in order; the last is the current one. Several only with `fallback`.'),
    tags: listOf(z.string()).describe('As ordered.'),
    reference: z.string().nullable().describe('As ordered.'),
    idempotency_key: z
      .string()
      .nullable()
      .describe(
        'The `Idempotency-Key` of its order; null if there was none, or it is older than this field.',
      ),
    request_id: z
      .string()
      .nullable()
      .describe(
        'The `X-Request-Id` of the request that ordered it, for finding its log lines; null for orders from before that was kept.',
      ),
    erased_at: z.iso
      .datetime()
      .nullable()
      .describe('When its request and its clips were erased; its cost stays.'),
    resubmit_of: z.string().nullable().describe('The job that this one resubmits.'),
    callback: z
      .object({
        url: z.string(),
        status: z
          .enum(CALLBACK_STATES)
          .describe(
            '`waiting` for a terminal state, `pending`, `delivered`, `dead` after the last attempt, `gone` after a 410.',
          ),
        event: z.enum(EVENTS).nullable().describe('The event that was sent last, or is being sent.'),
        attempts: z.int().describe('Delivery attempts of this event.'),
        last_error: z.string().nullable(),
        next_at: z.iso.datetime().nullable().describe('Time of the next attempt.'),
      })
      .nullable()
      .describe('Delivery status of the callback; null if no `callback_url` was given, and in events.'),
    resubmit_safe: z.boolean().describe('true if sending this request again cannot buy a second video.'),
    outputs: z
      .array(
        z.object({
          index: z.int(),
          url: z.string(),
          content_type: z.string(),
          bytes: z.int().nullable().describe('null until the clip is archived.'),
        }),
      )
      .describe('Empty until completed.'),
    links: z.object({ self: z.string(), events: z.string(), content: z.string() }),
    plan: PurchasePlanSchema.nullable()
      .optional()
      .describe(
        'With `include=plan`: the plan it was bought by; null for jobs from before plans were kept, and for one that resubmits another.',
      ),
    callback_attempts: listOf(CallbackAttemptSchema)
      .optional()
      .describe('With `include=callback_attempts`: the latest 40, oldest first.'),
  })
  .meta({
    id: 'Job',
    description: 'A job: the request, its state and its cost.',
    examples: [jobExample],
  });

export const CreatedJobSchema = JobSchema.extend({
  warnings: listOf(WarningSchema)
    .optional()
    .describe('Warnings of the plan of this order. Absent in a replay (`Idempotent-Replayed: true`).'),
}).meta({
  id: 'CreatedJob',
  description: 'A job as `POST /jobs` answers it.',
  examples: [{ ...jobExample, warnings: [] }],
});

export const JobListSchema = z.object({ data: listOf(JobSchema), next_cursor: z.string().nullable() }).meta({
  id: 'JobList',
  description: 'A page of jobs; `next_cursor` is the cursor of the next page.',
  examples: [{ data: [jobExample], next_cursor: null }],
});

export const JobQuerySchema = z.strictObject({
  limit: queryInteger(1, 100).prefault(20).describe('Maximum number of entries.'),
  cursor: z
    .string()
    .regex(/^[\w-]{1,100}$/, 'must be the next_cursor of an earlier response')
    .optional()
    .describe('Continue after an earlier response: its `next_cursor`.'),
  status: queryList(JobStatusSchema, JOB_STATUSES.length)
    .optional()
    .describe('Only jobs in this status; repeat the parameter for several.'),
  model: ModelNameSchema.optional().describe('Only jobs on this model.'),
  tag: TagSchema.optional().describe('Only jobs with this tag.'),
  reference: ReferenceSchema.optional().describe('Only jobs with this reference.'),
  q: words(200)
    .optional()
    .describe(
      'Jobs with exactly this OpenRouter id, reference or tag; where there is none, jobs whose prompt has all of these words.',
    ),
  since: rangeShape.since.describe('Only jobs created at or after this time.'),
  until: rangeShape.until.describe('Only jobs created before this time.'),
  client: z
    .string()
    .regex(/^[\w.:-]{1,80}$/, 'must be the name of a client')
    .optional()
    .describe('For operators: only the jobs of this client. Default: all clients.'),
  key_id: z
    .string()
    .regex(/^[\w-]{1,80}$/, 'must be the id of a key')
    .optional()
    .describe('For operators: only the jobs ordered with this key.'),
});

export const ContentQuerySchema = z.strictObject({
  index: queryInteger(0, 1000).prefault(0).describe('Index of the output.'),
  exp: queryInteger(0, 1e12).optional().describe('Of a signed link: when it expires, in seconds since 1970.'),
  sig: z
    .string()
    .max(100)
    .optional()
    .describe('Of a signed link: its signature, which takes the place of a key for this one clip.'),
});

export const DryRunSchema = z
  .object({
    dry_run: z.literal(true),
    model: z.string(),
    why: z.string().describe('Why this model was selected, in one sentence.'),
    request: z.record(z.string(), z.unknown()).describe('Exactly what would be sent to OpenRouter.'),
    estimate: EstimateSchema,
    expected_s: ExpectedSchema,
    warnings: listOf(WarningSchema),
    rejected: listOf(RejectedSchema).describe('Empty if model was given.'),
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
