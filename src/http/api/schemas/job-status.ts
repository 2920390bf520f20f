// The statuses of a job and the codes of its errors, each named once for all schemas.

import { z } from 'zod';
import type { ErrorCode } from '../../../core/errors.ts';
import { JOB_ERROR_CODES, JOB_STATUSES } from '../../../core/job/job.ts';
import { openEnum } from './open-enum.ts';

export const JobStatusSchema = z.enum(JOB_STATUSES).meta({
  id: 'JobStatus',
  description:
    'Closed: this version of the API has no other. `ended` of a job says which of them are terminal.',
});

/** What is refused before anything was bought, or by OpenRouter. */
const REFUSALS = [
  'submissions_paused',
  'upstream_rejected',
  'upstream_insufficient_credits',
  'upstream_forbidden',
  'upstream_not_found',
  'upstream_too_large',
  'upstream_rate_limited',
  'upstream_key_invalid',
  'upstream_unreachable',
  'public_url_refused',
] as const satisfies readonly ErrorCode[];

export const JobErrorSchema = z
  .object({
    code: openEnum(
      z.enum([...JOB_ERROR_CODES, ...REFUSALS]).meta({
        id: 'JobErrorCode',
        description: 'The codes of the errors of jobs. Open: more may be added.',
      }),
    ).describe('Stable; branch on this. Open: for a code that you do not know, go by the status of the job.'),
    message: z.string().describe('For people.'),
  })
  .meta({ id: 'JobError' });
