// Faulty catalogs: empty, truncated, malformed, with a model removed, repriced, or with ten thousand models.
import { Big } from 'big.js';
import type { CatalogModel } from '../catalog.ts';
import type { CatalogFault } from './catalogue.ts';

/** The text of `GET /videos/models` under these faults, each applied to what the one before it left. */
export function catalogText(models: readonly CatalogModel[], faults: readonly CatalogFault[]): string {
  let entries: readonly object[] = models;
  for (const fault of faults) entries = changed(entries as readonly CatalogModel[], fault);
  const text = JSON.stringify({ data: entries });
  const cut = faults.find((fault) => fault.fault === 'truncated');
  return cut === undefined ? text : text.slice(0, cut.at);
}

function changed(models: readonly CatalogModel[], fault: CatalogFault): readonly object[] {
  const [first, ...rest] = models;
  switch (fault.fault) {
    case 'truncated':
      return models;
    case 'empty':
      return [];
    case 'malformed_model':
      return first === undefined
        ? models
        : [{ ...first, supported_durations: 'long', pricing_skus: 7 }, ...rest];
    case 'drifted_field':
      return models.map((model) => {
        if (fault.model !== undefined && fault.model !== model.id) return model;
        // A form that is undefined is left out by JSON.
        return { ...model, [fault.field]: fault.form };
      });
    case 'remove_model':
      return models.filter((model) => model.id !== (fault.model ?? first?.id));
    case 'reprice':
      return models.map((model) =>
        fault.model === undefined || fault.model === model.id ? repriced(model, fault.factor) : model,
      );
    case 'many_models':
      return Array.from({ length: fault.models }, (_, index) => numbered(models, index));
  }
}

function repriced(model: CatalogModel, factor: number): CatalogModel {
  const skus = Object.entries(model.pricing_skus ?? {});
  const times = (price: string) => new Big(price).times(factor).toFixed();
  return { ...model, pricing_skus: Object.fromEntries(skus.map(([sku, price]) => [sku, times(price)])) };
}

/** The first round keeps its names; every further one numbers them. */
function numbered(models: readonly CatalogModel[], index: number): object {
  const model = models[index % Math.max(models.length, 1)];
  const round = Math.floor(index / Math.max(models.length, 1));
  if (model === undefined || round === 0) return model ?? {};
  return { ...model, id: `${model.id}-${round}`, canonical_slug: `${model.canonical_slug}-${round}` };
}
