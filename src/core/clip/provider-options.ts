// Options only one provider knows: under which slug, in which wrapper and by which names they reach a model.

import type { VideoModel } from '../catalog/catalog.ts';
import { truncateNames } from '../truncate-names.ts';
import type { ClipSpec } from './clip-spec.ts';

type Provider = NonNullable<ClipSpec['provider']>;

/**
 * How a provider wants its options: inside `{"parameters": {...}}`, or flat under its slug. Upstream drops the
 * other form in silence.
 */
export type OptionsWrapper = 'parameters' | 'flat';

/**
 * The provider slugs of each family of models, by what their ids begin with. Documented or observed, but for
 * kling, wan-3.0, happyhorse, minimax and sora, which are inferred from who else serves their authors' models.
 */
const FAMILIES: readonly (readonly [prefix: string, ...slugs: string[]])[] = [
  ['google/veo', 'google-vertex'],
  ['alibaba/wan-2.6', 'atlas-cloud'],
  ['alibaba/wan-2.7', 'atlas-cloud'],
  ['alibaba/wan-3.0', 'alibaba'],
  ['alibaba/happyhorse', 'alibaba'],
  ['kwaivgi/kling', 'atlas-cloud'],
  // The documentation says byteplus, live endpoints say seed; both have been taken.
  ['bytedance/seedance', 'seed', 'byteplus'],
  ['x-ai/grok', 'xai'],
  ['runway/', 'runway'],
  ['black-forest-labs/flux', 'black-forest-labs'],
  ['heygen/', 'heygen'],
  ['minimax/', 'minimax'],
  ['openai/sora', 'openai'],
];

/** Flat is documented for atlas-cloud and observed for black-forest-labs; of the others no wrapper is known. */
const WRAPPED: ReadonlySet<string> = new Set(['google-vertex']);

/** The slugs under which options reach a model: what upstream said of it, else what is known; null = neither. */
export function slugsOf(model: Pick<VideoModel, 'id' | 'providerSlugs'>): readonly string[] | null {
  return model.providerSlugs ?? familySlugs(model.id);
}

export const wrapperOf = (slug: string): OptionsWrapper => (WRAPPED.has(slug) ? 'parameters' : 'flat');

/**
 * Joins the tags of a model's endpoints with what is known of its family. A tag may name a region after the
 * slug (`google-vertex/us-east5`): options are taken under either. A family's other names stay good while
 * upstream names one of them; where it names none, the model has moved and upstream alone is believed.
 * @returns null where the tags say nothing.
 */
export function joinSlugs(modelId: string, tags: readonly string[]): readonly string[] | null {
  if (tags.length === 0) return null;
  const said = tags.flatMap((tag) => [tag.split('/', 1)[0] ?? tag, tag]);
  const known = familySlugs(modelId) ?? [];
  const stillServed = known.some((slug) => said.includes(slug));
  return [...new Set(stillServed ? [...said, ...known] : said)];
}

/**
 * The option names a spec asks of providers, each once, under whatever slug and whether or not they stand
 * in a `parameters` wrapper: which of the two a provider wants differs by provider.
 */
export function passthroughKeys(spec: ClipSpec): string[] {
  return optionNames(Object.values(spec.provider?.options ?? {}));
}

/**
 * The option names a model is asked for and lacks. Options under its own slug speak for it alone; where there are
 * none, everything is taken to be meant for it, since a slug that is merely wrong would be dropped in silence.
 */
export function lackingKeys(model: VideoModel, spec: ClipSpec): string[] {
  const options = spec.provider?.options;
  if (!options) return [];
  const own = (slugsOf(model) ?? []).flatMap((slug) => (options[slug] ? [options[slug]] : []));
  return optionNames(own.length > 0 ? own : Object.values(options)).filter(
    (key) => !model.passthroughParameters.includes(key),
  );
}

/** Options that would not reach the model's provider although upstream accepts the request. */
export interface DroppedOptions {
  readonly field: string;
  readonly why: string;
}

/** What of `provider` upstream would drop in silence on this model: foreign slugs and wrong wrappers. */
export function findDroppedOptions(model: VideoModel, provider: Provider): DroppedOptions[] {
  const own = slugsOf(model);
  // Without known provider slugs for the model, dropped options cannot be detected.
  if (own === null) return [];
  return Object.entries(provider.options ?? {}).flatMap(([slug, options]) => {
    const field = `provider.options.${slug}`;
    if (!own.includes(slug)) {
      const [names, owners] = [
        truncateNames(optionNames([options])).join(', ') || 'none given',
        own.join(' or '),
      ];
      return [{ field, why: `${model.id} takes options under ${owners}, not under ${slug} (${names})` }];
    }
    const misplaced = misplacedKeys(slug, options);
    if (misplaced.length === 0) return [];
    const form = wrapperOf(slug) === 'parameters' ? 'inside {"parameters": {...}}' : 'flat under its slug';
    return [
      {
        field,
        why: `${slug} takes its options ${form}, and these stand elsewhere: ${truncateNames(misplaced).join(', ')}`,
      },
    ];
  });
}

/** The options of a slug that stand inside a wrapper its provider does not have, or outside the one it has. */
function misplacedKeys(slug: string, options: Readonly<Record<string, unknown>>): string[] {
  const { parameters, ...flat } = options;
  const wrapped = isRecord(parameters) ? Object.keys(parameters) : [];
  if (wrapperOf(slug) === 'flat') return wrapped;
  return isRecord(parameters) ? Object.keys(flat) : Object.keys(options);
}

/** Their names, each once, those in a `parameters` wrapper included. */
export function optionNames(each: readonly Readonly<Record<string, unknown>>[]): string[] {
  const keys = new Set<string>();
  for (const options of each) {
    for (const [key, value] of Object.entries(options)) {
      if (key === 'parameters' && isRecord(value)) for (const inner of Object.keys(value)) keys.add(inner);
      else keys.add(key);
    }
  }
  return [...keys];
}

function familySlugs(modelId: string): readonly string[] | null {
  const family = FAMILIES.find(([prefix]) => modelId.startsWith(prefix));
  return family ? family.slice(1) : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
