// The catalog's history: each change once, whoever saw it, between whichever replicas.

import { expect, it } from 'vitest';
import type { ModelChange } from '../../../src/core/catalog/catalog-changes.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const added = (modelId: string): ModelChange => ({ modelId, kind: 'added', fields: [] });
/** Documents here are lists of model ids. */
const diff = (after: string) => (before: string | null) => {
  const known = new Set(before === null ? [] : (JSON.parse(before) as string[]));
  return (JSON.parse(after) as string[]).filter((id) => !known.has(id)).map(added);
};
const EARLIEST = { changedAt: 0, position: 0 };

export function describeCatalogHistory(current: () => StoreUnderTest): void {
  it('records what differs from the catalog before, and keeps the newest', async () => {
    const { store, passTime } = current();
    expect(await store.saveCatalog('["a"]', () => [])).toEqual([]);
    await passTime(1_000);
    expect(await store.saveCatalog('["a","b","c"]', diff('["a","b","c"]'))).toEqual([added('b'), added('c')]);
    expect((await store.loadDocument('catalog'))?.json).toBe('["a","b","c"]');
    const changes = await store.listCatalogChanges(EARLIEST, 10);
    expect(changes).toEqual([
      { ...added('b'), changedAt: expect.any(Number), position: 0 },
      { ...added('c'), changedAt: expect.any(Number), position: 1 },
    ]);
    expect(await store.listCatalogChanges(EARLIEST, 1)).toHaveLength(1);
    expect(await store.listCatalogChanges(changes[0] ?? EARLIEST, 10)).toEqual(changes.slice(1));
    expect(await store.listCatalogChanges(EARLIEST, 10, 'c')).toEqual(changes.slice(1));
    expect(await store.listCatalogChanges(EARLIEST, 10, 'a')).toEqual([]);
  });

  it('records the same news once, from however many replicas', async () => {
    const { store, openReplica, passTime } = current();
    const replica = (await openReplica?.()) ?? store;
    await store.saveCatalog('["a"]', () => []);
    await passTime(1_000);
    const news = '["a","b"]';
    await Promise.all(
      Array.from({ length: 10 }, (_, i) => (i % 2 ? store : replica).saveCatalog(news, diff(news))),
    );
    expect(await store.listCatalogChanges(EARLIEST, 10)).toHaveLength(1);
  });

  it('records more changes than one statement may bring', async () => {
    const { store } = current();
    const changes = Array.from({ length: 8_000 }, (_, i) => added(`a/${i}`));
    await store.saveCatalog('[]', () => []);
    expect(await store.saveCatalog('["many"]', () => changes)).toHaveLength(8_000);
    const recorded = await store.listCatalogChanges(EARLIEST, 9_000);
    expect(recorded.map(({ modelId, position }) => [modelId, position])).toEqual(
      changes.map(({ modelId }, position) => [modelId, position]),
    );
  });

  it('keeps the old catalog where the changes cannot be worked out', async () => {
    const { store } = current();
    await store.saveCatalog('["a"]', () => []);
    const failing = store.saveCatalog('["b"]', () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect((await store.loadDocument('catalog'))?.json).toBe('["a"]');
  });
}
