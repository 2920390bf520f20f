// What the service asks of a store to cancel jobs and to settle bills that came as unknown.

import type { Job } from '../../core/job/job.ts';
import type { MicroUsd } from '../../core/money.ts';
import type { Act } from './audit.ts';

export interface Bill {
  /** Null = the present attempt. */
  readonly attempt: number | null;
  readonly microUsd: MicroUsd;
  /** Null = as far as it is known already. */
  readonly isByok: boolean | null;
}

export type BillResult =
  | { readonly kind: 'entered'; readonly job: Job }
  /** The attempt has not ended, or there is none of that number. */
  | { readonly kind: 'not_ended'; readonly job: Job }
  /** Its bill is known: what is on record is not written over. */
  | { readonly kind: 'known'; readonly job: Job; readonly billedMicroUsd: MicroUsd };

/** An attempt that ended with an unknown bill, under the name upstream keeps its bill by. */
export interface UnknownBill {
  readonly jobId: string;
  readonly attempt: number;
  readonly generationId: string;
}

export interface JobActStore {
  /**
   * Cancels a job that is `queued`, on record, even if leased: of this write and the one that precedes a submit
   * one comes first, and the other finds the row changed. Null where it is not queued.
   */
  cancelJob(jobId: string, by: Act): Promise<Job | null>;
  /**
   * Enters the bill of an attempt whose bill is unknown, and settles what was held for it.
   * @param by on record; null where upstream itself says it. Null where there is no such job.
   */
  enterBill(jobId: string, bill: Bill, by: Act | null): Promise<BillResult | null>;
  /** Attempts whose bill is to be asked for now, each at the times that are left to it; no other replica gets them. */
  claimUnknownBills(limit: number): Promise<readonly UnknownBill[]>;
}
