// A job as its owner sees it, in JSON, written once for as long as nothing about the job changes.

import type { FastifyReply } from 'fastify';
import type { Job } from '../core/job.ts';
import type { Jobs } from '../service/jobs.ts';
import { renderJob } from './render.ts';
import { sendJson } from './send-json.ts';

// The store hands out the same object until something about the job has changed, where it can know that.
const written = new WeakMap<Job, Promise<string>>();

/** The JSON text of a job. */
export function writeJob(jobs: Pick<Jobs, 'recordOf'>, job: Job): Promise<string> {
  const known = written.get(job);
  if (known) return known;
  const text = jobs.recordOf(job).then((record) => JSON.stringify(renderJob(record)));
  // How far its callback is changes while the job stays as it is.
  if (job.callbackUrl === null) {
    written.set(job, text);
    text.catch(() => written.delete(job));
  }
  return text;
}

/** Answers with a job; status and further headers are the caller's. */
export async function sendJob(reply: FastifyReply, jobs: Pick<Jobs, 'recordOf'>, job: Job) {
  return sendJson(reply, await writeJob(jobs, job));
}
