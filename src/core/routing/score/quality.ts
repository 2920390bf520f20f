// How good a model's clips are held to be, from 0 to 1, and by whom.

import type { VideoModel } from '../../catalog/catalog.ts';
import { benchmarkOf, type Knowledge } from '../../learning/knowledge.ts';
import { BEST_RESOLUTION_RANK, resolutionRank } from './guide.ts';

export interface Quality {
  readonly value: number;
  /** `quality_file`: the operator's; `benchmark`: the arena's votes; `resolution`: the guide's stand-in. */
  readonly source: 'quality_file' | 'benchmark' | 'resolution';
}

// An unrated model counts as average at best: pixels alone must not beat what people preferred.
const UNJUDGED_BEST = 0.5;

/** The best word there is on a model's quality. */
export function qualityOf(model: VideoModel, knowledge: Knowledge): Quality {
  const mark = knowledge.qualities.get(model.id);
  if (mark !== undefined) return { value: mark, source: 'quality_file' };
  const voted = benchmarkOf(model, knowledge)?.quality ?? null;
  if (voted !== null) return { value: voted, source: 'benchmark' };
  return { value: (UNJUDGED_BEST * resolutionRank(model)) / BEST_RESOLUTION_RANK, source: 'resolution' };
}

/** Elo ratings as chances to win against their average, by the definition of Elo: 400 points are ten to one. */
export function qualityOfElo(elo: number, average: number): number {
  return 1 / (1 + 10 ** ((average - elo) / 400));
}

/** The average rating; null where no model is rated. */
export function averageElo(rated: readonly { readonly elo: number | null }[]): number | null {
  const elos = rated.flatMap(({ elo }) => (elo === null ? [] : [elo]));
  return elos.length === 0 ? null : elos.reduce((sum, elo) => sum + elo, 0) / elos.length;
}

/** Marks on any positive scale brought to 0 to 1; marks that are on it already stay as they are. */
export function scaleMarks(marks: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const top = Math.max(1, ...marks.values());
  return new Map([...marks].map(([model, mark]) => [model, mark / top]));
}
