// The schemas of a routing request and its response.

import { z } from 'zod';
import { checkClipSpec, checkRouting, clipSpecShape, routingShape } from '../../../core/clip/clip-spec.ts';
import { WARNING_CODES } from '../../../core/clip/submission.ts';
import { REASON_CODES } from '../../../core/routing/eligibility.ts';
import { listOf } from './list.ts';
import { CatalogSchema, catalogExample } from './model.ts';
import { openEnum } from './open-enum.ts';

export const RouteBodySchema = z
  .strictObject({ ...clipSpecShape, ...routingShape })
  .superRefine((body, context) => {
    for (const { path, message } of [...checkClipSpec(body), ...checkRouting(body)])
      context.addIssue({ code: 'custom', path: [...path], message });
  })
  .meta({
    id: 'RouteRequest',
    examples: [
      {
        prompt: 'A paper boat sails down a rainy street at dusk',
        duration: 5,
        resolution: '720p',
        aspect_ratio: '9:16',
        priority: 'fast_and_cheap',
      },
    ],
  });

const ReasonCodeSchema = z.enum(REASON_CODES).meta({
  id: 'ReasonCode',
  description: 'Why a model cannot make a clip. Open: more may be added.',
});

export const ReasonSchema = z
  .object({
    code: openEnum(ReasonCodeSchema).describe('Stable. Open: more may be added.'),
    field: z.string().describe('The field to change.'),
    requested: z.unknown(),
    supported: listOf(z.unknown())
      .nullable()
      .describe('The values that the model supports; null = the model does not have this option.'),
  })
  .meta({ id: 'Reason' });

export const ScoresSchema = z.object({
  speed: z.number(),
  cost: z.number(),
  quality: z.number(),
  reliability: z
    .number()
    .optional()
    .describe('Share of jobs that end with a clip. Counts only with a weight; not part of the guide.'),
});

export const WeightsSchema = z.object({
  speed: z.number(),
  cost: z.number(),
  quality: z.number(),
  reliability: z.number().optional(),
});

export const EstimateSchema = z
  .object({
    usd: z.number().nullable().describe('The most likely bill; null = unknown, never zero.'),
    low_usd: z.number().nullable(),
    high_usd: z.number().nullable(),
    ceiling_usd: z
      .number()
      .nullable()
      .describe(
        'The most that may be billed: the higher of the list price and what bills say. max_cost_usd, quotes and totals are compared with it. null = unknown.',
      ),
    certainty: z.enum(['exact', 'estimated', 'unknown']),
    reason: z.string().optional().describe('Why the price is unknown.'),
    learned: z
      .object({
        ratio: z
          .number()
          .describe('Ratio of bills to the list price; usd is the sum of lines times this ratio.'),
        samples: z.int().describe('Number of bills that the ratio is learned from.'),
      })
      .optional()
      .describe('Present once this model has billed a job of this gateway.'),
    lines: listOf(
      z.object({
        sku: z.string(),
        unit: z.string(),
        quantity: z.number(),
        unit_usd: z.number(),
        usd: z.number(),
      }),
    ).describe('The calculation by the price list, before anything learned.'),
  })
  .meta({ id: 'Estimate' });

export const ExpectedSchema = z
  .object({
    p50: z.number().describe('Median seconds from submit to completed.'),
    p90: z.number().describe('90th percentile in seconds; max_wait_s is compared with this.'),
    source: z
      .enum(['observed', 'benchmark', 'documented', 'class'])
      .describe(
        "This gateway's own jobs, the public arena, recorded live runs, or models of the same class.",
      ),
    samples: z.int(),
  })
  .meta({ id: 'ExpectedTime' });

const WarningCodeSchema = z.enum(WARNING_CODES).meta({
  id: 'WarningCode',
  description:
    '`matches_no_model` is about `models`, the others about what is sent. Open: more may be added.',
});

export const WarningSchema = z
  .object({
    code: openEnum(WarningCodeSchema).describe('Stable. Open: more may be added.'),
    field: z.string(),
    message: z.string(),
  })
  .meta({ id: 'Warning' });

const CandidateSchema = z
  .object({
    model: z.string(),
    rank: z.int(),
    score: z.number(),
    scores: ScoresSchema,
    lowest_advertised_price: z.number().nullable().optional().describe('Only with scoring: guide.'),
    estimate: EstimateSchema,
    quality: z.object({
      value: z.number().describe('0 to 1.'),
      source: z
        .enum(['quality_file', 'benchmark', 'resolution'])
        .describe("The operator's QUALITY_FILE, the public arena, or the model's highest resolution."),
    }),
    expected_s: ExpectedSchema,
  })
  .meta({ id: 'Candidate' });

export const RejectedSchema = z
  .object({ model: z.string(), reasons: listOf(ReasonSchema) })
  .meta({ id: 'Rejected' });
export const NearestSchema = z
  .object({
    change: z.record(z.string(), z.unknown()),
    admits: listOf(z.string()),
    from_usd: z
      .number()
      .nullable()
      .describe('The likely bill with the cheapest of them; null if no price is known.'),
  })
  .meta({
    id: 'Nearest',
    description:
      'A change of the request (null = remove the field), and the models that could then make the clip.',
  });

export const routeExample = {
  selected: 'bytedance/seedance-2.0-fast',
  why: 'cheapest of 9 that fit; 10 s slower than x-ai/grok-imagine-video',
  candidates: [
    {
      model: 'bytedance/seedance-2.0-fast',
      rank: 1,
      score: 0.912,
      scores: { speed: 0.86, cost: 1, quality: 0.884, reliability: 0.98 },
      quality: { value: 0.563, source: 'benchmark' as const },
      estimate: {
        usd: 0.4536,
        low_usd: 0.4536,
        high_usd: 0.4574,
        ceiling_usd: 0.4574,
        certainty: 'estimated' as const,
        lines: [
          { sku: 'video_tokens', unit: 'video_token', quantity: 108000, unit_usd: 0.0000042, usd: 0.4536 },
        ],
      },
      expected_s: { p50: 74, p90: 89, source: 'observed' as const, samples: 41 },
    },
  ],
  rejected: [
    {
      model: 'google/veo-3.1-lite',
      reasons: [{ code: 'unsupported_duration', field: 'duration', requested: 5, supported: [4, 6, 8] }],
    },
  ],
  nearest: [{ change: { duration: 6 }, admits: ['google/veo-3.1-lite'], from_usd: 0.3 }],
  weights: { speed: 0.55, cost: 0.35, quality: 0.1 },
  request: { model: 'bytedance/seedance-2.0-fast', prompt: 'A paper boat', duration: 5, resolution: '720p' },
  warnings: [],
  quote: 'q1.eyJjbGllbnRJZCI6InN0dWRpbyJ9.c2lnbmF0dXJl',
  quote_expires_at: '2026-10-02T09:10:00.000Z',
  quote_ceiling_usd: 0.4574,
  catalog: catalogExample,
};

export const RouteResultSchema = z
  .object({
    selected: z.string(),
    why: z.string().describe('Why it was selected, in one sentence.'),
    candidates: listOf(CandidateSchema).describe('Best first.'),
    rejected: listOf(RejectedSchema).describe('Every other model, with all its reasons.'),
    nearest: listOf(NearestSchema),
    weights: WeightsSchema.describe(
      'The weights of the scores, normalized to a sum of one: those of the profile, or your own.',
    ),
    request: z.record(z.string(), z.unknown()).describe('Exactly what would be sent to OpenRouter.'),
    warnings: listOf(WarningSchema),
    quote: z
      .string()
      .describe('Opaque token. POST /jobs with it and the same body buys this model at this price or less.'),
    quote_expires_at: z.iso.datetime(),
    quote_ceiling_usd: z
      .number()
      .nullable()
      .describe(
        'The most the clip may cost under this quote. null: the price is unknown, and the quote buys only with `accept_unknown_price: true`.',
      ),
    catalog: CatalogSchema,
  })
  .meta({
    id: 'RouteResult',
    description: 'The candidates, the rejected models, and the request that would be sent.',
    examples: [routeExample],
  });
