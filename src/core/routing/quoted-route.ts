// The answer to a routing question with the quote that buys its best candidate.

import type { Catalog } from '../catalog/catalog.ts';
import type { SubmitBody } from '../job/job.ts';
import type { Candidate } from './candidate.ts';
import type { RoutePlan } from './plan-route.ts';

export interface QuotedRoute {
  /** The catalog it was answered from: how old, and whether older than it should be. */
  readonly view: { readonly catalog: Catalog; readonly ageS: number; readonly stale: boolean };
  readonly route: RoutePlan;
  /** The ranking in the JSON of our API, an object, as it is kept beside the ranking. */
  readonly rankingJson: string;
  readonly best: Candidate;
  /** Why it is the best, in a sentence. */
  readonly why: string;
  /** Exactly what would be sent upstream. */
  readonly body: SubmitBody;
  /** The quote: opaque, good for this client, this body and this price until `expiresAt` (epoch milliseconds). */
  readonly token: string;
  readonly expiresAt: number;
  /** The most the clip may cost under the quote, in micro-dollars; null = unknown. */
  readonly ceilingMicroUsd: number | null;
}
