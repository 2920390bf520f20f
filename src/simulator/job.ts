// One job that was bought: its order, its end, its views and cost, and its webhooks.
import type { CatalogModel } from './catalog.ts';
import type { Clip } from './clip.ts';
import type { FaultRule } from './faults/book.ts';
import type { Bill } from './pricing/bill.ts';
import type { VideoRequest } from './wire.ts';

/** One attempt to deliver; OpenRouter documents no retries, so there is one for each webhook sent. */
export type Delivery = {
  readonly url: string;
  readonly idempotencyKey: string;
  /** The receiver's answer; null when there was none. */
  readonly status: number | null;
  readonly error: string | null;
};

/** What a completed job shows under its faults. */
export type Showing = {
  /** Undefined = no `usage` at all. */
  readonly usage: { readonly cost: number | null; readonly is_byok: boolean } | undefined;
  readonly videos: number;
  /** Undefined = the simulator's own content URLs. */
  readonly foreignUrl: string | undefined;
  /** What the account is charged, USD; null = the list prices leave it unknown. */
  readonly billedUsd: number | null;
};

/** How a submit was answered on the wire, which is not always what happened to the job. */
export type SubmitAnswer = {
  /** `waiting` until the answer has left; `gone` when the client hung up before it could. */
  readonly kind: 'waiting' | 'sent' | 'gone' | 'reset' | 'hang' | 'cut';
  readonly status: number | null;
};

/** How a job ends, and when. `readyMs` is Infinity for one that never does. */
export type Ending = { readonly status: string; readonly error: string | null; readonly readyMs: number };

export type Order = {
  readonly model: CatalogModel;
  readonly request: VideoRequest;
  /** The body as it came, unknown fields and all. */
  readonly body: unknown;
  readonly clip: Clip;
  readonly bill: Bill;
  /** The simulator's address as the buyer saw it, for URLs in a webhook. */
  readonly origin: string;
  /** The faults that the submit brought with it; those of poll, content and webhook strike later. */
  readonly rules: readonly FaultRule[];
};

export type Job = Order & {
  /** 1 for the first job since start or reset. */
  readonly number: number;
  readonly id: string;
  readonly generationId: string;
  readonly acceptedMs: number;
  readonly ending: Ending;
  readonly showing: Showing;
  answer: SubmitAnswer;
  polls: number;
  downloads: number;
  readonly webhooks: Delivery[];
};

/** The status a poll shows: pending goes straight to its end, as live jobs do. */
export function statusOf(job: Job, nowMs: number): string {
  return nowMs < job.ending.readyMs ? 'pending' : job.ending.status;
}

/** What a job has cost by now: nothing before it completed, nothing if it never does. */
export function billedUsd(job: Job, nowMs: number): number | null {
  return statusOf(job, nowMs) === 'completed' ? job.showing.billedUsd : 0;
}
