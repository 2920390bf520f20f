// Prices are remembered for the clips asked for lately, and for no more of them than there is room for.

import { describe, expect, it } from 'vitest';
import { pricedClipOf } from '../../src/core/price-clip.ts';
import { priceSheetsOf } from '../../src/core/price-sheets.ts';
import { octoberCatalog } from '../support/catalogs.ts';

const clipOf = (duration: number) => pricedClipOf({ prompt: 'x', duration });

describe('price sheets', () => {
  it('give the same estimate again for a clip that costs the same, on the same catalog', () => {
    const [models, later] = [octoberCatalog().models, octoberCatalog().models];
    const [model] = models;
    if (!model) throw new Error('no models');
    const estimate = priceSheetsOf(models)(clipOf(5))(model);
    const sameClip = pricedClipOf({ prompt: 'another', duration: 5, seed: 7 });
    expect(priceSheetsOf(models)(sameClip)(model)).toBe(estimate);
    expect(priceSheetsOf(models)(clipOf(6))(model)).not.toBe(estimate);
    expect(priceSheetsOf(later)(clipOf(5))).not.toBe(priceSheetsOf(models)(clipOf(5)));
  });

  it('forget the clip that was not asked for the longest', () => {
    const { models } = octoberCatalog();
    const [often, once] = [priceSheetsOf(models)(clipOf(1)), priceSheetsOf(models)(clipOf(2))];
    for (let duration = 3; duration < 600; duration++) {
      priceSheetsOf(models)(clipOf(duration));
      if (duration % 100 === 0) expect(priceSheetsOf(models)(clipOf(1))).toBe(often);
    }
    expect(priceSheetsOf(models)(clipOf(2))).not.toBe(once);
  });
});
