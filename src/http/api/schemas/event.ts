// The request headers of an event stream, and its schema in OpenAPI.

import { z } from 'zod';

export const EventHeadersSchema = z.object({
  'last-event-id': z
    .string()
    .regex(/^\d{1,15}$/, 'must be the id of an event of this stream')
    .optional()
    .describe('Send only events after this one.'),
});

export const EventStreamSchema = z.string().meta({ id: 'EventStream', description: 'text/event-stream.' });
