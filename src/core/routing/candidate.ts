// A model that can make the clip, with its rank and its scores.

import type { Eligible } from './evaluate.ts';
import type { Scores } from './score/guide.ts';
import type { Quality } from './score/quality.ts';

export interface Candidate extends Eligible {
  /** From 1. */
  readonly rank: number;
  readonly score: number;
  readonly scores: Scores;
  readonly quality: Quality;
  /** Only with `scoring: guide`: the number it takes for a price. */
  readonly lowestAdvertisedPrice?: number | null | undefined;
}
