// What a mistyped id may have meant: its author's models, and those that begin as it does.

import { expect, it } from 'vitest';
import type { VideoModel } from '../../../src/core/catalog/catalog.ts';
import { findSimilar, hintOf } from '../../../src/core/catalog/similar-models.ts';
import { modelOf, octoberCatalog } from '../../support/catalogs.ts';

const model = modelOf(octoberCatalog(), 'google/veo-3.1');
const named = (...ids: string[]): VideoModel[] => ids.map((id) => ({ ...model, id, canonicalSlug: id }));
const MODELS = named('a/veo-3', 'a/other', 'b/veo-2', 'b/wan-1', 'ab/x');

it.each<[id: string, similar: string[]]>([
  ['a/nothing', ['a/other', 'a/veo-3']],
  ['c/veo-9', ['a/veo-3', 'b/veo-2']],
  ['A/VEO-9', ['a/veo-3', 'b/veo-2', 'a/other']],
  ['b/*', ['b/veo-2', 'b/wan-1']],
  // Too short to mean anything by.
  ['c/ve', []],
  ['c', []],
  ['', []],
])('for %j offers %j', (id, similar) => {
  expect(findSimilar(id, MODELS)).toEqual(similar);
});

const { models } = octoberCatalog();

it.each<[name: string, first: string]>([
  ['openrouter/google/veo-3.1', 'google/veo-3.1'],
  ['Google/Veo-3.1', 'google/veo-3.1'],
  ['google/veo-3.1:free', 'google/veo-3.1'],
  ['OpenRouter/Google/VEO-3.1-fast:beta', 'google/veo-3.1-fast'],
  ['google/veo-3.1-fast-20260321', 'google/veo-3.1-fast'],
  ['google/veo3.1', 'google/veo-3.1'],
  ['google/veo-3.1-lit', 'google/veo-3.1-lite'],
  ['gogle/veo-3.1', 'google/veo-3.1'],
  ['openai/veo-3.1', 'google/veo-3.1'],
  ['kwaivgi/kling-v3.0', 'kwaivgi/kling-v3.0-pro'],
  ['bytedance/seedance-2.0-mni', 'bytedance/seedance-2.0-mini'],
  ['minimax/hailuo-03', 'minimax/hailuo-3'],
  ['goggle/*', 'google/veo-3.1-fast'],
])('for %j offers %j first', (name, first) => {
  expect(findSimilar(name, models)[0]).toBe(first);
});

it('offers eight at the most, in the catalog’s order', () => {
  const ids = Array.from({ length: 12 }, (_, index) => `a/m${index}`);
  expect(findSimilar('a/x', named(...ids))).toEqual(ids.slice(0, 8));
});

it('asks what was meant, or tells where to look', () => {
  expect(hintOf(['a/b', 'a/c'])).toBe('Did you mean a/b or a/c?');
  expect(hintOf([])).toBe('See GET /models.');
});
