// The recorded catalog, and larger ones made of it: the same models many times over, under ids of their own.

import { readFileSync } from 'node:fs';

export interface Recorded {
  readonly data: readonly {
    readonly id: string;
    readonly pricing_skus: Readonly<Record<string, string>> | null;
  }[];
  /** What each model takes as input, by id. */
  readonly inputs: Readonly<Record<string, readonly string[]>>;
}

export function readCatalog(catalogFile: string, modalitiesFile: string): Recorded {
  const { data } = JSON.parse(readFileSync(catalogFile, 'utf8')) as Pick<Recorded, 'data'>;
  return { data, inputs: JSON.parse(readFileSync(modalitiesFile, 'utf8')) as Recorded['inputs'] };
}

/** @param arePricesOwn makes each copy a thousandth dearer than the one before, so that no two cost the same. */
export function multiply({ data, inputs }: Recorded, copies: number, arePricesOwn = false): Recorded {
  const suffixes = Array.from({ length: copies }, (_, copy) => (copy === 0 ? '' : `-${copy}`));
  const dearer = (price: string, copy: number) =>
    String(Number((Number(price) * (1 + copy / 1000)).toPrecision(6)));
  return {
    data: suffixes.flatMap((suffix, copy) =>
      data.map((model) => ({
        ...structuredClone(model),
        id: model.id + suffix,
        pricing_skus:
          model.pricing_skus && arePricesOwn
            ? Object.fromEntries(
                Object.entries(model.pricing_skus).map(([sku, price]) => [sku, dearer(price, copy)]),
              )
            : model.pricing_skus,
      })),
    ),
    inputs: Object.fromEntries(
      suffixes.flatMap((suffix) => Object.entries(inputs).map(([id, kinds]) => [id + suffix, kinds])),
    ),
  };
}
