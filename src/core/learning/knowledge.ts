// Everything the router may know beside the catalog, as one value that does not change while it routes.

import type { VideoModel } from '../catalog/catalog.ts';
import type { ModelKnowledge } from './learn-model.ts';

/** What a public arena says of a model. */
export interface Benchmark {
  /** From 0 to 1: the chance to win against the arena's average model; null where it was not voted on. */
  readonly quality: number | null;
  /** Seconds to make the arena's clip; null where not timed. */
  readonly seconds: number | null;
}

export interface Knowledge {
  /** From this gateway's own jobs, by model id. */
  readonly models: ReadonlyMap<string, ModelKnowledge>;
  /** By canonical slug or id. */
  readonly benchmarks: ReadonlyMap<string, Benchmark>;
  /** The operator's own marks by model id, from 0 to 1. */
  readonly qualities: ReadonlyMap<string, number>;
  /** Seconds of the clip's video references together, where they were measured. */
  readonly videoReferenceSeconds?: number;
}

/** A gateway on its first day, without a key. */
export const NOTHING_KNOWN: Knowledge = { models: new Map(), benchmarks: new Map(), qualities: new Map() };

export const benchmarkOf = (model: VideoModel, { benchmarks }: Knowledge): Benchmark | undefined =>
  benchmarks.get(model.canonicalSlug) ?? benchmarks.get(model.id);
