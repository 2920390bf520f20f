// What the service asks of a store about a hold on buying, which every replica on it keeps to.

import type { Act } from './audit.ts';

export interface SubmissionHold {
  readonly reason: string;
  /** The operator, or the command, that set it. */
  readonly actor: string;
  /** Epoch milliseconds. */
  readonly since: number;
}

export interface SubmissionHoldStore {
  /** Null where buying is not held. */
  getSubmissionHold(): Promise<SubmissionHold | null>;
  /** Holds buying, or releases it, with the act on record in one transaction. Resolves to what holds then. */
  setSubmissionHold(held: boolean, by: Act): Promise<SubmissionHold | null>;
}
