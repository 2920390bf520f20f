// Clips that differ in one field, for what is remembered of clips: where that field is forgotten, both are answered alike.

import type { ClipSpec } from '../../src/core/clip/clip-spec.ts';

const image = { type: 'image_url' as const, image_url: { url: 'https://a.test/1.png' } };
const video = { type: 'video_url' as const, video_url: { url: 'https://a.test/1.mp4' } };
export const withOptions = (slug: string, given: Record<string, unknown>): ClipSpec => ({
  provider: { options: { [slug]: given } },
});

/** For every field of a spec two values that some model tells apart; none where no model does. */
export const PAIRS: Record<keyof ClipSpec, readonly (readonly [ClipSpec, ClipSpec])[]> = {
  duration: [[{ duration: 5 }, { duration: 61 }]],
  resolution: [[{ resolution: '720p' }, { resolution: '8K' }]],
  aspect_ratio: [[{ aspect_ratio: '16:9' }, { aspect_ratio: '9:23' }]],
  size: [[{ size: '1280x720' }, { size: '1000x999' }]],
  frame_images: [
    [{}, { frame_images: [{ ...image, frame_type: 'first_frame' }] }],
    [
      { frame_images: [{ ...image, frame_type: 'first_frame' }] },
      { frame_images: [{ ...image, frame_type: 'last_frame' }] },
    ],
  ],
  input_references: [
    [{ input_references: [image] }, { input_references: [video] }],
    [{ input_references: [image] }, { input_references: [image, video] }],
  ],
  generate_audio: [[{ generate_audio: false }, { generate_audio: true }]],
  seed: [[{ seed: 1 }, { seed: 2 }]],
  upscale_factor: [[{ upscale_factor: 2 }, { upscale_factor: 16 }]],
  creativity: [[{ creativity: 0 }, { creativity: 9 }]],
  provider: [
    [withOptions('xai', { one: 1 }), withOptions('xai', { two: 1 })],
    [withOptions('xai', { one: 1 }), withOptions('xai', { parameters: { one: 1, two: 1 } })],
    // Under its own slug options speak for a model alone.
    [
      { provider: { options: { xai: { one: 1 }, byteplus: { two: 1 } } } },
      { provider: { options: { byteplus: { one: 1 }, xai: { two: 1 } } } },
    ],
  ],
  prompt: [],
  previous_job_id: [],
  session_id: [],
  user: [],
  trace: [],
};
