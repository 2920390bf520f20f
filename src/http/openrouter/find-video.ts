// Finds a job by what a client of OpenRouter's API knows it by: our id, or upstream's.

import { ClipgateError } from '../../core/errors.ts';
import type { Job } from '../../core/job/job.ts';
import type { Jobs } from '../../service/jobs/jobs.ts';

/** @param owner null = of any client, found by our ids alone. @throws ClipgateError not_found. */
export async function findVideo(
  jobs: Pick<Jobs, 'get' | 'find'>,
  id: string,
  owner: string | null,
): Promise<Job> {
  if (owner === null) return jobs.get(id, null);
  const job = await jobs.find(id, owner);
  if (job) return job;
  throw new ClipgateError('not_found', `Job ${id} not found`);
}
