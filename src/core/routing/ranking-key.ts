// What the choice of a model hangs on, as one string: the same for clips that differ in words and pictures alone.

import type { ClipSpec, Routing } from '../clip/clip-spec.ts';
import type { Knowledge } from '../learning/knowledge.ts';

/**
 * Equal for two requests only if the same models are admitted, refused for the same reasons, and ranked alike, on the
 * same catalog and knowledge of models. What is sent still differs: the prompt, and what the media URLs point to.
 */
export function rankingKeyOf(
  spec: ClipSpec,
  routing: Routing,
  { videoReferenceSeconds }: Pick<Knowledge, 'videoReferenceSeconds'> = {},
): string {
  const { prompt, frame_images: frames, input_references: references, ...rest } = spec;
  return JSON.stringify([
    rest,
    prompt !== undefined,
    frames?.map((frame) => frame.frame_type),
    references?.map((reference) => reference.type),
    routing,
    videoReferenceSeconds,
  ]);
}
