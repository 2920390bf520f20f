// Resubmits a job as a new job: freely if nothing was bought, otherwise only if the caller accepts a second bill.

import { ClipgateError } from '../../core/errors.ts';
import type { Job } from '../../core/job/job.ts';
import { type IntentHistory, judgeResubmit } from '../../core/job/resubmission.ts';
import type { Origin } from '../../core/origin.ts';
import type { Principal } from '../../core/principal.ts';
import { isAllowed } from '../../core/routing/eligibility.ts';
import type { Made } from '../jobs/job-maker.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { modelNotAllowed, slotsOf } from './access.ts';
import { hashJson } from './canonical-json.ts';

export interface Resubmission {
  /** The caller's own key; without one a job is sent again once, however often this is called. */
  readonly key: string | null;
  readonly acceptDoubleCharge: boolean;
  readonly wait: boolean;
  readonly origin: Origin;
}

/**
 * Makes a new job of the same client with the old one's body, linked to it. It has the old one's `callback_url`:
 * the receiver that waits for the one waits for the other.
 * @throws ClipgateError not_resubmittable, double_charge_not_accepted, and as `Jobs.make` does.
 */
export async function resubmit(
  jobs: Pick<Jobs, 'make' | 'findReplay' | 'recordOf' | 'bodyOf'>,
  principal: Principal,
  job: Job,
  { key, acceptDoubleCharge, wait, origin }: Resubmission,
): Promise<Made> {
  const { clientId } = job;
  const idempotency = { key: keyOf(principal, job, key), bodyHash: hashJson({ resubmit_of: job.id }) };
  const earlier = await jobs.findReplay(clientId, idempotency);
  if (earlier) return { job: earlier, replayed: true };
  requireSense(job, await jobs.recordOf(job), acceptDoubleCharge);
  const { estimatedMicroUsd, ceilingMicroUsd, listMicroUsd, expectedMs, callbackUrl, tags, reference } = job;
  if (!isAllowed({ id: job.model, canonicalSlug: job.model }, principal.models))
    throw modelNotAllowed(job.model);
  const intent = {
    // An operator's key is none of the client's.
    keyId: principal.client === clientId ? principal.keyId : job.keyId,
    slots: slotsOf(principal),
    request: await jobs.bodyOf(job),
    estimatedMicroUsd,
    ceilingMicroUsd,
    listMicroUsd,
    expectedMs,
    callbackUrl,
    tags,
    reference,
    origin,
  };
  return jobs.make({ clientId, ...intent, resubmitOf: job.id, acceptDoubleCharge, idempotency }, wait);
}

/**
 * Without a key a job is sent again once. What an operator sends stands apart from the keys of the client whose job it
 * is: no key of a client's has a space in it.
 */
function keyOf(principal: Principal, job: Job, key: string | null): string {
  if (key === null) return `resubmit ${job.id}`;
  return principal.client === job.clientId ? key : `${principal.client} ${key}`;
}

/** A key as its caller sent it; null where it was made here. */
export const sentKey = (key: string | null): string | null =>
  key === null || key.includes(' ') ? null : key;

function requireSense(job: Job, history: IntentHistory, acceptDoubleCharge: boolean): void {
  const about = { details: { jobStatus: job.status } };
  if (job.bodyErasedAt !== null) {
    throw new ClipgateError(
      'not_resubmittable',
      'The request of this job was erased, so it cannot be resubmitted. Create a new job with POST /jobs.',
      about,
    );
  }
  switch (judgeResubmit(job, history)) {
    case 'none':
      return;
    case 'nothing_to_resubmit':
      throw new ClipgateError(
        'not_resubmittable',
        `This job is ${job.status}: it cannot be resubmitted.`,
        about,
      );
    case 'double_charge':
      if (acceptDoubleCharge) return;
      throw new ClipgateError(
        'double_charge_not_accepted',
        history.resent
          ? 'This job was already resubmitted.'
          : `This job is ${job.status}: it was bought, or may have been.`,
        about,
      );
  }
}
