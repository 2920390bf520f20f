// The `callbacks` section of the OpenAPI documents: the requests that the gateway sends to URLs of its clients.

import type { z } from 'zod';
import { JobEventSchema } from '../api/schemas/callback.ts';
import { CALLBACK_HEADER } from '../openai/field-names.ts';
import { VideoEventSchema } from '../openai/schemas.ts';
import { VideoGenerationEventSchema } from '../openrouter/schemas.ts';

const SIGNED = `Signed as [Standard Webhooks](https://www.standardwebhooks.com) specifies, with the secret that the operator gave you.
Verify the signature with any of its libraries.`;

const DELIVERY = `The id is the same on every attempt of an event: use it to deduplicate. Answer 2xx within 15 seconds, and
do the work afterwards.

Any other answer is retried after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h, with 10 % jitter,
or later if \`Retry-After\` asks for it (24 h at most). 410 ends the delivery. Redirects are not followed.`;

const EVENTS = `An event is sent for every terminal state, and for \`job.submission_unknown\`, which is not terminal: OpenRouter may have
accepted the job although its answer was lost. Another event follows when the end is known; outdated events are dropped.`;

const header = (name: string, description: string) => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string' },
});

/** A POST to a URL that an order names. @param event a schema with an id. */
const callback = (
  name: string,
  expression: string,
  description: string,
  headers: readonly object[],
  event: z.ZodType,
) => ({
  [name]: {
    [expression]: {
      post: {
        operationId: `receive${name.charAt(0).toUpperCase()}${name.slice(1)}`,
        summary: 'The event that the gateway sends when the job has ended',
        description,
        security: [],
        parameters: headers,
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: `#/components/schemas/${event.meta()?.id}` } } },
        },
        responses: {
          '2XX': { description: 'Received.' },
          '410': { description: 'Send no more events of this job.' },
        },
      },
    },
  },
});

const STANDARD_WEBHOOKS = [
  header('webhook-id', 'Identifies the event; the same on every attempt.'),
  header('webhook-timestamp', 'When this attempt was signed, in seconds since 1970.'),
  header('webhook-signature', 'One or more `v1,<base64 HMAC-SHA256>`, separated by spaces.'),
];

/** The callbacks of the POST of each path. */
const CALLBACKS: Readonly<Record<string, object>> = {
  '/jobs': callback(
    'jobEvent',
    '{$request.body#/callback_url}',
    `${SIGNED}\n\n${DELIVERY}\n\n${EVENTS}`,
    STANDARD_WEBHOOKS,
    JobEventSchema,
  ),
  '/v1/videos': callback(
    'videoEvent',
    `{$request.header.${CALLBACK_HEADER}}`,
    `${SIGNED} So do the libraries of OpenAI.\n\n${DELIVERY}`,
    STANDARD_WEBHOOKS,
    VideoEventSchema,
  ),
  '/api/v1/videos': callback(
    'videoEvent',
    '{$request.body#/callback_url}',
    `Signed as OpenRouter signs, with your callback secret as it stands.\n\n${DELIVERY}`,
    [
      header('X-OpenRouter-Idempotency-Key', 'Identifies the event; the same on every attempt.'),
      header(
        'X-OpenRouter-Signature',
        '`t=<seconds>,v1=<hex HMAC-SHA256 of "<t>,<body>">`, with one `v1` for each secret.',
      ),
    ],
    VideoGenerationEventSchema,
  ),
};

type Operations = Readonly<Record<string, object>>;

/** Adds the callbacks to their operations; swagger would keep only their bodies. Returns a new document. */
export function addCallbacks<T extends { paths?: object | undefined }>(document: T): T {
  const paths = Object.entries((document.paths ?? {}) as Readonly<Record<string, Operations>>).map(
    ([path, operations]) => {
      const callbacks = CALLBACKS[path];
      return [path, callbacks ? { ...operations, post: { ...operations['post'], callbacks } } : operations];
    },
  );
  return { ...document, paths: Object.fromEntries(paths) };
}
