// The right to change one job for a while, and what becomes of it after a step.

import type { Job } from '../../core/job/job.ts';

/**
 * The right to change one job. After `leaseMs` on the store's clock others may take it; until someone does, its
 * holder may still write. Every write checks the token.
 */
export interface Lease {
  readonly jobId: string;
  readonly owner: string;
  /** A fencing token: grows with every claim of this job, so writes of a process that lost its lease are refused. */
  readonly token: number;
}

export interface Claim {
  readonly job: Job;
  readonly lease: Lease;
}

/**
 * What becomes of a job after a step: keep the lease, or give it up and be due again in `runInMs` (null = never).
 * Fractions of a millisecond are rounded.
 */
export type AfterStep =
  | { readonly keep: true; readonly leaseMs: number }
  | { readonly keep: false; readonly runInMs: number | null };

/** How a claim is shared out: at most so many of one client, and none of the clients left out. */
export interface FairTurns {
  readonly perClient: number;
  readonly exceptClients: readonly string[];
}
