// Writes down what each new catalog changes, and hands the history out.

import { diffCatalogs, type ModelChange } from '../../core/catalog/catalog-changes.ts';
import type { ModelsAnswer, RawCatalog } from '../../outbound/openrouter/catalog-wire.ts';
import type { CatalogChange, HistoryPlace } from '../../store/ports/catalog.ts';
import type { JobStore } from '../../store/ports/job-store.ts';

export type { CatalogChange };

export interface CatalogHistoryReader {
  /** Changes after a place, oldest first. @param modelId absent = of every model. */
  list(after: HistoryPlace, limit: number, modelId?: string): Promise<CatalogChange[]>;
}

export interface CatalogHistory extends CatalogHistoryReader {
  /** Keeps a good catalog for the next start, and records what it changes. Returns the changes. */
  keep(raw: RawCatalog): Promise<readonly ModelChange[]>;
}

export interface CatalogHistoryParts {
  readonly store: Pick<JobStore, 'saveCatalog' | 'listCatalogChanges'>;
  readonly parse: (raw: RawCatalog) => ModelsAnswer | null;
}

export function createCatalogHistory({ store, parse }: CatalogHistoryParts): CatalogHistory {
  /** A catalog kept by another version that reads differently now would show as changes that never were. */
  const modelsOf = (json: string) => parse(JSON.parse(json) as RawCatalog)?.models ?? null;

  return {
    keep: (raw) => {
      const json = JSON.stringify(raw);
      return store.saveCatalog(json, (before) => {
        const earlier = before === null ? null : modelsOf(before);
        const later = earlier && modelsOf(json);
        return earlier && later ? diffCatalogs(earlier, later) : [];
      });
    },
    list: (after, limit, modelId) => store.listCatalogChanges(after, limit, modelId),
  };
}
