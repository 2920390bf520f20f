// What the service asks of a store to reconcile jobs whose submit has an unknown outcome: decisions, on record.

import type { Job } from '../../core/job/job.ts';

/** What an operator decides about a job whose submit has an unknown outcome. */
export type Resolution =
  | { readonly action: 'attach'; readonly upstreamId: string; readonly generationId: string | null }
  | { readonly action: 'not_accepted' }
  | { readonly action: 'write_off' };

export type ResolveResult =
  | { readonly kind: 'resolved'; readonly job: Job }
  /** The job is none that an operator can decide (`isResolvable`), or not any more. */
  | { readonly kind: 'not_unknown'; readonly job: Job }
  /** The id to attach belongs to another job. */
  | { readonly kind: 'id_taken'; readonly jobId: string }
  /** A webhook that names an upstream id for this job waits to be confirmed: it was accepted after all. */
  | { readonly kind: 'webhook_waiting'; readonly upstreamId: string };

/** One decision of an operator. `before` and `after` hold what it changed of the job. */
export interface AuditEntry {
  readonly jobId: string;
  /** The version the job got by it. */
  readonly version: number;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly reason: string;
  readonly before: AuditedState;
  readonly after: AuditedState;
}

export interface AuditedState {
  readonly status: string;
  readonly upstreamId: string | null;
}

export interface ReconciliationStore {
  /** Decides a job that is `isResolvable`, and writes who did and why, in one transaction. Null where there is no such job. */
  resolveUnknown(
    jobId: string,
    resolution: Resolution,
    by: { readonly actor: string; readonly reason: string },
  ): Promise<ResolveResult | null>;
  /**
   * Writes down what an operator does about a job beside deciding it; the job gets a new version and stays as it is.
   * Null where there is no such job.
   */
  recordAction(
    jobId: string,
    entry: { readonly action: string; readonly actor: string; readonly reason: string },
  ): Promise<Job | null>;
  /** The decisions on a job, oldest first. */
  getAudit(jobId: string): Promise<AuditEntry[]>;
}
