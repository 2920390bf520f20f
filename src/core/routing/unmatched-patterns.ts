// Patterns of `models` that match no model of the catalog: mistyped, or of a model that is gone. One that denies only
// adds a warning; where all that allow are such, every model is refused.

import type { Catalog } from '../catalog/catalog.ts';
import { findSimilar, hintOf } from '../catalog/similar-models.ts';
import type { Routing } from '../clip/clip-spec.ts';
import type { Warning } from '../clip/submission.ts';
import { matchesPattern } from './eligibility.ts';

export interface UnmatchedPattern {
  readonly field: 'models.allow' | 'models.deny';
  readonly pattern: string;
  /** What it may have meant. */
  readonly similar: readonly string[];
}

// Enough to correct a request by, and a bound on what a hostile request gets back.
const MOST = 10;
const NONE: readonly UnmatchedPattern[] = [];

/** The first ten of them. Such a pattern is no fault of a request: lists are kept for months, models are not. */
export function findUnmatchedPatterns(catalog: Catalog, { models }: Routing): readonly UnmatchedPattern[] {
  if (!models) return NONE;
  const idle: UnmatchedPattern[] = [];
  for (const [field, patterns = []] of [
    ['models.allow', models.allow],
    ['models.deny', models.deny],
  ] as const) {
    for (const pattern of patterns) {
      if (idle.length === MOST) return idle;
      if (matchesSome(catalog, pattern)) continue;
      idle.push({ field, pattern, similar: findSimilar(pattern, catalog.models) });
    }
  }
  return idle;
}

const matchesSome = ({ models, byId }: Catalog, pattern: string): boolean =>
  byId.has(pattern) || models.some((model) => matchesPattern(model, pattern));

const describe = ({ pattern, similar }: UnmatchedPattern): string =>
  `${pattern} matches no model of the catalog. ${hintOf(similar)}`;

/** For a plan that stands all the same. */
export const warnOfUnmatched = (idle: readonly UnmatchedPattern[]): Warning[] =>
  idle.map((one) => ({ code: 'matches_no_model', field: one.field, message: describe(one) }));

/** For a clip that no model can make, perhaps because of them: a space and sentences, or nothing. */
export const explainUnmatched = (idle: readonly UnmatchedPattern[]): string =>
  idle.map((one) => ` ${one.field}: ${describe(one)}`).join('');
