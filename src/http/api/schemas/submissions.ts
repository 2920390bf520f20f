// The schemas of holding and releasing submissions.

import { z } from 'zod';

export const PauseBodySchema = z
  .strictObject({
    reason: z
      .string()
      .min(3)
      .max(500)
      .describe('The reason, which callers see when their orders are refused.'),
  })
  .meta({
    id: 'Pause',
    description: 'Pauses submissions.',
    examples: [{ reason: 'The invoice of October is being checked.' }],
  });

export const ResumeBodySchema = z
  .strictObject({})
  .optional()
  .meta({ id: 'Resume', description: 'Resumes paused submissions.', examples: [{}] });

export const SubmissionsSchema = z
  .object({
    held: z.boolean(),
    reason: z.string().nullable(),
    operator: z.string().nullable().describe('The operator who paused them.'),
    since: z.iso.datetime().nullable(),
  })
  .meta({
    id: 'Submissions',
    description: 'Whether an operator has paused submissions.',
    examples: [
      {
        held: true,
        reason: 'The invoice of October is being checked.',
        operator: 'alice',
        since: '2026-10-02T09:00:00.000Z',
      },
    ],
  });
