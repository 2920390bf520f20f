// Finds a job by the id that a client of OpenRouter's API uses: the gateway's or OpenRouter's.

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
