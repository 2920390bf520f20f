// What asking upstream for a job once came to.

/** What upstream says of a job. `costUsd` null = unknown, never zero. */
export interface PollAnswer {
  readonly status: string;
  readonly generationId: string | null;
  readonly outputCount: number;
  readonly costUsd: number | null;
  readonly isByok: boolean | null;
  /** Upstream's reason, in its own words; null where it gives none. */
  readonly error: string | null;
  /** What upstream says beside the status, such as `queued_at_provider`; absent where it says nothing. */
  readonly statusDetail?: string;
  /** Set where the answer has no `usage` at all; a `usage` that says null or nonsense is another thing. */
  readonly noUsage?: true;
}

/** `reason` is for the log: what was wrong with the answer, or why there is none. */
export type PollResult =
  | ({ readonly kind: 'answer' } & PollAnswer)
  /** Upstream knows no such job: seen just after submits, so it is not believed at once. */
  | { readonly kind: 'missing' }
  /** Upstream answered, and the answer is no state of a job; it may be so for good. `words` are upstream's own, if any. */
  | { readonly kind: 'unclear'; readonly reason: string; readonly words: string | null }
  /** Nothing was learned. */
  | { readonly kind: 'failed'; readonly reason: string };
