// A job as its owner sees it, in JSON, written once for as long as nothing about the job changes.

import type { FastifyReply } from 'fastify';
import { isNotPurchased, type Job } from '../../core/job/job.ts';
import type { Jobs } from '../../service/jobs/jobs.ts';
import { sendJson } from '../response/send-json.ts';
import { renderJob } from './render.ts';

// The store hands out the same object until something about the job has changed, where it can know that. The text, or
// the promise of it for those who ask while it is written.
const written = new WeakMap<Job, string | Promise<string>>();

/** The JSON text of a job. */
export function writeJob(jobs: Pick<Jobs, 'recordOf'>, job: Job): string | Promise<string> {
  const known = written.get(job);
  if (known !== undefined) return known;
  const writing = jobs.recordOf(job).then((record) => JSON.stringify(renderJob(record)));
  // How far its callback is changes while the job stays as it is, and whether it was sent again.
  if (job.callbackUrl === null && !isNotPurchased(job.status)) {
    written.set(job, writing);
    writing.then(
      (text) => written.set(job, text),
      () => written.delete(job),
    );
  }
  return writing;
}

/**
 * Answers with a job; status and further headers are the caller's. Where the text is written it is sent before this
 * returns, and there is nothing to wait for.
 */
export function sendJob(
  reply: FastifyReply,
  jobs: Pick<Jobs, 'recordOf'>,
  job: Job,
): Promise<void> | undefined {
  const send = (text: string) => void sendJson(reply, text);
  const text = writeJob(jobs, job);
  return typeof text === 'string' ? send(text) : text.then(send);
}
