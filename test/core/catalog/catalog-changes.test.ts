// The two recorded catalogs differ in what is known to have happened between them.

import { describe, expect, it } from 'vitest';
import { diffCatalogs } from '../../../src/core/catalog/catalog-changes.ts';
import { mayCatalog, modelOf, octoberCatalog } from '../../support/catalogs.ts';

describe('diffCatalogs', () => {
  it('finds nothing between a catalog and itself, reordered', () => {
    const { models } = octoberCatalog();
    const turned = [...models]
      .reverse()
      .map((model) => ({ ...model, sizes: model.sizes && [...model.sizes].reverse() }));
    expect(diffCatalogs(models, turned)).toEqual([]);
  });

  it('finds what came, what went and what a clip costs now', () => {
    const changes = diffCatalogs(mayCatalog().models, octoberCatalog().models);
    expect(changes.filter(({ kind }) => kind === 'added')).toHaveLength(17);
    expect(changes.filter(({ kind }) => kind === 'removed')).toEqual([]);
    const fast = changes.find(({ modelId }) => modelId === 'bytedance/seedance-2.0-fast');
    expect(fast?.fields).toContainEqual({
      field: 'prices.video_tokens',
      before: 0.0000056,
      after: 0.0000042,
    });
    expect(fast?.fields).toContainEqual({
      field: 'prices.video_tokens_with_video_input',
      before: null,
      after: 0.000002475,
    });
    const seedance = changes.find(({ modelId }) => modelId === 'bytedance/seedance-2.0');
    expect(seedance?.fields.find(({ field }) => field === 'resolutions')?.after).toContain('4K');
    expect(
      diffCatalogs(octoberCatalog().models, mayCatalog().models).filter(({ kind }) => kind === 'removed'),
    ).toHaveLength(17);
  });

  it('tells null from empty and from false', () => {
    const model = modelOf(octoberCatalog(), 'google/veo-3.1');
    const fieldsOf = (changed: Partial<typeof model>) =>
      diffCatalogs([model], [{ ...model, ...changed }]).flatMap(({ fields }) =>
        fields.map(({ field }) => field),
      );
    expect(fieldsOf({ sizes: null, generateAudio: null, name: 'Another name' })).toEqual([
      'sizes',
      'generateAudio',
    ]);
    expect(fieldsOf({ sizes: [] })).toEqual(['sizes']);
  });
});
