// Which models a mistyped id may have meant.

import type { VideoModel } from './catalog.ts';

const MOST = 8;

/** Ids of the models of its author, and of those that share its last part, in the catalog's order. */
export function findSimilar(modelId: string, models: readonly VideoModel[]): string[] {
  const [author = '', slug = ''] = modelId.toLowerCase().split('/');
  const stem = slug.slice(0, 4);
  return models
    .map(({ id }) => id)
    .filter((id) => id.startsWith(`${author}/`) || (stem.length >= 3 && id.split('/')[1]?.startsWith(stem)))
    .slice(0, MOST);
}

/** What to say after the sentence that there is no such model. */
export const hintOf = (similar: readonly string[]): string =>
  similar.length > 0 ? `Did you mean ${similar.join(' or ')}?` : 'See GET /models.';
