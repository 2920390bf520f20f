// What the contract needs of each store it is run on, and the jobs it writes there.

import { expect } from 'vitest';
import type { JobChange, JobStatus } from '../../../src/core/job/job.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import type { CreateResult, JobIntent, ListQuery } from '../../../src/store/ports/jobs.ts';
import type { Claim } from '../../../src/store/ports/lease.ts';

export interface StoreUnderTest {
  readonly store: JobStore;
  /** Makes `ms` pass for leases, due times and keys, by moving a clock or by ageing the rows. */
  passTime(ms: number): Promise<void>;
  /** Another process's store on the same database; null where one process owns it. */
  readonly openReplica: (() => Promise<JobStore>) | null;
  close(): Promise<void>;
}

/** Opens an empty store of its own for each test. */
export type OpenStore = () => Promise<StoreUnderTest>;

export const LEASE_MS = 60_000;

/** The newest hundred jobs of every client. */
export const LIST_ALL: ListQuery = {
  clientId: null,
  limit: 100,
  before: null,
  statuses: [],
  model: null,
  tag: null,
  reference: null,
  keyId: null,
  since: null,
  until: null,
};

let count = 0;

/** An intent no other test has, later in order than every one before it. */
export function createIntent(overrides: Partial<JobIntent> = {}): JobIntent {
  count += 1;
  return {
    id: `job_${String(count).padStart(8, '0')}`,
    clientId: 'studio',
    model: 'google/veo-3.1-lite',
    request: { model: 'google/veo-3.1-lite', prompt: 'a fox in the snow, «soft» light 🦊' },
    nonce: count.toString(16).padStart(32, '0'),
    expectedMs: 90_000,
    estimatedMicroUsd: 120_000,
    ceilingMicroUsd: 180_000,
    listMicroUsd: 150_000,
    idempotency: null,
    ...overrides,
  };
}

/** Fails the test unless the job was created. */
export function expectCreated(result: CreateResult): Claim {
  expect(result.kind).toBe('created');
  if (result.kind !== 'created') throw new Error(result.kind);
  return result.claim;
}

export async function createClaim(
  store: JobStore,
  overrides: Partial<JobIntent> = {},
  owner = 'a',
): Promise<Claim> {
  return expectCreated(await store.createJob(createIntent(overrides), owner, LEASE_MS));
}

const PATHS: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  queued: [],
  submitting: ['submitting'],
  pending: ['submitting', 'pending'],
  in_progress: ['submitting', 'in_progress'],
  completed: ['submitting', 'completed'],
  failed: ['submitting', 'pending', 'failed'],
  cancelled: ['cancelled'],
  expired: ['submitting', 'pending', 'expired'],
  rejected: ['submitting', 'rejected'],
  submission_unknown: ['submitting', 'submission_unknown'],
  not_accepted: ['submitting', 'submission_unknown', 'not_accepted'],
  written_off: ['submitting', 'submission_unknown', 'written_off'],
};

/** A job led to `status` by its legal steps and still held by owner `a`. */
export async function createJobIn(
  store: JobStore,
  status: JobStatus,
  overrides: Partial<JobIntent> = {},
  last: JobChange = {},
): Promise<Claim> {
  let { job, lease } = await createClaim(store, overrides);
  for (const step of PATHS[status]) {
    const change = { status: step, ...(step === status && last) };
    const saved = await store.saveStep(lease, change, { keep: true, leaseMs: LEASE_MS });
    if (!saved) throw new Error(`The lease of ${lease.jobId} was lost on the way to ${status}`);
    job = saved;
  }
  return { job, lease };
}

/** A job in `status` that nobody holds and that is never due. */
export async function createIdleJob(
  store: JobStore,
  status: JobStatus,
  overrides: Partial<JobIntent> = {},
  last: JobChange = {},
): Promise<string> {
  const { lease } = await createJobIn(store, status, overrides, last);
  await store.saveStep(lease, {}, { keep: false, runInMs: null });
  return lease.jobId;
}
