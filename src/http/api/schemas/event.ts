// What a stream of events is asked for with, and what OpenAPI can say of it.

import { z } from 'zod';

export const EventHeadersSchema = z.object({
  'last-event-id': z
    .string()
    .regex(/^\d{1,15}$/, 'must be the id of an event of this stream')
    .optional()
    .describe('Only what is newer than this event.'),
});

export const EventStreamSchema = z.string().meta({ id: 'EventStream', description: 'text/event-stream.' });
