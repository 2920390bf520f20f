// The schemas of a job as it is answered, of the list of jobs, and of the queries about them.

import { z } from 'zod';
import { CALLBACK_STATES } from '../../../core/callbacks/delivery.ts';
import { JOB_STATUSES } from '../../../core/job/job.ts';
import { JOB_ID_PATTERN } from '../../../service/orders/ids.ts';
import { CallbackAttemptSchema, EVENTS, PurchasePlanSchema } from './job-history.ts';
import { JobErrorSchema, JobStatusSchema } from './job-status.ts';
import { listOf } from './list.ts';
import { ModelNameSchema, ReferenceSchema, TagSchema } from './order.ts';
import { queryInteger, queryList, rangeShape, words } from './query.ts';
import { WarningSchema } from './route.ts';

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
