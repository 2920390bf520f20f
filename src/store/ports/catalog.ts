// What the service asks of a store about the catalog: the last good one, and how it changed.

import type { ModelChange } from '../../core/catalog/catalog-changes.ts';

/** Where a change stands in the history of the catalog. */
export interface HistoryPlace {
  /** When it was seen, in epoch milliseconds. */
  readonly changedAt: number;
  /** Among the changes seen at that time. */
  readonly position: number;
}

export interface CatalogChange extends ModelChange, HistoryPlace {}

export interface CatalogStore {
  /**
   * Keeps a newer catalog in place of the one before, and what `diff` finds between the two, in one transaction: of
   * several replicas that fetch the same news, one records it.
   * @param diff of the catalog kept until now, null where there was none.
   */
  saveCatalog(
    json: string,
    diff: (before: string | null) => readonly ModelChange[],
  ): Promise<readonly ModelChange[]>;
  /** Changes recorded after a place in the history, oldest first. @param modelId absent = of every model. */
  listCatalogChanges(after: HistoryPlace, limit: number, modelId?: string): Promise<CatalogChange[]>;
}
