// The recorded catalog, and larger ones made of it: models of their own prices and abilities, the same in every run.

import { readFileSync } from 'node:fs';

/** An entry of `GET /videos/models`, in the fields that variants differ in. */
interface RecordedModel {
  readonly id: string;
  readonly pricing_skus: Readonly<Record<string, string>> | null;
  readonly supported_durations: readonly number[] | null;
  readonly supported_resolutions: readonly string[] | null;
  readonly supported_aspect_ratios: readonly string[] | null;
  readonly generate_audio: boolean | null;
  readonly seed: boolean | null;
}

export interface Recorded {
  readonly data: readonly RecordedModel[];
  /** What each model takes as input, by id. */
  readonly inputs: Readonly<Record<string, readonly string[]>>;
}

export function readCatalog(catalogFile: string, modalitiesFile: string): Recorded {
  const { data } = JSON.parse(readFileSync(catalogFile, 'utf8')) as Pick<Recorded, 'data'>;
  return { data, inputs: JSON.parse(readFileSync(modalitiesFile, 'utf8')) as Recorded['inputs'] };
}

/** The recorded models and as many variants of them as make `size` models, of which no two are alike. */
export function varyCatalog({ data, inputs }: Recorded, size: number): Recorded {
  const random = createRandom(20261002);
  const variants = Array.from({ length: size - data.length }, (_, index) => {
    const model = data[index % data.length];
    if (!model) throw new Error('the catalog is empty');
    return { from: model.id, model: vary(model, `${model.id}-${index}`, random) };
  });
  return {
    data: [...data, ...variants.map(({ model }) => model)],
    inputs: {
      ...inputs,
      ...Object.fromEntries(variants.map(({ from, model }) => [model.id, inputs[from] ?? ['text']])),
    },
  };
}

function vary(model: RecordedModel, id: string, random: () => number): RecordedModel {
  const some = <T>(values: readonly T[] | null): readonly T[] | null => {
    const kept = values?.filter(() => random() < 0.7);
    return kept && kept.length > 0 ? kept : values;
  };
  const flip = (value: boolean | null) => (random() < 0.3 ? value !== true : value);
  const factor = 0.5 + random() * 2;
  return {
    ...model,
    id,
    pricing_skus:
      model.pricing_skus &&
      Object.fromEntries(
        Object.entries(model.pricing_skus).map(([sku, price]) => [
          sku,
          // Plain digits: a list has no exponents.
          (Number(price) * factor).toFixed(10).replace(/\.?0+$/, ''),
        ]),
      ),
    supported_durations: some(model.supported_durations),
    supported_resolutions: some(model.supported_resolutions),
    supported_aspect_ratios: some(model.supported_aspect_ratios),
    generate_audio: flip(model.generate_audio),
    seed: flip(model.seed),
  };
}

/** Mulberry32: repeatable numbers from 0 up to 1. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
