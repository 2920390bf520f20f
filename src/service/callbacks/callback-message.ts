// The body of a callback: the job as its owner reads it, less what would make a message of megabytes.

import { eventIdOf, eventTypeOf } from '../../core/callbacks/delivery.ts';
import type { Job } from '../../core/job/job.ts';

/** A data: URL up to its content. */
const DATA_URL = /^data:[^,]{0,200},/;

/**
 * One event with its id: the body of a callback, in JSON. Its time is when the job came to stand where it does; what never changes again in
 * the job is the same on every attempt.
 * @param data the job as the API answers it.
 */
export function writeJobEvent(job: Job, data: object): { readonly id: string; readonly body: string } {
  const body = JSON.stringify(
    {
      type: eventTypeOf(job.status),
      timestamp: new Date(job.finishedAt ?? job.updatedAt).toISOString(),
      data,
    },
    // The client has the pictures that it sent inside the request; GET /jobs/{id} still returns them.
    (_key, value: unknown) => (typeof value === 'string' ? (DATA_URL.exec(value)?.[0] ?? value) : value),
  );
  return { id: eventIdOf(job), body };
}
