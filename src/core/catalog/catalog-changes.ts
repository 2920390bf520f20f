// What differs between two catalogs, model by model and field by field: what an operator wants to hear of.

import type { VideoModel } from './catalog.ts';

export interface FieldChange {
  /** A field of VideoModel, or `prices.<sku>` in US dollars per unit. */
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface ModelChange {
  readonly modelId: string;
  readonly kind: 'added' | 'removed' | 'changed';
  /** Empty for a model that came or went. */
  readonly fields: readonly FieldChange[];
}

// What a clip's price or possibility hangs on. Names and dates may change as they like.
const FIELDS = [
  'durations',
  'resolutions',
  'aspectRatios',
  'sizes',
  'frameImages',
  'inputModalities',
  'generateAudio',
  'seed',
  'passthroughParameters',
  'upscaleFactor',
  'creativity',
] as const satisfies readonly (keyof VideoModel)[];

/** Every change from `before` to `after`, in order of model id. The order of lists does not count as a change. */
export function diffCatalogs(before: readonly VideoModel[], after: readonly VideoModel[]): ModelChange[] {
  const earlier = new Map(before.map((model) => [model.id, model]));
  const later = new Map(after.map((model) => [model.id, model]));
  const changes: ModelChange[] = [];
  for (const modelId of [...new Set([...earlier.keys(), ...later.keys()])].sort()) {
    const was = earlier.get(modelId);
    const is = later.get(modelId);
    if (!is) changes.push({ modelId, kind: 'removed', fields: [] });
    else if (!was) changes.push({ modelId, kind: 'added', fields: [] });
    else {
      const fields = [...diffCapabilities(was, is), ...diffPrices(was, is)];
      if (fields.length > 0) changes.push({ modelId, kind: 'changed', fields });
    }
  }
  return changes;
}

function diffCapabilities(was: VideoModel, is: VideoModel): FieldChange[] {
  return FIELDS.filter((field) => comparable(was[field]) !== comparable(is[field])).map((field) => ({
    field,
    before: was[field],
    after: is[field],
  }));
}

/** Upstream reorders its lists from one answer to the next. */
function comparable(value: unknown): string {
  return JSON.stringify(Array.isArray(value) ? [...value].sort() : value);
}

function diffPrices(was: VideoModel, is: VideoModel): FieldChange[] {
  const pricesOf = (model: VideoModel) =>
    new Map(model.priceList.prices.map((price) => [price.sku, price.usd.toNumber()]));
  const before = pricesOf(was);
  const after = pricesOf(is);
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((sku) => before.get(sku) !== after.get(sku))
    .sort()
    .map((sku) => ({
      field: `prices.${sku}`,
      before: before.get(sku) ?? null,
      after: after.get(sku) ?? null,
    }));
}
