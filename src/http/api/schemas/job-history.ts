// The schemas of what is kept of a job for those who look back: its plan, and the attempts of its callback.

import { z } from 'zod';
import { eventTypeOf, TOLD_STATUSES } from '../../../core/callbacks/delivery.ts';
import { listOf } from './list.ts';
import { EstimateSchema, ExpectedSchema, ScoresSchema, WeightsSchema } from './route.ts';

export const EVENTS = TOLD_STATUSES.map(eventTypeOf);

export const PurchasePlanSchema = z
  .object({
    chosen_by: z
      .enum(['router', 'order', 'quote'])
      .describe('Who named the model: the router, the order, or the quote it was bought by.'),
    why: z.string().nullable().describe('Why the router chose it; null where it did not.'),
    estimate: EstimateSchema,
    expected_s: ExpectedSchema,
    weights: WeightsSchema.nullable().describe('null where no other model was looked at.'),
    candidates: listOf(
      z.object({
        model: z.string(),
        rank: z.int(),
        estimated_usd: z.number().nullable(),
        ceiling_usd: z.number().nullable(),
        p50_s: z.number(),
        score: z.number(),
        scores: ScoresSchema,
      }),
    ).describe('The ranking as it was, best first; empty where the order named the model.'),
    rejected: listOf(z.object({ model: z.string(), codes: listOf(z.string()) })).describe(
      'Models that could not make the clip, and why.',
    ),
    cut: z.int().describe('How many models more there were than are kept: 8,000 characters at most.'),
  })
  .meta({
    id: 'PurchasePlan',
    description: 'How the model of a job was chosen, and its price worked out, when it was bought.',
  });

export const CallbackAttemptSchema = z
  .object({
    number: z.int(),
    at: z.iso.datetime(),
    event: z.enum(EVENTS),
    http_status: z.int().nullable().describe('What the receiver answered; null: nothing.'),
    error: z.string().nullable().describe('Why it failed; null: it was delivered.'),
    retry_at: z.iso.datetime().nullable().describe('When it is tried next; null: never.'),
  })
  .meta({ id: 'CallbackAttempt' });
