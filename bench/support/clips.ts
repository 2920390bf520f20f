// The clips that routing is measured with: one that many models can make, one that none can, one that says nothing.

import type { ClipSpec, Routing } from '../../src/core/clip/clip-spec.ts';

export interface BenchClip {
  readonly name: string;
  readonly spec: ClipSpec;
  readonly routing: Routing;
}

const prompt = 'A paper boat sails down a rainy street at dusk, the camera low over the water';

export const CLIPS = {
  typical: {
    name: 'typical',
    spec: { prompt, duration: 5, resolution: '720p', aspect_ratio: '9:16', generate_audio: false },
    routing: { priority: 'fast_and_cheap', max_cost_usd: 2 },
  },
  /** Two fields at fault everywhere, so that single changes and pairs are both worked out. */
  impossible: {
    name: 'impossible',
    spec: { prompt, duration: 60, resolution: '8K', aspect_ratio: '16:9' },
    routing: {},
  },
  open: { name: 'all left open', spec: { prompt }, routing: {} },
} as const satisfies Record<string, BenchClip>;

/** Sixty clips in turn, as different clients ask for them. */
export const ASSORTED = {
  name: 'sixty in turn',
  clips: [4, 5, 6, 8, 10].flatMap((duration) =>
    ['480p', '720p', '1080p'].flatMap((resolution) =>
      ['16:9', '9:16'].flatMap((aspect_ratio) =>
        [true, false].map((generate_audio) => ({
          ...CLIPS.typical,
          spec: { prompt, duration, resolution, aspect_ratio, generate_audio },
        })),
      ),
    ),
  ),
};
