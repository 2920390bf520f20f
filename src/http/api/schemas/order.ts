// The schemas of an order: the body and headers of the request that buys a clip, and what a dry run answers.

import { z } from 'zod';
import { findCallbackUrlFault, MAX_CALLBACK_URL } from '../../../core/callbacks/callback-url.ts';
import { MODEL_NAME } from '../../../core/catalog/model-id.ts';
import {
  type ClipSpec,
  checkClipSpec,
  checkRouting,
  clipSpecShape,
  type Routing,
  routingShape,
} from '../../../core/clip/clip-spec.ts';
import { listOf } from './list.ts';
import { CatalogSchema } from './model.ts';
import { words } from './query.ts';
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
