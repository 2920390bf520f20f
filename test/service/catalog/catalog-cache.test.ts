// The cache keeps the last good catalog through everything upstream can do to it.

import { describe, expect, it } from 'vitest';
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

const MINUTE = 60_000;

const model = (id: string) => ({ id, name: id, pricing_skus: {} });
const listOf = (count: number, prefix = 'm') => ({
  data: Array.from({ length: count }, (_, i) => model(`a/${prefix}${i}`)),
});
const raw = (models: unknown, modalities: unknown = null): RawCatalog => ({ models, modalities });

async function setUp() {
  let now = 1_000_000;
  const log = createRecordedLog();
  const store = await openSqliteStore({ file: ':memory:', clock: () => now });
  const answers: (() => Promise<RawCatalog>)[] = [];
  let loads = 0;
  const create = () =>
    createCatalogCache(
      {
        load: () => {
          loads++;
          return (answers.shift() ?? (() => Promise.reject(new Error('upstream is down'))))();
        },
        parse: parseCatalog,
        restore: restoreUnreadable,
        store,
        history: createCatalogHistory({ store, parse: parseCatalog }),
        clock: () => now,
        random: () => 0.5,
        alarms: createAlarms({ log, monotonic: () => 0 }),
        log,
      },
      { maxAgeMs: 5 * MINUTE, retryMs: MINUTE, flightMs: MINUTE },
    );
  const cache = create();
  return {
    cache,
    history: createCatalogHistory({ store, parse: parseCatalog }),
    create,
    log,
    next: (answer: RawCatalog) => answers.push(() => Promise.resolve(answer)),
    nextPending: () => {
      let settle: (answer: RawCatalog) => void = () => undefined;
      const pending = new Promise<RawCatalog>((resolve) => {
        settle = resolve;
      });
      answers.push(() => pending);
      return (answer: RawCatalog) => settle(answer);
    },
    pass: (ms: number) => {
      now += ms;
    },
    loads: () => loads,
    size: () => cache.peek()?.catalog.models.length ?? null,
  };
}

describe('the catalog cache', () => {
  it('says so where there has never been a catalog', async () => {
    const { cache } = await setUp();
    expect(cache.peek()).toBeNull();
    await expect(cache.get()).rejects.toMatchObject({ code: 'catalog_unavailable' });
  });

  it('is fresh for its age, then stale, and serves either at once', async () => {
    const t = await setUp();
    t.next(raw(listOf(4)));
    expect(await t.cache.get()).toMatchObject({ ageS: 0, stale: false });
    t.pass(5 * MINUTE);
    expect(t.cache.peek()).toMatchObject({ ageS: 300, stale: false });
    t.pass(1);
    expect(await t.cache.get()).toMatchObject({ stale: true });
    expect(t.loads()).toBe(1);
  });

  it('fetches once for any number of callers', async () => {
    const t = await setUp();
    const answer = t.nextPending();
    const callers = Promise.all(Array.from({ length: 50 }, () => t.cache.get()));
    answer(raw(listOf(4)));
    await callers;
    expect(t.loads()).toBe(1);
  });

  it.each<[string, unknown]>([
    ['HTML', '<html>'],
    ['nothing', null],
    ['an error envelope', { error: { message: 'no', code: 500 } }],
    ['an empty list', { data: [] }],
    ['a list of nonsense', { data: [1, {}, { id: 7 }] }],
    ['less than half the models', listOf(4)],
  ])('keeps the last good one when upstream sends %s', async (_name, models) => {
    const t = await setUp();
    t.next(raw(listOf(10)));
    await t.cache.refresh();
    t.next(raw(models));
    expect(await t.cache.refresh()).toBe(false);
    expect(t.size()).toBe(10);
  });

  it('takes half the models, and fewer once they have stayed that few', async () => {
    const t = await setUp();
    t.next(raw(listOf(10)));
    await t.cache.refresh();
    t.next(raw(listOf(5)));
    expect(await t.cache.refresh()).toBe(true);
    for (let i = 0; i < 11; i++) {
      t.next(raw(listOf(2)));
      expect(await t.cache.refresh()).toBe(false);
    }
    t.next(raw(listOf(2)));
    expect(await t.cache.refresh()).toBe(true);
    expect(t.size()).toBe(2);
  });

  it('drops malformed models and counts them, twins included', async () => {
    const t = await setUp();
    t.next(raw({ data: [...listOf(3).data, { id: 'no-author', name: 'x' }, { id: 'a/x' }, model('a/m0')] }));
    await t.cache.refresh();
    expect(t.cache.peek()?.catalog).toMatchObject({ dropped: 2 });
    expect(t.size()).toBe(4);
  });

  it('does not let a late answer overwrite a newer one', async () => {
    const t = await setUp();
    const late = t.nextPending();
    const first = t.cache.refresh();
    t.pass(MINUTE + 1);
    t.next(raw(listOf(4, 'new')));
    expect(await t.cache.refresh()).toBe(true);
    late(raw(listOf(4, 'old')));
    expect(await first).toBe(false);
    expect(t.cache.peek()?.catalog.models[0]?.id).toBe('a/new0');
  });

  it('keeps the modalities it knew where the second list cannot be had', async () => {
    const t = await setUp();
    const modalities = { data: [{ id: 'a/m0', architecture: { input_modalities: ['text', 'video'] } }] };
    t.next(raw(listOf(1), modalities));
    await t.cache.refresh();
    t.next(raw(listOf(1), null));
    await t.cache.refresh();
    expect(t.cache.peek()?.catalog.models[0]?.inputModalities).toEqual(['text', 'video']);
  });

  it('serves the last good one after a restart without upstream, and says that it is stale', async () => {
    const t = await setUp();
    t.next(raw(listOf(7)));
    await t.cache.refresh();
    t.pass(10 * MINUTE);
    const restarted = t.create();
    await restarted.start();
    expect(restarted.peek()).toMatchObject({ ageS: 600, stale: true });
    expect((await restarted.get()).catalog.models).toHaveLength(7);
    await restarted.stop();
  });

  it('records what each fetch changes, and nothing for the first', async () => {
    const t = await setUp();
    t.next(raw(listOf(3)));
    await t.cache.refresh();
    t.pass(1);
    t.next(
      raw({ data: [...listOf(2).data, { ...model('a/new'), pricing_skus: { duration_seconds: '0.1' } }] }),
    );
    await t.cache.refresh();
    t.pass(1);
    t.next(
      raw({ data: [...listOf(2).data, { ...model('a/new'), pricing_skus: { duration_seconds: '0.2' } }] }),
    );
    await t.cache.refresh();
    const changes = await t.history.list({ changedAt: 0, position: 0 }, 10);
    expect(changes.map(({ kind, modelId }) => `${kind} ${modelId}`)).toEqual([
      'removed a/m2',
      'added a/new',
      'changed a/new',
    ]);
    expect(changes[2]?.fields).toEqual([{ field: 'prices.duration_seconds', before: 0.1, after: 0.2 }]);
  });
});
