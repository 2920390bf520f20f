// What the service asks of a store to repair jobs: attempts, early webhooks, operators' decisions.

import type { Attempt, EndedAttempt, PlannedAttempt } from '../../core/job/attempt.ts';
import type { Job } from '../../core/job/job.ts';
import type { NonceOwner, WebhookEvent } from '../../core/job/upstream-webhook.ts';
import type { AfterStep, Lease } from './lease.ts';

/** What an intent may bring beside what every intent has. */
export interface IntentExtras {
  readonly patienceMs?: number | null;
  /** The job whose intent this one sends again. */
  readonly resubmitOf?: string | null;
  /** Allows that although another job stands in that one's place. */
  readonly acceptDoubleCharge?: boolean;
  /** The first attempt is the job itself; these follow it in order. */
  readonly fallback?: {
    readonly maxTotalMicroUsd: number;
    readonly maxAttempts: number;
    /** What the first attempt may cost at most; null = nobody can say. */
    readonly highMicroUsd: number | null;
    readonly others: readonly PlannedAttempt[];
  } | null;
}

/** A webhook that waits to be believed. */
export interface WaitingWebhook extends WebhookEvent {
  readonly nonce: string;
  readonly receivedAt: number;
}

/** What an operator makes of a job whose submit nobody knows the outcome of. */
export type Resolution =
  | { readonly action: 'attach'; readonly upstreamId: string; readonly generationId: string | null }
  | { readonly action: 'not_accepted' }
  | { readonly action: 'write_off' };

export type ResolveResult =
  | { readonly kind: 'resolved'; readonly job: Job }
  /** The job is not `submission_unknown`, or not any more. */
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
  /** A job, whoever it belongs to: for operators and webhooks. */
  findJob(id: string): Promise<Job | null>;
  /** The job, and the attempt of it, that a nonce was sent for; null where it was sent for none. */
  findByNonce(nonce: string): Promise<NonceOwner | null>;
  /** Makes a job that upstream works on due at once. False where someone holds it, or there is nothing to ask. */
  makeDue(jobId: string): Promise<boolean>;
  /**
   * Ends the present attempt and begins the planned attempt `number` in one step: the job is `queued` again, with that
   * candidate's body and nonce and none of the outcome of the last. Null where the lease is no longer ours. A repetition,
   * for which that attempt is begun already and was never sent, is answered with the job as it is. Throws where the
   * present attempt cannot end so, or `number` is not one that is still planned.
   */
  beginAttempt(lease: Lease, ended: EndedAttempt, number: number, after: AfterStep): Promise<Job | null>;
  /** Attempts of jobs that may have several, planned ones included, in order; nothing for the others. */
  getAttempts(jobIds: readonly string[]): Promise<Attempt[]>;
  /**
   * Keeps a webhook, due in `dueInMs`; the same one twice is kept once. False where the inbox is full, altogether or
   * for this nonce.
   */
  keepWebhook(webhook: WebhookEvent & { readonly nonce: string }, dueInMs: number): Promise<boolean>;
  /** Kept webhooks that are due, oldest due first; each is due again in `againInMs` unless it is dropped by then. */
  claimWebhooks(limit: number, againInMs: number): Promise<WaitingWebhook[]>;
  dropWebhook(webhook: WebhookEvent & { readonly nonce: string }): Promise<void>;
  deferWebhook(webhook: WebhookEvent & { readonly nonce: string }, dueInMs: number): Promise<void>;
  /** Milliseconds until the next kept webhook is due (0 = now); null where none is kept. */
  nextWebhookInMs(): Promise<number | null>;
  /** Decides a `submission_unknown` job, and writes who did and why, in one transaction. Null where there is no such job. */
  resolveUnknown(
    jobId: string,
    resolution: Resolution,
    by: { readonly actor: string; readonly reason: string },
  ): Promise<ResolveResult | null>;
  /** The decisions on a job, oldest first. */
  getAudit(jobId: string): Promise<AuditEntry[]>;
}
