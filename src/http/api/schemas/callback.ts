// The schema of the event that is sent to `callback_url`.

import { z } from 'zod';
import { eventTypeOf, TOLD_STATUSES } from '../../../core/callbacks/delivery.ts';
import { JobSchema, jobExample } from './job.ts';

export const JobEventSchema = z
  .object({
    type: z.enum(TOLD_STATUSES.map(eventTypeOf)).describe('`job.` followed by the status of the job.'),
    timestamp: z.iso.datetime().describe('When the job reached this status.'),
    data: JobSchema,
  })
  .meta({
    id: 'JobEvent',
    description:
      'The body of a callback: the job as GET /jobs/{id} returns it, except that `callback` is null and data: ' +
      'URLs in `request` end before their content.',
    examples: [{ type: 'job.completed', timestamp: '2026-10-02T09:00:44.120Z', data: jobExample }],
  });
