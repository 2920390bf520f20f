// The exact body upstream would get for a clip on a model, and what was left out of it on purpose.

import type { VideoModel } from '../catalog/catalog.ts';
import type { SubmitBody } from '../job/job.ts';
import { truncateNames } from '../truncate-names.ts';
import type { ClipSpec, Routing } from './clip-spec.ts';
import { findDroppedOptions, passthroughKeys } from './provider-options.ts';

export const WARNING_CODES = [
  'not_sent',
  'ignored_by_upstream',
  'dropped_by_upstream',
  'matches_no_model',
] as const;

/** Something the caller should know about a plan that is not a refusal. */
export interface Warning {
  readonly code: (typeof WARNING_CODES)[number];
  readonly field: string;
  readonly message: string;
}

export interface Submission {
  readonly body: SubmitBody;
  readonly warnings: readonly Warning[];
}

/**
 * Builds the body for a model that `findReasons` admits. Every field of the spec goes as it came, except those
 * upstream refuses or drops: sound and seed where the model's capability is not known to be true, and, with
 * `passthrough: when_supported`, the provider options the model lacks. Each omission that changes what is asked
 * for has a warning, and so has what is sent although upstream would drop it.
 */
export function buildSubmission(model: VideoModel, spec: ClipSpec, routing: Routing): Submission {
  const warnings: Warning[] = [];
  const body: Record<string, unknown> & { model: string } = { model: model.id };
  for (const [field, value] of Object.entries(spec)) {
    if (value !== undefined) body[field] = value;
  }
  // Upstream spells its resolutions one way; ours are compared without regard to case.
  const spelled = model.resolutions?.find((one) => one.toLowerCase() === spec.resolution?.toLowerCase());
  if (spelled !== undefined) body['resolution'] = spelled;
  if (spec.generate_audio !== undefined && model.generateAudio !== true) {
    delete body['generate_audio'];
    if (model.generateAudio === null) {
      warnings.push(
        notSent(
          'generate_audio',
          `whether ${model.id} makes sound is unknown, and asking for it may be refused`,
        ),
      );
    }
  }
  if (spec.seed !== undefined && model.seed !== true) {
    delete body['seed'];
    warnings.push(
      notSent('seed', `whether ${model.id} takes a seed is unknown, and sending one may be refused`),
    );
  }
  let provider = spec.provider;
  const isKnown = !model.unknown.includes('passthroughParameters');
  if (provider && routing.passthrough === 'when_supported' && isKnown) {
    const lacking = passthroughKeys(spec).filter((key) => !model.passthroughParameters.includes(key));
    if (lacking.length > 0) {
      provider = withoutOptions(provider, new Set(lacking));
      if (provider) body['provider'] = provider;
      else delete body['provider'];
      warnings.push(
        notSent('provider.options', `${model.id} does not take ${truncateNames(lacking).join(', ')}`),
      );
    }
  }
  for (const { field, why } of provider ? findDroppedOptions(model, provider) : []) {
    warnings.push({
      code: 'dropped_by_upstream',
      field,
      message: `OpenRouter would silently drop these: ${why}`,
    });
  }
  if (spec.frame_images && spec.input_references) {
    warnings.push({
      code: 'ignored_by_upstream',
      field: 'input_references',
      message: 'frame_images take precedence if both are sent: the references will not be used',
    });
  }
  return { body, warnings };
}

const notSent = (field: string, why: string): Warning => ({
  code: 'not_sent',
  field,
  message: `not sent: ${why}`,
});

/** The provider object less the named options; undefined where nothing is left of it. */
function withoutOptions(provider: NonNullable<ClipSpec['provider']>, lacking: ReadonlySet<string>) {
  const options: Record<string, Record<string, unknown>> = {};
  for (const [slug, given] of Object.entries(provider.options ?? {})) {
    const kept: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(given)) {
      if (key === 'parameters' && typeof value === 'object' && value !== null && !Array.isArray(value)) {
        const inner = Object.fromEntries(Object.entries(value).filter(([name]) => !lacking.has(name)));
        if (Object.keys(inner).length > 0) kept[key] = inner;
      } else if (!lacking.has(key)) kept[key] = value;
    }
    if (Object.keys(kept).length > 0) options[slug] = kept;
  }
  return Object.keys(options).length > 0 ? { options } : undefined;
}
