// A clip spec as price lists see it, and its price on a model.

import type { VideoModel } from '../catalog/catalog.ts';
import type { ClipSpec } from '../clip/clip-spec.ts';
import type { PricedClip } from './assumptions.ts';
import { type Estimate, estimateClip } from './estimate.ts';

/**
 * Everything that the price of a clip can hang on.
 * @param videoReferenceSeconds of all of them together, where they were measured.
 */
export function pricedClipOf(spec: ClipSpec, videoReferenceSeconds?: number): PricedClip {
  const references = spec.input_references ?? [];
  const count = (type: string) => references.filter((reference) => reference.type === type).length;
  return {
    duration: spec.duration,
    resolution: spec.resolution,
    aspect_ratio: spec.aspect_ratio,
    size: spec.size,
    generate_audio: spec.generate_audio,
    creativity: spec.creativity,
    frames: spec.frame_images?.length ?? 0,
    imageReferences: count('image_url'),
    videoReferences: count('video_url'),
    videoReferenceSeconds,
    audioReferences: count('audio_url'),
    continuation: spec.previous_job_id !== undefined,
  };
}

/** What the clip of `spec` is expected to cost on `model`, with its working. See `estimateClip`. */
export const estimateSpec = (model: VideoModel, spec: ClipSpec): Estimate =>
  estimateClip(model, pricedClipOf(spec));
