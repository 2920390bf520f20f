// What is written down of an attempt that has ended.

import type { Job } from '../../core/job/job.ts';

/** How one attempt of a job ended: `attempt` is its number, `actualMicroUsd` the bill, null where it is unknown. */
export type AttemptEnd = Pick<
  Job,
  | 'id'
  | 'clientId'
  | 'keyId'
  | 'tags'
  | 'reference'
  | 'createdAt'
  | 'generationId'
  | 'attempt'
  | 'model'
  | 'fallback'
  | 'status'
  | 'upstreamId'
  | 'error'
  | 'submittedAt'
  | 'finishedAt'
  | 'actualMicroUsd'
  | 'isByok'
  | 'estimatedMicroUsd'
  | 'ceilingMicroUsd'
>;
