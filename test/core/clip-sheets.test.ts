// What is remembered of a clip is what working it out anew would say, for the clips asked for lately and no more.

import { describe, expect, it } from 'vitest';
import { type ClipSpec, clipSpecShape, type Routing } from '../../src/core/clip/clip-spec.ts';
import { clipSheetsOf, FRESH_SHEETS } from '../../src/core/clip-sheets.ts';
import { pricedClipOf } from '../../src/core/pricing/price-clip.ts';
import { octoberCatalog } from '../support/catalogs.ts';
import { PAIRS, withOptions } from '../support/clip-pairs.ts';

const clipOf = (duration: number) => pricedClipOf({ prompt: 'x', duration });

describe('clip sheets', () => {
  const { models } = octoberCatalog();
  const anew = (spec: ClipSpec, routing: Routing = {}) => models.map(FRESH_SHEETS.abilityFor(spec, routing));
  const remembered = (spec: ClipSpec, routing: Routing = {}) =>
    models.map(clipSheetsOf(models).abilityFor(spec, routing));

  it('know of every field of a spec', () => {
    expect(Object.keys(PAIRS).sort()).toEqual(Object.keys(clipSpecShape).sort());
  });

  it.each(Object.entries(PAIRS).flatMap(([field, pairs]) => pairs.map((pair) => [field, ...pair] as const)))(
    'tell clips apart by %s: %j, %j',
    (_, one, other) => {
      expect(anew(one)).not.toEqual(anew(other));
      for (const spec of [one, other, one]) expect(remembered(spec)).toEqual(anew(spec));
    },
  );

  it('tell apart what may be left out from what may not', () => {
    const spec = withOptions('xai', { nope: 1 });
    expect(anew(spec)).not.toEqual(anew(spec, { passthrough: 'when_supported' }));
    for (const passthrough of ['require', 'when_supported'] as const) {
      expect(remembered(spec, { passthrough })).toEqual(anew(spec, { passthrough }));
    }
  });

  it('say what working a price out anew would say', () => {
    const specs = Object.values(PAIRS).flat(2);
    for (const clip of [...specs, ...specs].map(pricedClipOf)) {
      const { priceOf } = clipSheetsOf(models);
      expect(models.map(priceOf(clip))).toEqual(models.map(FRESH_SHEETS.priceOf(clip)));
    }
  });

  it('give the same again for a clip that asks for the same and costs the same, on the same catalog', () => {
    const [models, later] = [octoberCatalog().models, octoberCatalog().models];
    const [model] = models;
    if (!model) throw new Error('no models');
    const { priceOf, abilityFor } = clipSheetsOf(models);
    const estimate = priceOf(clipOf(5))(model);
    expect(priceOf(pricedClipOf({ prompt: 'another', duration: 5, seed: 7 }))(model)).toBe(estimate);
    expect(priceOf(clipOf(6))(model)).not.toBe(estimate);
    expect(clipSheetsOf(later).priceOf(clipOf(5))).not.toBe(priceOf(clipOf(5)));

    const reasons = abilityFor({ prompt: 'x', duration: 61 }, { max_cost_usd: 1 })(model);
    expect(reasons).toHaveLength(1);
    expect(abilityFor({ prompt: 'another', duration: 61, user: 'me' }, {})(model)).toBe(reasons);
    expect(abilityFor({ duration: 62 }, {})(model)).not.toBe(reasons);
  });

  it('forget the clip that was not asked for the longest', () => {
    const { priceOf } = clipSheetsOf(octoberCatalog().models);
    const [often, once] = [priceOf(clipOf(1)), priceOf(clipOf(2))];
    for (let duration = 3; duration < 600; duration++) {
      priceOf(clipOf(duration));
      if (duration % 100 === 0) expect(priceOf(clipOf(1))).toBe(often);
    }
    expect(priceOf(clipOf(2))).not.toBe(once);
  });

  it('do not keep what is asked for by a great many names', () => {
    const { abilityFor } = clipSheetsOf(octoberCatalog().models);
    const names = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`name-${index}`, 1]));
    const spec = { prompt: 'x', provider: { options: { xai: names } } };
    expect(abilityFor(spec, {})).not.toBe(abilityFor(spec, {}));
  });
});
