// What the service asks of a store about spend: sums of the ledger, its lines, and their repair.

import type { Interval, SpendBasis, SpendGroup, SpendRow, SpendSums } from '../../core/accounts/spend.ts';
import type { JobStatus } from '../../core/job/job.ts';

export interface SpendQuery {
  /** Null = of every client. */
  readonly clientId: string | null;
  /** Only what was ordered with this key, or with one that replaced it in rotations; absent = with any. */
  readonly keyLine?: string;
  readonly basis: SpendBasis;
  readonly groups: readonly SpendGroup[];
  /** Summed apart, ascending; they do not overlap. */
  readonly intervals: readonly Interval[];
  readonly maxRows: number;
}

export interface SpendReport {
  /** By start, then by group; only those with jobs. A job with several tags is in the row of each. */
  readonly rows: readonly SpendRow[];
  /** Every job once. */
  readonly total: SpendSums;
}

/** An attempt with what it cost; `endedAt` null = it is under way. Times are epoch milliseconds, money micro-dollars, null unknown. */
export interface LedgerLine {
  readonly jobId: string;
  readonly attempt: number;
  readonly client: string;
  readonly keyId: string | null;
  readonly model: string;
  readonly tags: readonly string[];
  readonly reference: string | null;
  readonly orderedAt: number;
  readonly submittedAt: number | null;
  readonly endedAt: number | null;
  readonly settledAt: number | null;
  readonly spentAt: number;
  readonly estimatedMicroUsd: number | null;
  readonly ceilingMicroUsd: number | null;
  readonly billedMicroUsd: number | null;
  readonly isByok: boolean | null;
  readonly state: JobStatus;
}

export interface LedgerQuery extends Interval {
  readonly clientId: string | null;
  /** Only lines after this one. */
  readonly after: Pick<LedgerLine, 'spentAt' | 'jobId' | 'attempt'> | null;
  readonly limit: number;
}

export interface SpendStore {
  /** Sums of everything that was spent, jobs under way included, in one look. Null where there are more than `maxRows`. */
  sumSpend(query: SpendQuery): Promise<SpendReport | null>;
  /** Lines in the order of `spentAt`. */
  listLedger(query: LedgerQuery): Promise<LedgerLine[]>;
  /**
   * Adds lines of attempts that ended without one, and makes all sums anew from the lines. Nothing ends meanwhile.
   * Resolves to how many lines there are, and how many of them were added.
   */
  rebuildSpend(): Promise<{ readonly lines: number; readonly added: number }>;
}
