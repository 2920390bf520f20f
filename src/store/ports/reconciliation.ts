// What the service asks of a store to reconcile jobs whose submit has an unknown outcome: decisions, on record.

import type { Job } from '../../core/job/job.ts';
import type { Act } from './audit.ts';

/** What an operator decides about a job whose submit has an unknown outcome. */
export type Resolution =
  | { readonly action: 'attach'; readonly upstreamId: string; readonly generationId: string | null }
  | { readonly action: 'not_accepted' }
  /** `microUsd` from an invoice; absent or null = the bill stays unknown. */
  | { readonly action: 'write_off'; readonly microUsd?: number | null };

export type ResolveResult =
  | { readonly kind: 'resolved'; readonly job: Job }
  /** The job is none that an operator can decide (`isResolvable`), or not any more. */
  | { readonly kind: 'not_unknown'; readonly job: Job }
  /** The id to attach belongs to another job. */
  | { readonly kind: 'id_taken'; readonly jobId: string }
  /** A webhook that names an upstream id for this job waits to be confirmed: it was accepted after all. */
  | { readonly kind: 'webhook_waiting'; readonly upstreamId: string };

export interface ReconciliationStore {
  /** Decides a job that is `isResolvable`, on record, in one transaction. Null where there is no such job. */
  resolveUnknown(jobId: string, resolution: Resolution, by: Act): Promise<ResolveResult | null>;
  /**
   * Writes down what an operator does about a job beside deciding it; the job gets a new version and stays as it is.
   * Null where there is no such job.
   */
  recordAction(jobId: string, action: string, by: Act): Promise<Job | null>;
}
