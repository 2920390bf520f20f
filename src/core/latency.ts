// How long a clip is expected to take where nothing has been measured here yet.

import type { VideoModel } from './catalog.ts';
import { derived } from './derived.ts';
import type { ClipSpec } from './request.ts';

/** `documented`: from public recordings of live runs; `class`: the typical figure of models of its kind. */
export interface ExpectedTime {
  readonly p50S: number;
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

/** Expected seconds from submit to completed. Longer and larger clips take longer, less than in proportion. */
export function expectTime(model: VideoModel, spec: ClipSpec): ExpectedTime {
  const { seconds, source, samples } = baseOf(model);
  const duration = spec.duration ?? model.durations?.[0] ?? BASE_DURATION_S;
  const longer = Math.sqrt(Math.max(1, duration) / BASE_DURATION_S);
  return {
    p50S: Math.max(1, Math.round(seconds * longer * sizeFactor(spec))),
    source,
    samples,
  };
}

const baseOf = derived(
  ({ id }: VideoModel): Pick<ExpectedTime, 'source' | 'samples'> & { seconds: number } => {
    const recorded = RECORDINGS.find((entry) => entry.model === id);
    if (recorded) return { seconds: recorded.seconds, source: 'documented', samples: recorded.samples };
    return { seconds: classSeconds(id), source: 'class', samples: 0 };
  },
);

function classSeconds(id: string): number {
  if (/lite|mini|fast|turbo/.test(id)) return 65;
  if (/pro|max|prime|o1/.test(id)) return 150;
  return 100;
}

// veo-3.1-fast: 73 s at 720p, 130 s at 1080p.
function sizeFactor(spec: ClipSpec): number {
  const resolution = spec.resolution?.toLowerCase();
  if (resolution === '4k') return 3;
  if (resolution === '1080p' || resolution === '2k') return 1.8;
  return 1;
}
