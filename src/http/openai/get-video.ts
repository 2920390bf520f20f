// A job as a client of OpenAI's API may name it: by id, until it is deleted there.

import { ClipgateError } from '../../core/errors.ts';
import type { Job } from '../../core/job/job.ts';
import type { Jobs } from '../../service/jobs/jobs.ts';

/** @param owner null = of any client. @throws ClipgateError not_found. */
export async function getVideo(jobs: Pick<Jobs, 'get'>, id: string, owner: string | null): Promise<Job> {
  const job = await jobs.get(id, owner);
  if (job.hiddenAt === null) return job;
  throw new ClipgateError('not_found', 'This video was deleted.');
}
