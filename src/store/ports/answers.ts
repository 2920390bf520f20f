// What the service asks of a store about the answers to orders: a client that never got one sends its order again.

import type { Job } from '../../core/job/job.ts';

/** Goes with the intent of an order that carries no idempotency key: its job is made only while the order stands. */
export interface OrderAnswer {
  /** Names the request that is being answered. */
  readonly token: string;
  /** How long the answer may take once there is a job, in milliseconds: beyond it the process that owes it is dead. */
  readonly holdMs: number;
}

/** An order with what tells it from, and joins it with, those like it. */
export interface OrderSearch extends OrderAnswer {
  readonly clientId: string;
  /** Of all that decides what is bought: identical orders have the same one. */
  readonly fingerprint: string;
  /** The process that answers. */
  readonly owner: string;
  /** How long the order stands without a job, from each look, in milliseconds: beyond it its process is dead. */
  readonly recordMs: number;
  /** Requests of this order that `owner` is answering: their clients are there. Asked once the order is written. */
  readonly liveTokens: () => readonly string[];
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
  /** Another process is answering an identical order that began earlier, or died of it. */
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'none' };

export interface AnswerStore {
  /**
   * Writes an order down before anything comes of it, and looks for the job of an identical one whose answer never
   * arrived. Identical orders begin one after the other, whatever processes they begin in. Looks back an hour, oldest
   * first; jobs that were not bought count for nothing. Two callers never claim one job.
   */
  beginOrder(search: OrderSearch): Promise<AnswerClaim>;
  /**
   * The same for an order that has begun, where `beginOrder` found one that is answered elsewhere.
   * @throws ClipgateError order_given_up.
   */
  lookAgain(search: OrderSearch): Promise<AnswerClaim>;
  /**
   * Writes down whether the answer reached the client. An order without a job is given up where it did not: no job comes
   * of it any more. A token that names no order is ignored.
   */
  settleAnswer(token: string, hasArrived: boolean): Promise<void>;
  /** Removes what is a day old, at most `limit`; resolves to how many. */
  purgeAnswers(limit: number): Promise<number>;
}
