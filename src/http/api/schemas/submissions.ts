// The schemas of holding and releasing submissions.

import { z } from 'zod';

export const PauseBodySchema = z
  .strictObject({
    reason: z.string().min(3).max(500).describe('Shown to callers whose orders are refused meanwhile.'),
  })
  .meta({
    id: 'Pause',
    description: 'Holds submissions.',
    examples: [{ reason: 'The invoice of October is being checked.' }],
  });

export const ResumeBodySchema = z
  .strictObject({})
  .optional()
  .meta({ id: 'Resume', description: 'Releases held submissions.', examples: [{}] });

export const SubmissionsSchema = z
  .object({
    held: z.boolean(),
    reason: z.string().nullable(),
    operator: z.string().nullable().describe('Who holds them.'),
    since: z.iso.datetime().nullable(),
  })
  .meta({
    id: 'Submissions',
    description: 'Whether submissions are held.',
    examples: [
      {
        held: true,
        reason: 'The invoice of October is being checked.',
        operator: 'alice',
        since: '2026-10-02T09:00:00.000Z',
      },
    ],
  });
