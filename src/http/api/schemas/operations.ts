// The schemas of the health checks.

import { z } from 'zod';

export const HealthSchema = z
  .object({ status: z.literal('ok') })
  .meta({ id: 'Health', description: 'The process responds.', examples: [{ status: 'ok' }] });

const CheckSchema = z.object({ ok: z.boolean(), detail: z.string() });

export const ReadinessSchema = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    checks: z.object({
      store: CheckSchema,
      catalog: CheckSchema,
      event_loop: CheckSchema,
      archive: CheckSchema.describe('Whether ARCHIVE_DIR is writable; does not affect readiness.'),
      submissions: CheckSchema.describe(
        'The state of the submit circuit breaker; does not affect readiness.',
      ),
    }),
  })
  .meta({
    id: 'Readiness',
    description: 'Each check and its result.',
    examples: [
      {
        status: 'ready',
        checks: {
          store: { ok: true, detail: 'responds' },
          catalog: { ok: true, detail: '30 models, 12 s old' },
          event_loop: { ok: true, detail: '11 ms late at the 99th percentile' },
          archive: { ok: true, detail: 'writable' },
          submissions: { ok: true, detail: 'accepting: 0 of 214 submits unknown in five minutes' },
        },
      },
    ],
  });
