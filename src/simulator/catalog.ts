// The catalog: the recorded models, or any file of the same shape, joined with their input modalities.
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const recordedModels = new URL('./data/videos-models.2026-10-02.json', import.meta.url);
const recordedModalities = new URL('./data/input-modalities.2026-10-02.json', import.meta.url);

/** What the simulator relies on in an entry of `GET /videos/models`; every other field is served as it stands. */
const ModelSchema = z.looseObject({
  id: z.string().regex(/^[^/\s]+\/[^/\s]+$/, 'must be author/slug'),
  canonical_slug: z.string(),
  name: z.string(),
  created: z.int(),
  supported_durations: z.array(z.number()).nullable(),
  supported_resolutions: z.array(z.string()).nullable(),
  supported_aspect_ratios: z.array(z.string()).nullable(),
  supported_sizes: z.array(z.string()).nullable(),
  supported_frame_images: z.array(z.string()).nullable(),
  upscale_factor: z.object({ min: z.number().nullish(), max: z.number().nullish() }).nullable(),
  creativity: z.array(z.int()).nullable(),
  generate_audio: z.boolean().nullable(),
  seed: z.boolean().nullable(),
  pricing_skus: z.record(z.string(), z.string()).nullish(),
  allowed_passthrough_parameters: z.array(z.string()),
});
const CatalogFileSchema = z.object({ data: z.array(ModelSchema) });
const ModalitiesSchema = z.record(z.string(), z.array(z.string()));

export type CatalogModel = z.infer<typeof ModelSchema>;

export type Catalog = {
  readonly models: readonly CatalogModel[];
  /** By id or canonical slug: the live service takes either. */
  find(name: string): CatalogModel | undefined;
  inputModalities(model: CatalogModel): readonly string[];
};

/**
 * Reads a catalog file in the shape of `GET /videos/models`; without a path, the recorded live catalog.
 *
 * @throws Error naming the file and every field that is wrong.
 */
export function readCatalog(path: string | URL = recordedModels): Catalog {
  return createCatalog(JSON.parse(readFileSync(path, 'utf8')), String(path));
}

/**
 * A catalog from a value already parsed.
 *
 * @param name what to call the value in an error.
 * @throws Error naming every field that is wrong.
 */
export function createCatalog(value: unknown, name = 'catalog'): Catalog {
  const parsed = CatalogFileSchema.safeParse(value);
  if (!parsed.success) throw new Error(`${name} is no video catalog:\n${z.prettifyError(parsed.error)}`);
  const models = parsed.data.data;
  const modalities = ModalitiesSchema.parse(JSON.parse(readFileSync(recordedModalities, 'utf8')));
  const byName = new Map(models.flatMap((model) => [[model.canonical_slug, model] as const]));
  for (const model of models) byName.set(model.id, model);
  return {
    models,
    find: (wanted) => byName.get(wanted),
    // A model that the recording does not know is taken to accept what its own entry implies.
    inputModalities: (model) =>
      modalities[model.id] ?? (model.supported_frame_images === null ? ['text'] : ['text', 'image']),
  };
}
