// A clip spec as the price list sees it, and its price on a model, remembered for the clips asked for lately.

import type { VideoModel } from './catalog.ts';
import { derived } from './derived.ts';
import type { PricedClip } from './price/choices.ts';
import { type Estimate, estimateClip } from './price/estimate.ts';
import type { ClipSpec } from './request.ts';

// Prompts differ, lengths and sizes hardly do: a few clips a model are most of what is asked.
const REMEMBERED_CLIPS = 8;

const estimatesOf = derived((_model: VideoModel) => new Map<string, Estimate>());

/** What the clip of `spec` is expected to cost on `model`, with its working. See `estimateClip`. */
export function estimateSpec(model: VideoModel, spec: ClipSpec): Estimate {
  const { clip, key } = readClip(spec);
  const estimates = estimatesOf(model);
  const known = estimates.get(key);
  if (known) return known;
  const [oldest] = estimates.keys();
  if (estimates.size >= REMEMBERED_CLIPS && oldest !== undefined) estimates.delete(oldest);
  const estimate = estimateClip(model, clip);
  estimates.set(key, estimate);
  return estimate;
}

/** Once for a spec, not once for every model it is held against. `key` is the same for clips that cost the same. */
const readClip = derived((spec: ClipSpec): { readonly clip: PricedClip; readonly key: string } => {
  const references = spec.input_references ?? [];
  const count = (type: string) => references.filter((reference) => reference.type === type).length;
  const clip: PricedClip = {
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
  };
  return { clip, key: JSON.stringify(Object.values(clip)) };
});
