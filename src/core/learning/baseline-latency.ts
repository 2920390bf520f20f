// How long a clip takes where nothing has been measured here yet, and how that grows with the clip.

import type { VideoModel } from '../catalog/catalog.ts';
import { shortSideOf } from '../clip/resolution.ts';

/** `documented`: from public recordings of live runs; `class`: the typical figure of models of its kind. */
export interface BaselineLatency {
  /** Half the base clips (4 s at up to 720p) take no longer. */
  readonly seconds: number;
  readonly source: 'documented' | 'class';
  readonly samples: number;
}

interface Recording {
  readonly model: string;
  readonly seconds: number;
  readonly samples: number;
}

// Seconds from submit to completed for the base clip of each model (4 s 720p; mini at 480p), as recorded live.
const RECORDINGS: readonly Recording[] = [
  { model: 'x-ai/grok-imagine-video', seconds: 53, samples: 2 },
  { model: 'google/veo-3.1-lite', seconds: 41, samples: 1 },
  { model: 'google/veo-3.1-fast', seconds: 73, samples: 1 },
  { model: 'bytedance/seedance-2.0-mini', seconds: 62, samples: 1 },
  { model: 'bytedance/seedance-2.0-fast', seconds: 135, samples: 2 },
];

const BASE_DURATION_S = 4;

/** Seconds from submit to completed for the model's base clip, from public recordings or models of its kind. */
export function baselineLatencyOf(model: VideoModel): BaselineLatency {
  const recorded = RECORDINGS.find((entry) => entry.model === model.id);
  if (recorded) return { seconds: recorded.seconds, source: 'documented', samples: recorded.samples };
  return { seconds: classSeconds(model.id), source: 'class', samples: 0 };
}

/**
 * How many times as long as the base clip one of this length and resolution takes; null = left open, and counts as
 * the base. Longer and larger clips take longer, less than in proportion.
 */
export function timeFactor(durationS: number | null, resolution: string | null): number {
  const longer = Math.sqrt(Math.max(1, durationS ?? BASE_DURATION_S) / BASE_DURATION_S);
  return longer * sizeFactor(resolution);
}

function classSeconds(id: string): number {
  if (/lite|mini|fast|turbo/.test(id)) return 65;
  if (/pro|max|prime|o1/.test(id)) return 150;
  return 100;
}

// veo-3.1-fast: 73 s at 720p, 130 s at 1080p.
function sizeFactor(resolution: string | null): number {
  const side = resolution === null ? null : shortSideOf(resolution);
  if (side === null || side < 1080) return 1;
  return side < 2160 ? 1.8 : 3;
}
