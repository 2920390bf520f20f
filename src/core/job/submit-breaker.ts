// When to stop buying: a share of submits with unknown outcomes that says something is wrong with the road itself.

/** What became of the submits of the last `WINDOW_MS`. */
export interface SubmitCounts {
  readonly submits: number;
  readonly unknown: number;
}

export const WINDOW_MS = 5 * 60 * 1000;

const MAX_UNKNOWN_SHARE = 0.01;

// On a quiet gateway a single unknown is far above 1 %, and one broken connection is no reason to stop; nor are two,
// for one blip strikes whatever is under way together. Three in five minutes are a pattern, and three paid videos at
// stake. A minimum of submits instead would let a gateway that buys ten clips an hour lose every one of them.
const MIN_UNKNOWN = 3;

/** True where so many outcomes are unknown that each further submit is likely to add another. */
export const shouldPause = ({ submits, unknown }: SubmitCounts): boolean =>
  unknown >= MIN_UNKNOWN && unknown > submits * MAX_UNKNOWN_SHARE;

const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = WINDOW_MS;

/** Milliseconds until a trial, after `failedTrials` trials in a row whose outcome was unknown again. */
export const pauseMs = (failedTrials: number): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failedTrials);
