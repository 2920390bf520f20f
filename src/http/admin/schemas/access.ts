// What keys and clients have in common in the API: names, models, limits.

import { z } from 'zod';
import { DEFAULT_MAX_WAITING_JOBS, type Limits, NO_LIMITS } from '../../../core/accounts/key.ts';
import type { ModelRules } from '../../../core/clip/clip-spec.ts';
import { routingShape } from '../../../core/clip/clip-spec.ts';

export const ClientNameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][\w.-]{0,63}$/,
    'must be 1 to 64 letters, digits, "_", "." or "-", and begin with a letter or digit',
  )
  .meta({ examples: ['studio'] });

export const ModelRulesSchema = routingShape.models
  .unwrap()
  .nullable()
  .describe('Only these models, or never these: ids, or author/*. null = every model.');

export const LimitsSchema = z
  .strictObject({
    requests_per_minute: z
      .int('must be a whole number')
      .min(1)
      .max(1_000_000)
      .nullable()
      .optional()
      .describe('Each replica counts reads and writes separately. null = no limit.'),
    max_running_jobs: z
      .int('must be a whole number')
      .min(1)
      .max(100_000)
      .nullable()
      .optional()
      .describe(
        'Maximum number of jobs that have not ended, over all replicas. A job with an unknown outcome counts for two hours. null = no limit.',
      ),
    max_waiting_jobs: z
      .int('must be a whole number')
      .min(1)
      .max(10_000)
      .nullable()
      .optional()
      .describe(
        `Jobs that wait as \`queued\` because \`max_running_jobs\` run already, over all replicas. null = ${DEFAULT_MAX_WAITING_JOBS}.`,
      ),
  })
  .nullable()
  .describe('null = no limits.');

export const LimitsAnswerSchema = z.object({
  requests_per_minute: z.int().nullable(),
  max_running_jobs: z.int().nullable(),
  max_waiting_jobs: z.int().nullable(),
});

export const toLimits = (body: z.output<typeof LimitsSchema> | undefined): Limits => ({
  ...NO_LIMITS,
  ...(body && {
    requestsPerMinute: body.requests_per_minute ?? null,
    maxRunningJobs: body.max_running_jobs ?? null,
    maxWaitingJobs: body.max_waiting_jobs ?? null,
  }),
});

export const renderLimits = ({ requestsPerMinute, maxRunningJobs, maxWaitingJobs }: Limits) => ({
  requests_per_minute: requestsPerMinute,
  max_running_jobs: maxRunningJobs,
  max_waiting_jobs: maxWaitingJobs,
});

export const ModelRulesAnswerSchema = z
  .object({
    allow: z.array(z.string()).readonly().nullable(),
    deny: z.array(z.string()).readonly().nullable(),
  })
  .nullable();

export const renderModelRules = (rules: ModelRules | null) =>
  rules && { allow: rules.allow ?? null, deny: rules.deny ?? null };

export const IdempotencyHeadersSchema = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
    .optional()
    .describe('Makes the request safe to retry: the same key with the same body acts once in 30 days.'),
});
