// A job as its owner sees it, in JSON, written once for as long as nothing about the job changes.

import type { FastifyReply } from 'fastify';
import type { Warning } from '../../core/clip/submission.ts';
import { isNotPurchased, type Job } from '../../core/job/job.ts';
import { writeJson } from '../../core/json-text.ts';
import type { ContentLinks } from '../../service/clips/content-links.ts';
import type { Jobs } from '../../service/jobs/jobs.ts';
import { sendJson } from '../response/send-json.ts';
import { renderCallbackAttempt, renderJob, renderPurchasePlan } from './render.ts';

// The store returns the same object until something about the job has changed, where it can know that (SQLite).
const written = new WeakMap<Job, Promise<string>>();

/** The JSON text of a job; those who ask while it is written share it. */
export function writeJob(jobs: Pick<Jobs, 'recordOf'>, job: Job): Promise<string> {
  const known = written.get(job);
  if (known) return known;
  const writing = jobs.recordOf(job).then((record) => JSON.stringify(renderJob(record)));
  // Its callback moves on while the job stays as it is, and so does whether it was sent again.
  if (job.callbackUrl === null && !isNotPurchased(job.status)) {
    written.set(job, writing);
    writing.catch(() => written.delete(job));
  }
  return writing;
}

/** Answers with a job; status and further headers are the caller's. */
export async function sendJob(
  reply: FastifyReply,
  jobs: Pick<Jobs, 'recordOf'>,
  job: Job,
): Promise<FastifyReply> {
  return sendJson(reply, await writeJob(jobs, job));
}

/** The same as the answer to its order. @param warnings null where it is answered again. */
export async function sendCreated(
  reply: FastifyReply,
  jobs: Pick<Jobs, 'recordOf'>,
  job: Job,
  warnings: readonly Warning[] | null,
): Promise<FastifyReply> {
  reply.request.jobId = job.id;
  const text = await writeJob(jobs, job);
  return sendJson(
    reply,
    warnings === null ? text : `${text.slice(0, -1)},"warnings":${JSON.stringify(warnings)}}`,
  );
}

/** What of a job an answer shows beside the job itself. */
interface Wanted {
  /** Signs its links. */
  readonly sign: ContentLinks['sign'] | undefined;
  /** Its request whole: tens of megabytes where it holds pictures. */
  readonly request: boolean;
  readonly plan: boolean;
  readonly callbackAttempts: boolean;
}

/** The same as its owner asked for it, written for this answer alone. */
export async function sendJobAsAsked(
  reply: FastifyReply,
  jobs: Pick<Jobs, 'recordOf' | 'bodyOf' | 'planOf' | 'callbackAttemptsOf'>,
  job: Job,
  wanted: Wanted,
): Promise<FastifyReply> {
  const shown = {
    ...renderJob(await jobs.recordOf(job), wanted.sign),
    ...(wanted.plan && { plan: renderPurchasePlan(await jobs.planOf(job)) }),
    ...(wanted.callbackAttempts && {
      callback_attempts: (await jobs.callbackAttemptsOf(job)).map(renderCallbackAttempt),
    }),
  };
  return sendJson(
    reply,
    wanted.request ? writeJson({ ...shown, request: await jobs.bodyOf(job) }) : JSON.stringify(shown),
  );
}
