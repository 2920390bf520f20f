// Which clips are billed alike on one model: those that a price list charges by the same prices.

import { resolutionOf } from './requested-resolution.ts';

/** The fields of a clip spec, or of the body that was sent for it, that prices depend on; others are ignored. */
interface PricedRequest {
  readonly frame_images?: unknown;
  readonly input_references?: unknown;
  readonly previous_job_id?: unknown;
  readonly generate_audio?: unknown;
  readonly creativity?: unknown;
}

/**
 * The kind of a request, as a key: mode, resolution, sound, references and what else selects a price. How long the clip
 * is does not matter. Sound that is left open is made on most models, and billed like sound that was asked for.
 */
export function priceKindOf(request: object): string {
  const { frame_images, input_references, previous_job_id, generate_audio, creativity } =
    request as PricedRequest;
  const references: readonly unknown[] = Array.isArray(input_references) ? input_references : [];
  const types = references.map((reference) => String((reference as { type?: unknown } | null)?.type));
  return JSON.stringify([
    Array.isArray(frame_images) && frame_images.length > 0,
    [...new Set(types)].sort(),
    previous_job_id !== undefined,
    resolutionOf(request),
    generate_audio === false,
    typeof creativity === 'number' ? creativity : null,
  ]);
}
