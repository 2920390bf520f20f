// What the service asks of a store about the answers to orders: a client that never got one sends its order again.

import type { Job } from '../../core/job/job.ts';

/** Written with a job whose order carries no idempotency key. */
export interface OrderAnswer {
  /** Of all that decides what is bought: identical orders have the same one. */
  readonly fingerprint: string;
  /** Names the request that is being answered. */
  readonly token: string;
  /** How long the answer may take, in milliseconds: beyond it the process that owes it is dead. */
  readonly holdMs: number;
}

export interface AnswerSearch extends OrderAnswer {
  readonly clientId: string;
  readonly owner: string;
  /** Requests of this order that `owner` is answering: their clients are there. */
  readonly liveTokens: readonly string[];
  /**
   * Takes an answered order for given up, too, where its job has not ended after so many milliseconds; null = never.
   */
  readonly givenUpAfterMs: number | null;
  /** True where the client says that it sends the order again: then the answer did not arrive, though it went out. */
  readonly isRetry: boolean;
}

export type AnswerClaim =
  /** The job of an identical order whose answer never arrived; from now on it is owed to this request. */
  | { readonly kind: 'claimed'; readonly job: Job }
  /** Another process is answering an identical order, or died of it. */
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'none' };

export interface AnswerStore {
  /** Looks back an hour, oldest first; jobs that were not bought count for nothing. Two callers never claim one job. */
  claimUnanswered(search: AnswerSearch): Promise<AnswerClaim>;
  /** Writes down whether the answer reached the client; a token that names no order is ignored. */
  settleAnswer(token: string, hasArrived: boolean): Promise<void>;
  /** Removes what is a day old, at most `limit`; resolves to how many. */
  purgeAnswers(limit: number): Promise<number>;
}
