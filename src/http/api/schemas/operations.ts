// The shape of what operators and their probes read.

import { z } from 'zod';

export const HealthSchema = z
  .object({ status: z.literal('ok') })
  .meta({ id: 'Health', description: 'The process answers.', examples: [{ status: 'ok' }] });

const CheckSchema = z.object({ ok: z.boolean(), detail: z.string() });

export const ReadinessSchema = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    checks: z.object({
      store: CheckSchema,
      catalog: CheckSchema,
      event_loop: CheckSchema,
      archive: CheckSchema.describe('Whether its folder takes files; never a reason not to be ready.'),
      submissions: CheckSchema.describe('How buying stands; never a reason not to be ready.'),
    }),
  })
  .meta({
    id: 'Readiness',
    description: 'What was looked at, and what was found.',
    examples: [
      {
        status: 'ready',
        checks: {
          store: { ok: true, detail: 'answers' },
          catalog: { ok: true, detail: '30 models, 12 s old' },
          event_loop: { ok: true, detail: '11 ms late at the 99th percentile' },
          archive: { ok: true, detail: 'takes files' },
          submissions: { ok: true, detail: 'open: 0 of 214 submits unknown in five minutes' },
        },
      },
    ],
  });
