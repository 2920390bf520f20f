// A catalog whose form drifts loses no model, removes nothing that is listed, and makes nothing cost nothing.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Catalog, indexCatalog } from '../../../src/core/catalog/catalog.ts';
import { planRoute } from '../../../src/core/routing/plan-route.ts';
import { renderModel } from '../../../src/http/api/render.ts';
import { ModelSchema } from '../../../src/http/api/schemas/model.ts';
import {
  parseCatalog,
  type RawCatalog,
  restoreUnreadable,
} from '../../../src/outbound/openrouter/catalog-wire.ts';
import { createCatalogCache } from '../../../src/service/catalog/catalog-cache.ts';
import { createCatalogHistory } from '../../../src/service/catalog/catalog-history.ts';
import { createAlarms } from '../../../src/service/runtime/alarms.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

type Entry = Record<string, unknown>;

const readFixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8'));
const ENTRIES: readonly Entry[] = readFixture('videos-models.2026-10-02.json').data;
const IDS = ENTRIES.map(({ id }) => String(id)).sort();
const MODALITIES = {
  data: Object.entries(readFixture('input-modalities.2026-10-02.json')).map(([id, input_modalities]) => ({
    id,
    architecture: { input_modalities },
  })),
};
const GOOD: RawCatalog = { models: { data: ENTRIES }, modalities: MODALITIES };

const GONE = Symbol('the field is left out');
const FORMS: readonly unknown[] = [
  GONE,
  null,
  true,
  false,
  0,
  -1,
  7,
  1e300,
  '',
  'long',
  '4',
  '0',
  [],
  [null],
  [4, 5, null],
  ['4', '6s'],
  [{}],
  [[4]],
  ['720p', null],
  [{ value: '720p' }],
  {},
  { min: 4, max: 8 },
  { min: 1, max: 1e9, step: 1e-9 },
  { min: 'a', max: null },
  { values: [4] },
  { duration_seconds: null },
  { duration_seconds: { usd: '0.1' } },
  { duration_seconds: '0' },
  { duration_seconds: 'free', video_tokens: ['1'] },
];
const FIELDS = [...new Set(ENTRIES.flatMap(Object.keys))];

/** The list with one field of one model in another form. */
function mutate(at: number, field: string, form: unknown): RawCatalog {
  const data = ENTRIES.map((entry, index) => {
    if (index !== at) return entry;
    const { [field]: _, ...rest } = entry;
    return form === GONE ? rest : { ...rest, [field]: form };
  });
  return { models: { data }, modalities: MODALITIES };
}

const CASES = FIELDS.flatMap((field, row) =>
  FORMS.map((form, column) => ({ field, form, at: (row * 7 + column * 11) % ENTRIES.length })),
);

async function setUp() {
  let now = 1_000_000;
  const log = createRecordedLog();
  const store = await openSqliteStore({ file: ':memory:', clock: () => now });
  const history = createCatalogHistory({ store, parse: parseCatalog });
  let answer: RawCatalog = GOOD;
  const create = () =>
    createCatalogCache(
      {
        load: async () => structuredClone(answer),
        parse: parseCatalog,
        restore: restoreUnreadable,
        store,
        history,
        clock: () => ++now,
        random: () => 0.5,
        alarms: createAlarms({ log, monotonic: () => 0 }),
        log,
      },
      { maxAgeMs: 60_000, retryMs: 1_000, flightMs: 1_000 },
    );
  const cache = create();
  return {
    cache,
    create,
    log,
    async fetch(next: RawCatalog): Promise<Catalog> {
      answer = next;
      await cache.refresh();
      return (await cache.get()).catalog;
    },
    changes: () => history.list({ changedAt: 0, position: 0 }, 10_000),
    alarms: () =>
      log.lines.filter(({ details }) => 'alarm' in details && details.alarm === 'catalog_unreadable'),
  };
}

const idsOf = ({ models }: Catalog) => models.map(({ id }) => id).sort();

/** Every model is shown and judged, and none is said to cost nothing. */
function checkUse(catalog: Catalog): void {
  for (const model of catalog.models) ModelSchema.parse(JSON.parse(JSON.stringify(renderModel(model))));
  for (const spec of [
    { prompt: 'x', duration: 5, resolution: '720p', aspect_ratio: '16:9' },
    { prompt: 'x' },
    { input_references: [{ type: 'video_url', video_url: { url: 'https://a.example/a.mp4' } }] },
  ] as const) {
    const { candidates, rejected } = planRoute(catalog, { ...spec } as never, {});
    expect(candidates.length + rejected.length).toBe(catalog.models.length);
    for (const { estimate } of candidates) expect(estimate.usd?.gt(0) ?? true).toBe(true);
  }
}

describe('a catalog with one field of one model in another form', () => {
  it(`keeps every model through ${CASES.length} forms, and says of none that it was removed`, async () => {
    expect(CASES.length).toBeGreaterThanOrEqual(300);
    const t = await setUp();
    await t.fetch(GOOD);
    for (const { field, form, at } of CASES) {
      const catalog = await t.fetch(mutate(at, field, form));
      expect(idsOf(catalog), `${field} as ${String(JSON.stringify(form))}`).toEqual(IDS);
      checkUse(catalog);
    }
    const kinds = (await t.changes()).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind !== 'changed')).toEqual([]);
  }, 60_000);

  it('routes as well where the gateway has never seen a better one', () => {
    for (const { field, form, at } of CASES) {
      const answer = parseCatalog(mutate(at, field, form));
      // Without an id there is nothing to ask for.
      const isNamed = field !== 'id';
      expect(answer?.models.length, `${field} as ${String(JSON.stringify(form))}`).toBe(isNamed ? 30 : 29);
      expect(answer?.dropped).toBe(isNamed ? 0 : 1);
      checkUse(indexCatalog(answer?.models ?? [], { fetchedAt: 0, dropped: 0 }));
    }
  }, 60_000);
});

const lengthsOf = (catalog: Catalog, id: string) => catalog.byId.get(id)?.durations;
const veo = ENTRIES.findIndex(({ id }) => id === 'google/veo-3.1');

describe('what cannot be read', () => {
  it('stays as it last was and is named, over restarts too, until it can be read again', async () => {
    const t = await setUp();
    await t.fetch(GOOD);
    const drifted = mutate(veo, 'supported_durations', 'long');
    for (let fetches = 0; fetches < 3; fetches++) {
      const catalog = await t.fetch(drifted);
      expect(lengthsOf(catalog, 'google/veo-3.1')).toEqual([4, 6, 8]);
      expect(catalog.byId.get('google/veo-3.1')).toMatchObject({ unreadable: ['durations'], unknown: [] });
      expect(catalog.unreadable).toBe(1);
    }
    expect(t.alarms()).toHaveLength(1);
    const restarted = t.create();
    await restarted.start();
    expect(restarted.peek()?.catalog).toMatchObject({ unreadable: 1 });
    expect(lengthsOf((await restarted.get()).catalog, 'google/veo-3.1')).toEqual([4, 6, 8]);
    await restarted.stop();
    expect(await t.fetch(GOOD)).toMatchObject({ unreadable: 0 });
    expect(await t.changes()).toEqual([]);
  });

  it('is unknown where it never could be read, and refuses nothing', async () => {
    const t = await setUp();
    const catalog = await t.fetch(mutate(veo, 'supported_durations', 'long'));
    expect(catalog.byId.get('google/veo-3.1')).toMatchObject({ durations: null, unknown: ['durations'] });
    const { candidates } = planRoute(
      catalog,
      { prompt: 'x', duration: 7 },
      { models: { allow: ['google/*'] } },
    );
    expect(candidates.map(({ model }) => model.id)).toEqual(['google/veo-3.1']);
    expect(candidates[0]?.estimate.usd?.toNumber()).toBeGreaterThan(0);
  });

  it.each<[string, string, unknown]>([
    ['an entry without its id', 'id', 7],
    ['an entry whose id has another form', 'id', 'Google: Veo 3.1'],
  ])('keeps %s as it was, until it is absent', async (_name, field, form) => {
    const t = await setUp();
    await t.fetch(GOOD);
    const drifted = mutate(veo, field, form);
    for (let fetches = 0; fetches < 3; fetches++) {
      const catalog = await t.fetch(drifted);
      expect(idsOf(catalog)).toEqual(IDS);
      expect(catalog.byId.get('google/veo-3.1')?.unreadable).toContain('id');
    }
    expect(await t.changes()).toEqual([]);
    const without = { ...GOOD, models: { data: ENTRIES.filter((_, index) => index !== veo) } };
    expect(idsOf(await t.fetch(without))).not.toContain('google/veo-3.1');
    expect((await t.changes()).map(({ kind, modelId }) => `${kind} ${modelId}`)).toEqual([
      'removed google/veo-3.1',
    ]);
  });

  it('does not keep a model for ever because of an entry that never was one', async () => {
    const t = await setUp();
    const strange = { id: 'not a model' };
    await t.fetch({ ...GOOD, models: { data: [...ENTRIES, strange] } });
    const catalog = await t.fetch({
      ...GOOD,
      models: { data: [...ENTRIES.filter((_, index) => index !== veo), strange] },
    });
    expect(catalog.byId.has('google/veo-3.1')).toBe(false);
    expect(catalog.unreadable).toBe(0);
  });

  it('does not take the good catalog with it where all of one field drifts', async () => {
    const t = await setUp();
    await t.fetch(GOOD);
    for (const form of [{ from: 4, to: 8 }, 'long', GONE]) {
      const data = ENTRIES.map(({ supported_durations: lengths, ...entry }) =>
        form === GONE ? entry : { ...entry, supported_durations: lengths && form },
      );
      const catalog = await t.fetch({ ...GOOD, models: { data } });
      expect(idsOf(catalog)).toEqual(IDS);
      expect(lengthsOf(catalog, 'google/veo-3.1')).toEqual([4, 6, 8]);
    }
    expect(t.alarms().length).toBeGreaterThan(0);
    expect(await t.changes()).toEqual([]);
  });

  it('is not replaced by a list of which most entries have no id: the alarm is raised and the old one grows stale', async () => {
    const t = await setUp();
    await t.fetch(GOOD);
    const before = (await t.cache.get()).catalog;
    const data = ENTRIES.map((entry, index) => (index < 4 ? entry : { ...entry, id: { name: entry['id'] } }));
    expect(await t.fetch({ ...GOOD, models: { data } })).toBe(before);
    expect(await t.fetch({ ...GOOD, models: { data: data.slice(4) } })).toBe(before);
    expect(t.alarms()).toHaveLength(2);
  });

  it('of the second list stays as it was too', async () => {
    const t = await setUp();
    await t.fetch(GOOD);
    const data = MODALITIES.data.map((entry) => ({ ...entry, architecture: { input: ['text'] } }));
    const catalog = await t.fetch({ ...GOOD, modalities: { data } });
    expect(catalog.byId.get('google/veo-3.1')).toMatchObject({
      inputModalities: ['text', 'image'],
      unreadable: ['inputModalities'],
    });
    expect(await t.changes()).toEqual([]);
  });
});

describe('what can be read in another form', () => {
  const [entry] = ENTRIES.filter(({ id }) => id === 'google/veo-3.1');
  const read = (fields: Entry) =>
    parseCatalog({ models: { data: [{ ...entry, ...fields }] }, modalities: null })?.models[0];

  it.each<[unknown, readonly number[] | null]>([
    [{ min: 4, max: 8 }, [4, 5, 6, 7, 8]],
    [{ min: 4, max: 8, step: 2 }, [4, 6, 8]],
    [{ min: '4', max: '6', step: null }, [4, 5, 6]],
    [{ min: 3599, max: 1e9 }, [3599, 3600]],
    [{ min: 2.5, max: 5, step: 0.5 }, [3, 4, 5]],
    [
      ['4', '6s', 8],
      [4, 6, 8],
    ],
    [
      [4, 5, null],
      [4, 5],
    ],
    [
      [{ min: 4, max: 5 }, 10],
      [4, 5, 10],
    ],
    [4, [4]],
  ])('lengths: %j are %j', (durations, seconds) => {
    expect(read({ supported_durations: durations })).toMatchObject({ durations: seconds, unreadable: [] });
  });

  it.each<[unknown]>([[{ min: 8, max: 4 }], [{ min: 4, max: 8, step: 0 }], [{ min: 4 }], ['long'], [{}]])(
    'lengths: %j are unknown',
    (durations) => {
      expect(read({ supported_durations: durations })).toMatchObject({
        durations: null,
        unknown: ['durations'],
      });
    },
  );

  it('a list of which some cannot be read lists the rest, and more may be possible', () => {
    expect(read({ supported_durations: [4, {}] })).toMatchObject({ durations: [4], unknown: ['durations'] });
  });

  it('names, dates and slugs of any form are no matter', () => {
    expect(read({ name: null, created: 'May', canonical_slug: null })).toMatchObject({
      name: 'google/veo-3.1',
      created: 0,
      canonicalSlug: 'google/veo-3.1',
      unreadable: [],
    });
  });

  it('a price that is none is named, and the others stand', () => {
    const skus = { duration_seconds: '0.4', cents_per_image_input: null, reference_images: { usd: '1' } };
    expect(read({ pricing_skus: skus })?.priceList).toMatchObject({
      prices: [{ sku: 'duration_seconds' }],
      unknownSkus: ['cents_per_image_input', 'reference_images'],
    });
  });
});
