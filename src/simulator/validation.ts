// Validation of a submit, with the live service's own error messages; a rejection costs nothing.
import { ApiError, type ErrorMetadata } from './api-error.ts';
import type { Catalog, CatalogModel } from './catalog.ts';
import { providerOf } from './providers.ts';
import { type InputReference, referenceUrl, type VideoRequest } from './wire.ts';

/** Every parameter refusal carries the routing funnel: one endpoint went in, none came out. */
const funnel: ErrorMetadata = {
  routing_funnel: [
    { step: 'Initial Endpoints', endpoint_count: 1 },
    { step: 'Validate Video Parameters', endpoint_count: 0 },
  ],
  failed_routing_step: 'Validate Video Parameters',
};

/**
 * Finds the model a request names and checks that it can do what is asked.
 *
 * @throws ApiError 400 with the live message.
 */
export function requireModel(
  catalog: Catalog,
  request: VideoRequest,
  rules: { readonly allowHttpCallbacks: boolean },
): CatalogModel {
  const model = catalog.find(request.model);
  if (model === undefined) throw new ApiError(400, `${request.model} is not a valid model ID`);
  checkParameters(model, request);
  checkInputs(catalog, model, request);
  checkCallback(request.callback_url, rules.allowHttpCallbacks);
  return model;
}

function checkParameters(model: CatalogModel, request: VideoRequest): void {
  const { duration, resolution, aspect_ratio: ratio, size } = request;
  const { supported_durations: durations, supported_sizes: sizes } = model;
  // Null durations: the length comes from the input, and what the request says about it is ignored.
  if (duration !== undefined && durations !== null && !durations.includes(duration)) {
    throw unsupported(`Duration ${duration}s`, 'durations', `${durations.join(', ')}s`);
  }
  if (resolution !== undefined && !offers(model.supported_resolutions, resolution)) {
    throw unsupported(`Resolution ${resolution}`, 'resolutions', list(model.supported_resolutions));
  }
  if (ratio !== undefined && !offers(model.supported_aspect_ratios, ratio)) {
    throw unsupported(`Aspect ratio ${ratio}`, 'aspect ratios', list(model.supported_aspect_ratios));
  }
  // Null sizes are not enumerated, which is not the same as none.
  if (size !== undefined && !offers(sizes, size)) throw unsupported(`Size ${size}`, 'sizes', list(sizes));
  for (const frame of request.frame_images ?? []) {
    // Null frame images, unlike null sizes, does mean none.
    const frames = model.supported_frame_images ?? [];
    if (!frames.includes(frame.frame_type)) {
      throw unsupported(`Frame type ${frame.frame_type}`, 'frame types', list(frames));
    }
  }
  // Null means unknown for both of these: the live service takes the field then.
  if (request.generate_audio === true && model.generate_audio === false) {
    throw new ApiError(400, 'generate_audio is not supported for this model', { metadata: funnel });
  }
  if (request.seed !== undefined && model.seed === false) {
    throw new ApiError(400, 'seed is not supported for this model', { metadata: funnel });
  }
  const { min, max } = model.upscale_factor ?? {};
  const factor = request.upscale_factor;
  if (factor !== undefined && (factor < (min ?? factor) || factor > (max ?? factor))) {
    throw unsupported(`Upscale factor ${factor}`, 'upscale factors', `${min} to ${max}`);
  }
}

function checkInputs(catalog: Catalog, model: CatalogModel, request: VideoRequest): void {
  const references = request.input_references ?? [];
  const modalities = catalog.inputModalities(model);
  for (const [index, frame] of (request.frame_images ?? []).entries()) {
    checkUrl(`frame_images[${index}].image_url.url`, frame.image_url.url, 'image_url');
  }
  for (const [index, reference] of references.entries()) {
    const kind = reference.type.replace('_url', '');
    if (!modalities.includes(kind)) {
      throw new ApiError(400, `This model does not support ${kind} references`, { metadata: funnel });
    }
    checkUrl(`input_references[${index}].${reference.type}.url`, referenceUrl(reference), reference.type);
  }
  if (request.previous_job_id !== undefined && !continuesJobs(model)) {
    throw new ApiError(400, `${model.canonical_slug} does not support previous_job_id`);
  }
  checkSomethingToWorkFrom(model, request, references);
}

/** An adapter's error, not the router's: it carries no metadata. */
function checkSomethingToWorkFrom(
  model: CatalogModel,
  request: VideoRequest,
  references: readonly InputReference[],
): void {
  const provider = providerOf(model.id).name;
  const hasImage =
    (request.frame_images?.length ?? 0) > 0 || references.some(({ type }) => type === 'image_url');
  const hasVideo = references.some(({ type }) => type === 'video_url');
  const hasPrompt = request.prompt !== undefined && request.prompt.trim() !== '';
  if (hasPrompt || hasImage || hasVideo || request.previous_job_id !== undefined) return;
  throw new ApiError(400, `${provider} video generations require a prompt when no image input is provided`);
}

/** Images may come inline as `data:` URLs; video references may not. */
function checkUrl(field: string, text: string, kind: InputReference['type']): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) throw new ApiError(400, `Invalid reference URL: ${field}: Invalid URL`);
  const inlineAllowed = kind !== 'video_url';
  if (url.protocol === 'https:' || (inlineAllowed && ['data:', 'http:'].includes(url.protocol))) return;
  throw new ApiError(400, `Invalid reference URL: ${field}: Only HTTPS URLs are allowed`);
}

function checkCallback(callbackUrl: string | undefined, allowHttp: boolean): void {
  if (callbackUrl === undefined) return;
  const { protocol } = new URL(callbackUrl);
  if (protocol === 'https:' || (allowHttp && protocol === 'http:')) return;
  throw new ApiError(400, 'Invalid callback_url: Only HTTPS URLs are allowed');
}

/** Only a model that prices continuations can continue a job. */
function continuesJobs(model: CatalogModel): boolean {
  return Object.keys(model.pricing_skus ?? {}).some((sku) => sku.includes('video_continuation'));
}

function unsupported(what: string, plural: string, supported: string): ApiError {
  const message = `${what} is not supported for this model. Supported ${plural}: ${supported}`;
  return new ApiError(400, message, { metadata: funnel });
}

function offers(offered: readonly string[] | null, wanted: string): boolean {
  return offered === null || offered.some((one) => one.toLowerCase() === wanted.toLowerCase());
}

function list(values: readonly string[] | null): string {
  return values === null || values.length === 0 ? 'none' : values.join(', ');
}
