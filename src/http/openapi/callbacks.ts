// What OpenAPI says of the calls we make: the `callbacks` of the operation that asks for them, for who writes a receiver.

import { JobEventSchema } from '../api/schemas/callback.ts';

const DESCRIPTION = `Signed as [Standard Webhooks](https://www.standardwebhooks.com) says, with the secret the operator gave you; verify
with any of its libraries before you believe a word. \`webhook-id\` is the same on every attempt of an event: the same
event may come twice, the same id means the same news. Answer 2xx within 15 seconds, and do the work afterwards.

Anything but 2xx is tried again after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h, each a tenth more or less,
or later where \`Retry-After\` asks for it (24 h at most). 410 ends it for good. Redirects are not followed.

Every end of a job is told, and \`job.submission_unknown\`, which is none: upstream may have taken the job although its
answer was lost. The end follows once it is known; what is no longer true is not told any more.`;

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
        summary: 'What your server is told when a job has ended',
        description: DESCRIPTION,
        security: [],
        parameters: [
          header('webhook-id', 'Names the event; the same on every attempt.'),
          header('webhook-timestamp', 'When this attempt was signed, in seconds since 1970.'),
          header('webhook-signature', 'One or more of `v1,` and a base64 HMAC-SHA256, parted by spaces.'),
        ],
        requestBody: {
          required: true,
          content: {
            'application/json': { schema: { $ref: `#/components/schemas/${JobEventSchema.meta()?.id}` } },
          },
        },
        responses: {
          '2XX': { description: 'Received.' },
          '410': { description: 'Tell me nothing more of this job.' },
        },
      },
    },
  },
} as const;

/** What asks to be called back, by operationId. */
const CALLBACKS: Readonly<Record<string, object>> = { createJob: JOB_CALLBACKS };

interface Operation {
  readonly operationId?: string | undefined;
}

/** Adds them to every operation that has some: swagger keeps no more of a callback than its body. Returns a new document. */
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
