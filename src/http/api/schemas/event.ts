// The request headers of an event stream, and its schema in OpenAPI.

import { z } from 'zod';
import { JobSchema } from './job.ts';

export const EventHeadersSchema = z.object({
  'last-event-id': z
    .string()
    .regex(/^\d{1,15}$/, 'must be the id of an event of this stream')
    .optional()
    .describe('Send only events after this one.')
    .meta({ examples: ['1'] }),
});

/**
 * What stands in the `data:` of each event. Without a `type`: generators read a stream's schema as that of its events,
 * validating proxies as that of its text, and of text these members say nothing.
 */
export const JobStreamEventSchema = z.object(JobSchema.shape).meta({
  id: 'JobStreamEvent',
  description: 'The data of an event: a Job, as JSON.',
  type: undefined,
});
