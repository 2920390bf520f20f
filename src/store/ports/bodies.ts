// What the service asks of a store about the bodies of requests: kept once each, read only to be sent or shown whole.

import type { SubmitBody } from '../../core/job/job.ts';

export interface BodyStore {
  /**
   * The body of the job's present attempt, exactly as it goes to upstream. May be tens of megabytes: `Job.request` is
   * what answers show. @throws ClipgateError not_found where there is no such job.
   */
  loadBody(jobId: string): Promise<SubmitBody>;
  /** Removes bodies that were written an hour ago or earlier and belong to no job, at most `limit`; resolves to how many. */
  purgeBodies(limit: number): Promise<number>;
}
