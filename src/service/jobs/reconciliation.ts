// Reconciles jobs whose submit has an unknown outcome: an operator decides once, on record, and confirms.

import { ClipgateError } from '../../core/errors.ts';
import { isResolvable, type Job } from '../../core/job/job.ts';
import type { OpenRouter } from '../../outbound/openrouter/openrouter.ts';
import type { Act, AuditEntry } from '../../store/ports/audit.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { Resolution } from '../../store/ports/reconciliation.ts';
import { aboutJob, type Log } from '../runtime/log.ts';

export type Decision =
  | { readonly action: 'attach'; readonly upstreamId: string }
  | { readonly action: 'not_accepted' }
  /** `microUsd` from an invoice; absent or null = the bill stays unknown. */
  | { readonly action: 'write_off'; readonly microUsd?: number | null };

export interface Reconciliation {
  /**
   * Decides a job that is `submission_unknown`, or of which upstream says nothing that is known here. An id to attach is asked for first.
   * @throws ClipgateError not_found, not_resolvable, upstream_id_taken, upstream_id_unconfirmed, webhook_waiting,
   * upstream_unreachable.
   */
  resolve(jobId: string, decision: Decision, by: Act): Promise<Job>;
  /** What operators did to a job, oldest first. @throws ClipgateError not_found. */
  auditOf(jobId: string): Promise<AuditEntry[]>;
}

export interface ReconciliationParts {
  readonly store: Pick<JobStore, 'findJob' | 'resolveUnknown' | 'listAudit'>;
  readonly upstream: Pick<OpenRouter, 'poll'>;
  readonly log: Log;
}

const RETRY_AFTER_S = 10;
/** Far more than one job is ever decided; all of them are under `GET /audit`. */
const AUDITED = 1_000;

export function createReconciliation({ store, upstream, log }: ReconciliationParts): Reconciliation {
  async function find(jobId: string): Promise<Job> {
    const job = await store.findJob(jobId);
    if (job) return job;
    throw new ClipgateError('not_found', 'Not found.');
  }

  /** An id with a slip of the pen would be followed for hours, and the true video lost. */
  async function confirm(upstreamId: string): Promise<Resolution> {
    const seen = await upstream.poll(upstreamId);
    switch (seen.kind) {
      case 'answer':
        return { action: 'attach', upstreamId, generationId: seen.generationId };
      case 'missing':
        throw new ClipgateError(
          'upstream_id_unconfirmed',
          'OpenRouter has no job with this id. Nothing was changed.',
        );
      case 'unclear':
      case 'failed':
        throw new ClipgateError(
          'upstream_unreachable',
          'OpenRouter could not be reached to confirm this id. Nothing was changed. Retry later.',
          { retryAfterS: RETRY_AFTER_S },
        );
    }
  }

  return {
    async resolve(jobId, decision, by) {
      const job = await find(jobId);
      if (!isResolvable(job)) throw notResolvable(job);
      const resolution = decision.action === 'attach' ? await confirm(decision.upstreamId) : decision;
      const result = await store.resolveUnknown(jobId, resolution, by);
      switch (result?.kind) {
        case undefined:
          throw new ClipgateError('not_found', 'Not found.');
        case 'not_unknown':
          throw notResolvable(result.job);
        case 'id_taken':
          throw new ClipgateError('upstream_id_taken', 'This upstream id belongs to another job.', {
            details: { jobId: result.jobId },
          });
        case 'webhook_waiting':
          throw new ClipgateError(
            'webhook_waiting',
            `A webhook reports that this job is ${result.upstreamId} at OpenRouter, which the gateway is confirming. Attach that id, or wait.`,
            { details: { upstreamId: result.upstreamId }, retryAfterS: RETRY_AFTER_S },
          );
        case 'resolved':
          log.warn(
            { ...aboutJob(job), action: decision.action, operator: by.actor, status: result.job.status },
            'an operator resolved a job',
          );
          return result.job;
      }
    },

    async auditOf(jobId) {
      await find(jobId);
      const object = { kind: 'job', id: jobId } as const;
      const newest = await store.listAudit({
        since: null,
        actor: null,
        object,
        before: null,
        limit: AUDITED,
      });
      return newest.reverse();
    },
  };
}

const notResolvable = (job: Job) =>
  new ClipgateError(
    'not_resolvable',
    `This job is ${job.status}: only a job in submission_unknown, or one whose upstream status is unclear, can be resolved.`,
    { details: { jobStatus: job.status, upstreamId: job.upstreamId } },
  );
