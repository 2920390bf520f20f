// What a mistyped id may have meant: its author's models, and those that begin as it does.

import { expect, it } from 'vitest';
import type { VideoModel } from '../../../src/core/catalog/catalog.ts';
import { findSimilar, hintOf } from '../../../src/core/catalog/similar-models.ts';
import { modelOf, octoberCatalog } from '../../support/catalogs.ts';

const model = modelOf(octoberCatalog(), 'google/veo-3.1');
const named = (...ids: string[]): VideoModel[] => ids.map((id) => ({ ...model, id }));
const MODELS = named('a/veo-3', 'a/other', 'b/veo-2', 'b/wan-1', 'ab/x');

it.each<[id: string, similar: string[]]>([
  ['a/nothing', ['a/veo-3', 'a/other']],
  ['c/veo-9', ['a/veo-3', 'b/veo-2']],
  ['A/VEO-9', ['a/veo-3', 'a/other', 'b/veo-2']],
  ['b/*', ['b/veo-2', 'b/wan-1']],
  // Too short to mean anything by.
  ['c/ve', []],
  ['c', []],
  ['', []],
])('for %j offers %j', (id, similar) => {
  expect(findSimilar(id, MODELS)).toEqual(similar);
});

it('offers eight at the most, in the catalog’s order', () => {
  const ids = Array.from({ length: 12 }, (_, index) => `a/m${index}`);
  expect(findSimilar('a/x', named(...ids))).toEqual(ids.slice(0, 8));
});

it('asks what was meant, or tells where to look', () => {
  expect(hintOf(['a/b', 'a/c'])).toBe('Did you mean a/b or a/c?');
  expect(hintOf([])).toBe('See GET /models.');
});
