// The recorded catalogs, read as the gateway reads them.

import { readFileSync } from 'node:fs';
import { type Catalog, indexCatalog, type VideoModel } from '../../src/core/catalog/catalog.ts';
import { parseModels } from '../../src/outbound/openrouter/catalog-wire.ts';

const readFixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8'));

function readCatalog(models: string, modalities: string | null): Catalog {
  const known = modalities === null ? {} : (readFixture(modalities) as Record<string, string[]>);
  const answer = parseModels(readFixture(models), new Map(Object.entries(known)));
  if (!answer) throw new Error(`${models} is not a model list`);
  return indexCatalog(answer.models, {
    fetchedAt: Date.parse('2026-10-02T09:00:00Z'),
    dropped: answer.dropped,
  });
}

/** The 30 models of 2 October 2026. */
export const octoberCatalog = () =>
  readCatalog('videos-models.2026-10-02.json', 'input-modalities.2026-10-02.json');

/** The 13 models behind the scoring table printed in OpenRouter's guide. */
export const mayCatalog = () => readCatalog('videos-models.2026-05-guide.json', null);

/** One model of a catalog. Throws where it is not there. */
export function modelOf(catalog: Catalog, id: string): VideoModel {
  const model = catalog.byId.get(id);
  if (!model) throw new Error(`the catalog has no ${id}`);
  return model;
}
