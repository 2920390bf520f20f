// OpenRouter's own model lists, as it spells them, with every field that its SDK requires of an entry.

import { z } from 'zod';
import type { Catalog, VideoModel } from '../../core/catalog/catalog.ts';

type Entry = Readonly<Record<string, unknown>>;
type ModelEntry = { id: string; [field: string]: unknown };

interface Field {
  /** What the SDK takes; one value that it does not fails its whole call. */
  readonly takes: z.ZodType;
  /** Where upstream's value is missing or another: as far as this gateway can read it. */
  readonly read: (model: VideoModel) => unknown;
}

const field = (takes: z.ZodType, read: Field['read']): Field => ({ takes, read });
const texts = z.array(z.string()).nullable();
const wholes = z.array(z.int()).nullable();
const whole = (values: readonly number[] | null) => values?.filter(Number.isInteger) ?? null;

const FIELDS: Readonly<Record<string, Field>> = {
  id: field(z.string(), ({ id }) => id),
  name: field(z.string(), ({ name }) => name),
  canonical_slug: field(z.string(), ({ canonicalSlug }) => canonicalSlug),
  created: field(z.int(), ({ created }) => created),
  allowed_passthrough_parameters: field(z.array(z.string()), (model) => model.passthroughParameters),
  supported_durations: field(wholes, ({ durations }) => whole(durations)),
  supported_resolutions: field(texts, ({ resolutions }) => resolutions),
  supported_aspect_ratios: field(texts, ({ aspectRatios }) => aspectRatios),
  supported_sizes: field(texts, ({ sizes }) => sizes),
  supported_frame_images: field(texts, ({ frameImages }) => frameImages),
  generate_audio: field(z.boolean().nullable(), ({ generateAudio }) => generateAudio),
  seed: field(z.boolean().nullable(), ({ seed }) => seed),
  creativity: field(wholes, ({ creativity }) => whole(creativity)),
  upscale_factor: field(
    z.object({ min: z.number().nullish(), max: z.number().nullish() }).nullable(),
    ({ upscaleFactor }) => upscaleFactor,
  ),
  pricing_skus: field(z.record(z.string(), z.string()).nullable(), () => null),
};
// Optional for the SDK, which fails where they are there in another form.
const OPTIONAL: Readonly<Record<string, z.ZodType>> = {
  description: z.string(),
  hugging_face_id: z.string().nullable(),
};

/** Upstream's entries of the models that this gateway knows, completed; unknown fields are kept. */
export function completeModels(list: unknown, { byId }: Catalog): { data: ModelEntry[] } {
  const entries = new Map(entriesOf(list).map((entry) => [entry['id'], entry]));
  return { data: [...byId.values()].map((model) => complete(entries.get(model.id) ?? {}, model)) };
}

function complete(entry: Entry, model: VideoModel): ModelEntry {
  const required = Object.entries(FIELDS).map(([name, { takes, read }]) => [
    name,
    takes.safeParse(entry[name]).success ? entry[name] : read(model),
  ]);
  const optional = Object.entries(OPTIONAL).filter(
    ([name, takes]) => entry[name] !== undefined && !takes.safeParse(entry[name]).success,
  );
  const whole: Entry = { ...entry, ...Object.fromEntries(required) };
  const unreadable = new Set(optional.map(([name]) => name));
  const kept = Object.entries(whole).filter(([name]) => !unreadable.has(name));
  return { ...Object.fromEntries(kept), id: model.id };
}

/** The second list, which says what each model takes as input. */
export function completeModalities(list: unknown, { byId }: Catalog): { data: ModelEntry[] } {
  const entries = new Map(entriesOf(list).map((entry) => [entry['id'], entry]));
  const data = [...byId.values()].map(
    ({ id, name, created, canonicalSlug, inputModalities }): ModelEntry => ({
      name,
      created,
      canonical_slug: canonicalSlug,
      architecture: { input_modalities: inputModalities ?? [], output_modalities: ['video'] },
      ...entries.get(id),
      id,
    }),
  );
  return { data };
}

const entriesOf = (list: unknown): readonly Entry[] => {
  const data = typeof list === 'object' && list !== null && 'data' in list ? list.data : null;
  return Array.isArray(data)
    ? data.filter((entry): entry is Entry => typeof entry === 'object' && entry !== null)
    : [];
};
