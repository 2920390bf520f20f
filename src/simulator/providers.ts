// The provider of each model: its slug, its display name, and the wrapper of its options.

export type Provider = {
  /** The provider slugs of `provider.options`; the first is the endpoint's tag. */
  readonly slugs: readonly [string, ...string[]];
  readonly name: string;
  /** Veo wants `{"google-vertex": {"parameters": {...}}}`; everyone else takes the options flat. */
  readonly wrapsOptions: boolean;
};

const atlasCloud: Provider = { slugs: ['atlas-cloud'], name: 'AtlasCloud', wrapsOptions: false };

const byAuthor: { readonly [author: string]: Provider } = {
  alibaba: { slugs: ['alibaba'], name: 'Alibaba', wrapsOptions: false },
  'black-forest-labs': { slugs: ['black-forest-labs'], name: 'Black Forest Labs', wrapsOptions: false },
  bytedance: { slugs: ['seed', 'byteplus'], name: 'Seed', wrapsOptions: false },
  google: { slugs: ['google-vertex'], name: 'Google', wrapsOptions: true },
  heygen: { slugs: ['heygen'], name: 'HeyGen', wrapsOptions: false },
  kwaivgi: atlasCloud,
  minimax: { slugs: ['minimax'], name: 'Minimax', wrapsOptions: false },
  openai: { slugs: ['openai'], name: 'OpenAI', wrapsOptions: false },
  runway: { slugs: ['runway'], name: 'Runway', wrapsOptions: false },
  'x-ai': { slugs: ['xai'], name: 'xAI', wrapsOptions: false },
};

/** The provider of a model. An unknown author is taken to serve its own models. */
export function providerOf(modelId: string): Provider {
  if (modelId.startsWith('alibaba/wan-2.')) return atlasCloud;
  const author = modelId.split('/', 1)[0] ?? modelId;
  return byAuthor[author] ?? { slugs: [author], name: author, wrapsOptions: false };
}
