// How long a clip is expected to take: as observed here, else as the arena, a recording or its kind says.

import type { VideoModel } from '../catalog/catalog.ts';
import type { ClipSpec } from '../clip/clip-spec.ts';
import { baselineLatencyOf, timeFactor } from './baseline-latency.ts';
import { benchmarkOf, type Knowledge } from './knowledge.ts';
import { kindOf, PRIOR_TAIL } from './learn-model.ts';
import { resolutionOf } from './requested-resolution.ts';
import { clampInto } from './weighted-quantile.ts';

export interface ExpectedTime {
  /** Whole seconds from submit to completed that half the clips, and nine in ten, stay under. */
  readonly p50S: number;
  readonly p90S: number;
  readonly source: 'observed' | 'benchmark' | 'documented' | 'class';
  /** Clips it was learned from; 0 for a class, and for the arena, which does not say. */
  readonly samples: number;
}

// The arena's clips are what models make when nothing is asked for: mostly 5 s of 720p.
const ARENA_FACTOR = timeFactor(5, '720p');

/**
 * What to expect of any model for `spec`: own observations of that kind of clip, then of any, then the prior. What the
 * clip alone says is read once.
 */
export function timesFor(spec: ClipSpec, knowledge: Knowledge): (model: VideoModel) => ExpectedTime {
  const durationS = spec.duration ?? null;
  const resolution = resolutionOf(spec);
  const factor = timeFactor(durationS, resolution);
  const kind = kindOf(durationS, resolution);

  return (model) => {
    const prior = priorOf(model, knowledge);
    const learned = knowledge.models.get(model.id);
    const ownKind = learned?.speedByKind.get(kind);
    const speed = ownKind ?? learned?.speed;
    if (!speed) return wholeSeconds(prior.seconds * factor, PRIOR_TAIL, prior);
    const seconds = ownKind
      ? clampInto(ownKind.band, prior.seconds * factor)
      : clampInto(speed.band, prior.seconds) * factor;
    return wholeSeconds(seconds, speed.tail, { source: 'observed', samples: speed.samples });
  };
}

type Origin = Pick<ExpectedTime, 'source' | 'samples'>;

/** For the base clip. */
function priorOf(model: VideoModel, knowledge: Knowledge): Origin & { readonly seconds: number } {
  const timed = benchmarkOf(model, knowledge)?.seconds ?? null;
  if (timed === null) return baselineLatencyOf(model);
  return { seconds: timed / ARENA_FACTOR, source: 'benchmark', samples: 0 };
}

// An upper bound on learned and configured times: they are stored in milliseconds, and pace polls.
const LONGEST_S = 24 * 60 * 60;

function wholeSeconds(p50: number, tail: number, { source, samples }: Origin): ExpectedTime {
  const p50S = Math.min(LONGEST_S, Math.max(1, Math.round(p50)));
  const p90S = Math.min(LONGEST_S, Math.max(p50S, Math.round(p50 * tail)));
  return { p50S, p90S, source, samples };
}
