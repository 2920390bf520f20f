// The schemas of operators' decisions, of the audit log, and of resubmission.

import { z } from 'zod';
import { isUpstreamId, UPSTREAM_ID } from '../../../core/job/upstream-id.ts';
import { listOf } from './list.ts';
import { usdAmount } from './usd.ts';

const ODD_ID = 'must be an OpenRouter job id';

const REASON = z
  .string()
  .min(3)
  .max(500)
  .describe('The reason, for the audit log.')
  .meta({ examples: ['Found on the invoice of 2 October.'] });

const UsdSchema = usdAmount(0, 100_000);

export const BillBodySchema = z
  .strictObject({
    usd: UsdSchema.describe('Bill of the attempt in US dollars.'),
    attempt: z
      .int('must be a whole number')
      .min(1)
      .max(5)
      .optional()
      .describe('Number of the attempt, from 1. Default: the last.'),
    reason: REASON,
  })
  .meta({
    id: 'Bill',
    description: 'The bill of a job, from an invoice.',
    examples: [{ usd: 0.12, reason: 'Invoice of November, line 17.' }],
  });

export const ResolveBodySchema = z
  .discriminatedUnion('action', [
    z.strictObject({
      action: z.literal('attach').describe('OpenRouter has the job: follow it under this id.'),
      upstream_id: z.string().regex(UPSTREAM_ID, { error: ODD_ID, abort: true }).refine(isUpstreamId, ODD_ID),
      reason: REASON,
    }),
    z.strictObject({
      action: z
        .literal('not_accepted')
        .describe('OpenRouter never accepted the job: its Idempotency-Key is free again.'),
      reason: REASON,
    }),
    z.strictObject({
      action: z
        .literal('write_off')
        .describe('The outcome stays unknown: the job is closed, and its Idempotency-Key stays in use.'),
      usd: UsdSchema.optional().describe(
        'Bill from the invoice in US dollars; without it the bill stays unknown.',
      ),
      reason: REASON,
    }),
  ])
  .meta({
    id: 'Resolution',
    description: "An operator's decision on a job whose submit has an unknown outcome.",
    examples: [{ action: 'attach', upstream_id: 'gen-vid-1790931600-a1B2', reason: 'Found on the invoice.' }],
  });

export const RefetchBodySchema = z
  .strictObject({
    accept_as_is: z
      .boolean()
      .optional()
      .describe('true: archives the file that OpenRouter sends even if it is not a complete MP4.'),
    reason: REASON.optional(),
  })
  .meta({
    id: 'Refetch',
    description: 'Downloads the clips of a job again.',
    examples: [{ accept_as_is: true }],
  });

export const ResubmitBodySchema = z
  .strictObject({
    accept_double_charge: z
      .boolean()
      .optional()
      .describe('Required if the job was bought or may have been: the clip may be billed twice.'),
  })
  .meta({ id: 'Resubmit', description: 'Resubmits a job.', examples: [{ accept_double_charge: true }] });

const StateSchema = z
  .looseObject({ status: z.string().optional(), upstream_id: z.string().nullable().optional() })
  .nullable()
  .describe('The fields of the job that the action changed; null = none.');

export const AuditSchema = z
  .object({
    data: listOf(
      z.object({
        at: z.iso.datetime(),
        operator: z.string(),
        action: z.string(),
        reason: z.string(),
        before: StateSchema,
        after: StateSchema,
      }),
    ),
  })
  .meta({
    id: 'Audit',
    description: 'Every decision on a job, oldest first.',
    examples: [
      {
        data: [
          {
            at: '2026-10-02T09:14:00.000Z',
            operator: 'alice',
            action: 'attach',
            reason: 'Found on the invoice.',
            before: { status: 'submission_unknown', upstream_id: null },
            after: { status: 'pending', upstream_id: 'gen-vid-1790931600-a1B2' },
          },
        ],
      },
    ],
  });
