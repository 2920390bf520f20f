// The shape of what a client's server is told, and of how far the telling is.

import { z } from 'zod';
import { eventTypeOf, TOLD_STATUSES } from '../../../core/callbacks/delivery.ts';
import { JobSchema, jobExample } from './job.ts';

export const JobEventSchema = z
  .object({
    type: z.enum(TOLD_STATUSES.map(eventTypeOf)).describe('`job.` and the status of the job.'),
    timestamp: z.iso.datetime().describe('When the job came to stand where it does.'),
    data: JobSchema,
  })
  .meta({
    id: 'JobEvent',
    description:
      'What is posted to `callback_url`: the Job as GET /jobs/{id} answers it, save that `callback` is null and data: ' +
      'URLs in `request` end before their content.',
    examples: [{ type: 'job.completed', timestamp: '2026-10-02T09:00:44.120Z', data: jobExample }],
  });
