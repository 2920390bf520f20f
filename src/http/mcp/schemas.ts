// What the tools take and answer: the schemas of the API, as JSON instead of queries, and in portions an agent can read.

import { z } from 'zod';
import { clipSpecShape, routingShape } from '../../core/clip/clip-spec.ts';
import { JOB_STATUSES } from '../../core/job/job.ts';
import { JOB_ID_PATTERN, QUOTE_ID_PATTERN } from '../../service/orders/ids.ts';
import { CreatedJobSchema, JobSchema } from '../api/schemas/job.ts';
import { listOf } from '../api/schemas/list.ts';
import { MODES, ModelListSchema } from '../api/schemas/model.ts';
import { checkOrder, ModelNameSchema, orderShape, ReferenceSchema, TagSchema } from '../api/schemas/order.ts';
import { rangeShape } from '../api/schemas/query.ts';
import {
  EstimateSchema,
  ExpectedSchema,
  RouteBodySchema,
  RouteResultSchema,
  WarningSchema,
} from '../api/schemas/route.ts';
import { SpendQuerySchema } from '../api/schemas/spend.ts';

const limit = (max: number, byDefault: number) =>
  z.int('must be a whole number').min(1).max(max).prefault(byDefault);

export const ListModelsSchema = z.strictObject({
  duration: clipSpecShape.duration.describe('Only models that support this duration, in seconds.'),
  resolution: clipSpecShape.resolution,
  aspect_ratio: clipSpecShape.aspect_ratio,
  size: clipSpecShape.size,
  mode: z.enum(MODES).optional().describe('Only models that support this kind of input.'),
  generate_audio: z
    .boolean()
    .optional()
    .describe('true: models known to generate audio; false: models known not to.'),
  seed: z.boolean().optional().describe('true: models known to accept a seed; false: models known not to.'),
  max_cost_usd: routingShape.max_cost_usd.describe(
    'Models on which the clip of the other fields cannot cost more than this.',
  ),
  limit: limit(100, 10).describe('At most so many models.'),
  cursor: ModelNameSchema.optional().describe('The next_cursor of an earlier answer.'),
});

export const ModelPageSchema = ModelListSchema.extend({
  next_cursor: z.string().nullable().describe('The cursor of the next page; null: there is none.'),
});

export const RouteClipSchema = z
  .strictObject({
    ...RouteBodySchema.shape,
    limit: limit(100, 5).describe('At most so many candidates, and as many rejected models.'),
  })
  .superRefine((body, context) => {
    for (const { path, message } of checkOrder(body))
      context.addIssue({ code: 'custom', path: [...path], message });
  });

export const RankingSchema = RouteResultSchema.omit({
  quote: true,
  quote_expires_at: true,
  quote_ceiling_usd: true,
}).extend({
  total_candidates: z.int().describe('How many models can make the clip.'),
  total_rejected: z.int().describe('How many cannot.'),
});

export const QuoteClipSchema = z
  .strictObject({ ...orderShape, ...clipSpecShape, ...routingShape })
  .superRefine((body, context) => {
    for (const { path, message } of checkOrder(body))
      context.addIssue({ code: 'custom', path: [...path], message });
  });

export const QuoteSchema = z.object({
  quote: z.string().describe('What buy_clip takes. Good until expires_at, for one purchase.'),
  model: z.string().describe('The model that the clip would be bought from.'),
  why: z.string().describe('Why this model, in one sentence.'),
  estimate: EstimateSchema,
  ceiling_usd: z.number().describe('The most that may be billed for the clip, in US dollars.'),
  expires_at: z.iso.datetime(),
  expected_s: ExpectedSchema,
  request: z
    .record(z.string(), z.unknown())
    .describe('What would be sent to OpenRouter; `data:` URLs are shown by their length.'),
  warnings: listOf(WarningSchema).describe('What of the clip would be ignored or left out.'),
});

export const BuyClipSchema = z.strictObject({
  quote: z
    .string()
    .regex(QUOTE_ID_PATTERN, 'must be a quote from quote_clip')
    .describe('The `quote` that quote_clip answered.'),
  idempotency_key: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
    .describe(
      'A name of your own for this purchase, such as a random UUID. Repeat the call with the same key after any ' +
        'failure: the clip is never bought twice.',
    ),
});

const jobId = z.string().regex(JOB_ID_PATTERN, 'must be the id of a job');
const links = z
  .enum(['signed'])
  .optional()
  .describe('`signed`: links to the clips that need no key until they expire.');

/** What only `include` of the API asks for is in no tool: an agent reads every schema before its first call. */
const INCLUDED = { plan: true, callback_attempts: true } as const;
export const ToolJobSchema = JobSchema.omit(INCLUDED);
export const ToolCreatedJobSchema = CreatedJobSchema.omit(INCLUDED);
export const ToolJobListSchema = z.object({
  data: listOf(ToolJobSchema),
  next_cursor: z.string().nullable(),
});

export const GetJobSchema = z.strictObject({ id: jobId, links });

/** Proxies close what is silent for a minute, and clients give up after one. */
export const MAX_WAIT_S = 50;

export const WaitForJobSchema = z.strictObject({
  id: jobId,
  timeout_s: z
    .number()
    .positive()
    .max(MAX_WAIT_S)
    .prefault(MAX_WAIT_S)
    .describe('How long to wait for its end, in seconds.'),
  links,
});

export const ListJobsSchema = z.strictObject({
  limit: limit(50, 10).describe('At most so many jobs, newest first.'),
  cursor: jobId.optional().describe('The next_cursor of an earlier answer.'),
  status: z
    .array(z.enum(JOB_STATUSES))
    .max(JOB_STATUSES.length)
    .optional()
    .describe('Jobs in one of these statuses.'),
  model: ModelNameSchema.optional(),
  tag: TagSchema.optional().describe('Only jobs with this tag.'),
  reference: ReferenceSchema.optional().describe('Only jobs with this reference.'),
  since: rangeShape.since.describe('Only jobs created at or after this time.'),
  until: rangeShape.until.describe('Only jobs created before this time.'),
});

export const GetSpendSchema = SpendQuerySchema.omit({ client: true });

/** What the methods that clients may get wrong take, so far as it is read. */
const PARAMS: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  [
    'initialize',
    z.looseObject({
      protocolVersion: z.string(),
      capabilities: z.looseObject({}),
      clientInfo: z.looseObject({ name: z.string(), version: z.string() }),
    }),
  ],
  ['tools/call', z.looseObject({ name: z.string(), arguments: z.looseObject({}).optional() })],
]);

/** A message of JSON-RPC as clients send it: a request, or a notification without an id. */
export const MessageSchema = z
  .looseObject({
    jsonrpc: z.literal('2.0'),
    method: z.string().min(1).max(200),
    id: z.union([z.string().max(200), z.int()], 'must be a string or a whole number').optional(),
    params: z.looseObject({}).optional(),
  })
  // The library would answer with its own words for wrong types, or call them internal errors.
  .superRefine(({ method, params = {} }, context) => {
    for (const issue of PARAMS.get(method)?.safeParse(params).error?.issues ?? []) {
      const raw = { ...issue, path: ['params', ...issue.path], input: params };
      context.issues.push(raw as z.core.$ZodRawIssue);
    }
  });
