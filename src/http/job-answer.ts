// A job as its owner sees it, in JSON, written once for as long as nothing about the job changes.

import type { FastifyReply } from 'fastify';
import type { Job } from '../core/job.ts';
import type { Jobs } from '../service/jobs.ts';
import { renderJob } from './render.ts';
import { sendJson } from './send-json.ts';

// The store hands out the same object until something about the job has changed, where it can know that.
const written = new WeakMap<Job, string>();

/** The JSON text of a job. */
export async function writeJob(jobs: Pick<Jobs, 'recordOf'>, job: Job): Promise<string> {
  const known = written.get(job);
  if (known !== undefined) return known;
  const text = JSON.stringify(renderJob(await jobs.recordOf(job)));
  // How far its callback is changes while the job stays as it is.
  if (job.callbackUrl === null) written.set(job, text);
  return text;
}

/** Answers with a job; status and further headers are the caller's. */
export async function sendJob(reply: FastifyReply, jobs: Pick<Jobs, 'recordOf'>, job: Job) {
  const text = written.get(job) ?? (await writeJob(jobs, job));
  return sendJson(reply, text);
}
