// A clip spec as the price list sees it.

import type { VideoModel } from './catalog.ts';
import { type Estimate, estimateClip } from './price/estimate.ts';
import type { ClipSpec } from './request.ts';

/** What the clip of `spec` is expected to cost on `model`, with its working. See `estimateClip`. */
export function estimateSpec(model: VideoModel, spec: ClipSpec): Estimate {
  const references = spec.input_references ?? [];
  const count = (type: string) => references.filter((reference) => reference.type === type).length;
  return estimateClip(model, {
    duration: spec.duration,
    resolution: spec.resolution,
    aspect_ratio: spec.aspect_ratio,
    size: spec.size,
    generate_audio: spec.generate_audio,
    creativity: spec.creativity,
    frames: spec.frame_images?.length ?? 0,
    imageReferences: count('image_url'),
    videoReferences: count('video_url'),
    audioReferences: count('audio_url'),
    continuation: spec.previous_job_id !== undefined,
  });
}
