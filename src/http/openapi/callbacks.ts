// The `callbacks` section of the OpenAPI document: the requests that the gateway sends to `callback_url`.

import { JobEventSchema } from '../api/schemas/callback.ts';

const DESCRIPTION = `Signed as [Standard Webhooks](https://www.standardwebhooks.com) specifies, with the secret that the operator gave you.
Verify the signature with any of its libraries. \`webhook-id\` is the same on every attempt of an event: use it to
deduplicate. Answer 2xx within 15 seconds, and do the work afterwards.

Any other answer is retried after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h, with 10 % jitter,
or later if \`Retry-After\` asks for it (24 h at most). 410 ends the delivery. Redirects are not followed.

An event is sent for every terminal state, and for \`job.submission_unknown\`, which is not terminal: OpenRouter may have
accepted the job although its answer was lost. Another event follows when the end is known; outdated events are dropped.`;

const header = (name: string, description: string) => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string' },
});

const JOB_CALLBACKS = {
  jobEvent: {
    '{$request.body#/callback_url}': {
      post: {
        operationId: 'receiveJobEvent',
        summary: 'The event that the gateway sends to callback_url',
        description: DESCRIPTION,
        security: [],
        parameters: [
          header('webhook-id', 'Identifies the event; the same on every attempt.'),
          header('webhook-timestamp', 'When this attempt was signed, in seconds since 1970.'),
          header('webhook-signature', 'One or more `v1,<base64 HMAC-SHA256>`, separated by spaces.'),
        ],
        requestBody: {
          required: true,
          content: {
            'application/json': { schema: { $ref: `#/components/schemas/${JobEventSchema.meta()?.id}` } },
          },
        },
        responses: {
          '2XX': { description: 'Received.' },
          '410': { description: 'Send no more events of this job.' },
        },
      },
    },
  },
} as const;

/** The callbacks of each operation, by operationId. */
const CALLBACKS: Readonly<Record<string, object>> = { createJob: JOB_CALLBACKS };

interface Operation {
  readonly operationId?: string | undefined;
}

/** Adds the callbacks to their operations; swagger would keep only their bodies. Returns a new document. */
export function addCallbacks<T extends { paths?: object | undefined }>(document: T): T {
  const paths = Object.entries(document.paths ?? {}).map(([path, methods]) => [
    path,
    Object.fromEntries(
      Object.entries(methods as Readonly<Record<string, Operation>>).map(([method, operation]) => {
        const callbacks = CALLBACKS[operation.operationId ?? ''];
        return [method, callbacks ? { ...operation, callbacks } : operation];
      }),
    ),
  ]);
  return { ...document, paths: Object.fromEntries(paths) };
}
