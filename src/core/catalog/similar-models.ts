// Which models an unknown name may have meant: the nearest in spelling first.

import type { VideoModel } from './catalog.ts';

const MOST = 8;
// An author is mistaken as a whole: however differently it is spelled, it is one or two mistakes.
const MISTAKEN_AUTHOR = 2;

/**
 * Ids of at most eight models, nearest first and else in the catalog's order: those of the author that was named, those
 * that begin alike, and those spelled nearly alike. Case, a leading `openrouter/` and a variant such as `:free` are
 * looked through, canonical slugs as well as ids looked at. `author/*` names an author.
 */
export function findSimilar(name: string, models: readonly VideoModel[]): string[] {
  const wanted = plain(name);
  const { author, slug } = split(wanted);
  const stem = slug.slice(0, 4);
  // In a short name one mistake is already another name.
  const most = Math.floor((slug === '*' ? author : slug).length / 4);
  return models
    .map(({ id, canonicalSlug }) => {
      const names = [...new Set([plain(id), plain(canonicalSlug)])].map(split);
      const near =
        slug === '*'
          ? editDistance(author, split(plain(id)).author)
          : Math.min(
              ...names.map((one) => {
                const apart = editDistance(slug, one.slug);
                return apart + Math.min(MISTAKEN_AUTHOR, editDistance(author, one.author));
              }),
            );
      const isLike = names.some(
        (one) => one.author === author || (stem.length >= 3 && one.slug.startsWith(stem)),
      );
      return { id, near, isLike: isLike || near <= most };
    })
    .filter(({ isLike }) => isLike)
    .sort((a, b) => a.near - b.near)
    .slice(0, MOST)
    .map(({ id }) => id);
}

const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/^openrouter\//, '')
    .replace(/:[^/]*$/, '');

function split(name: string): { author: string; slug: string } {
  const [author = '', slug = ''] = name.split('/');
  return { author, slug };
}

/** How many characters must be added, left out or replaced to turn one into the other. */
function editDistance(from: string, to: string): number {
  if (from === to) return 0;
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [at, letter] of [...from].entries()) {
    const next = [at + 1];
    for (let index = 0; index < to.length; index++) {
      const replaced = (row[index] ?? 0) + (letter === to[index] ? 0 : 1);
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

/** What to say after the sentence that there is no such model. */
export const hintOf = (similar: readonly string[]): string =>
  similar.length > 0 ? `Did you mean ${similar.join(' or ')}?` : 'See GET /models.';
