// Patterns that match no model: named with what they may have meant, few of them, and no other.

import { expect, it } from 'vitest';
import { planRoute } from '../../../src/core/routing/plan-route.ts';
import {
  explainUnmatched,
  findUnmatchedPatterns,
  warnOfUnmatched,
} from '../../../src/core/routing/unmatched-patterns.ts';
import { octoberCatalog } from '../../support/catalogs.ts';

const catalog = octoberCatalog();

it('finds none where there are none, or where each matches', () => {
  expect(findUnmatchedPatterns(catalog, {})).toEqual([]);
  const models = { allow: ['google/veo-3.1', 'google/*'], deny: ['runway/*'] };
  expect(findUnmatchedPatterns(catalog, { models })).toEqual([]);
});

it('finds those of both lists, and what was meant', () => {
  const idle = findUnmatchedPatterns(catalog, {
    models: { allow: ['google/*', 'google/veo-9'], deny: ['nobody/*'] },
  });
  expect(idle).toEqual([
    { field: 'models.allow', pattern: 'google/veo-9', similar: expect.arrayContaining(['google/veo-3.1']) },
    { field: 'models.deny', pattern: 'nobody/*', similar: [] },
  ]);
  expect(warnOfUnmatched(idle)).toEqual([
    {
      code: 'matches_no_model',
      field: 'models.allow',
      message: expect.stringMatching(
        /^google\/veo-9 matches no model of the catalog\. Did you mean google\//,
      ),
    },
    {
      code: 'matches_no_model',
      field: 'models.deny',
      message: 'nobody/* matches no model of the catalog. See GET /models.',
    },
  ]);
  expect(explainUnmatched(idle.slice(1))).toBe(
    ' models.deny: nobody/* matches no model of the catalog. See GET /models.',
  );
  expect(explainUnmatched([])).toBe('');
});

it('names ten at the most', () => {
  const deny = Array.from({ length: 100 }, (_, index) => `nobody/${index}`);
  expect(findUnmatchedPatterns(catalog, { models: { deny } }).map(({ pattern }) => pattern)).toEqual(
    deny.slice(0, 10),
  );
});

it('lets nobody make the clip where only such are allowed, and everybody where only such are denied', () => {
  const candidates = (models: object) => planRoute(catalog, { prompt: 'x' }, { models }).candidates.length;
  expect(candidates({ allow: ['nobody/*'] })).toBe(0);
  expect(candidates({ deny: ['nobody/*'] })).toBe(candidates({}));
});
