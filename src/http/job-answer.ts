// A job as its owner sees it, with all that is kept beside its row.

import type { Job } from '../core/job.ts';
import type { Jobs } from '../service/jobs.ts';
import { renderJob } from './render.ts';

export async function answerJob(jobs: Pick<Jobs, 'outputsOf' | 'attemptsOf' | 'callbacksOf'>, job: Job) {
  const [outputs, attempts, [callback = null]] = await Promise.all([
    jobs.outputsOf([job]),
    jobs.attemptsOf([job]),
    jobs.callbacksOf([job]),
  ]);
  return renderJob(job, outputs, attempts, callback);
}
