// The contract on keys and clients: made once, changed on record, known to every replica at once.

import { expect, it } from 'vitest';
import { NO_LIMITS } from '../../../src/core/accounts/key.ts';
import type { NewKey } from '../../../src/store/ports/accounts.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const BY = { actor: 'alice', keyId: 'env_a1', requestId: 'req_1', reason: null };
const DAY_MS = 24 * 60 * 60 * 1000;

let count = 0;

function createRow(overrides: Partial<NewKey> = {}): NewKey {
  count += 1;
  return {
    id: `key_${String(count).padStart(8, '0')}`,
    client: 'studio',
    name: 'render farm',
    sha256: count.toString(16).padStart(64, '0'),
    last4: 'x7Qa',
    scopes: ['read', 'write'],
    models: { allow: ['google/*'] },
    limits: { ...NO_LIMITS, requestsPerMinute: 60 },
    expiresAt: null,
    ...overrides,
  };
}

const actsOn = async (store: JobStore, id: string) => {
  const object = { kind: 'key', id } as const;
  return store.listAudit({ since: null, actor: null, object, before: null, limit: 100 });
};

export function describeKeys(current: () => StoreUnderTest): void {
  it('makes a key and its client, and finds it by hash and id', async () => {
    const { store } = current();
    const { sha256, ...row } = createRow();
    const { kind, key } = await store.createKey({ sha256, ...row }, BY, null);
    expect(kind).toBe('created');
    expect(key).toEqual({
      ...row,
      line: row.id,
      createdAt: expect.any(Number),
      createdBy: 'alice',
      revokedAt: null,
      replacedBy: null,
      lastUsedOn: null,
    });
    expect(await store.findKey(sha256)).toEqual(key);
    expect(await store.getKey(row.id)).toEqual(key);
    expect(await store.findKey('f'.repeat(64))).toBeNull();
    expect(await store.getKey('key_none')).toBeNull();
    expect(await store.getClient('studio')).toMatchObject({
      name: 'studio',
      models: null,
      limits: NO_LIMITS,
    });
    const [act, ...more] = await actsOn(store, row.id);
    expect(more).toEqual([]);
    expect(act).toMatchObject({ ...BY, action: 'create', before: null, after: { client: 'studio' } });
    expect(JSON.stringify(act)).not.toContain(sha256);
  });

  it('makes no client of an operator', async () => {
    const { store } = current();
    await store.createKey(createRow({ client: 'bob', scopes: ['operator'] }), BY, null);
    await store.createKey(createRow({ client: 'eve', scopes: ['auditor'] }), BY, null);
    expect(await store.listClients({ after: null, limit: 10 })).toEqual([]);
  });

  it('refuses a hash that is taken, and leaves nothing of it', async () => {
    const { store } = current();
    const row = createRow();
    await store.createKey(row, BY, null);
    const again = createRow({ client: 'agency', sha256: row.sha256 });
    const idempotency = { key: 'k1', bodyHash: 'b1' };
    await expect(store.createKey(again, BY, idempotency)).rejects.toMatchObject({ code: 'sha256_taken' });
    expect(await store.getClient('agency')).toBeNull();
    expect(await actsOn(store, again.id)).toEqual([]);
    // The Idempotency-Key is free too.
    const other = createRow({ client: 'agency' });
    expect(await store.createKey(other, BY, idempotency)).toMatchObject({ kind: 'created' });
  });

  it('makes one key per Idempotency-Key of an actor, of many at once, for thirty days', async () => {
    const { store, openReplica, passTime } = current();
    const replica = (await openReplica?.()) ?? store;
    const idempotency = { key: 'k1', bodyHash: 'b1' };
    const made = await Promise.all(
      Array.from({ length: 10 }, (_, nth) =>
        (nth % 2 ? store : replica).createKey(createRow(), BY, idempotency),
      ),
    );
    expect(made.filter(({ kind }) => kind === 'created')).toHaveLength(1);
    expect(new Set(made.map(({ key }) => key.id)).size).toBe(1);
    expect(await store.listKeys({ client: null, before: null, limit: 100 })).toHaveLength(1);
    await expect(store.createKey(createRow(), BY, { key: 'k1', bodyHash: 'b2' })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
    const bob = { ...BY, actor: 'bob' };
    expect(await store.createKey(createRow(), bob, idempotency)).toMatchObject({ kind: 'created' });
    await passTime(30 * DAY_MS + 1);
    expect(await store.createKey(createRow(), BY, idempotency)).toMatchObject({ kind: 'created' });
  });

  it('rotates a key once: the old one ends after its grace, the new one is as long-lived', async () => {
    const { store } = current();
    const { key: old } = await store.createKey(createRow(), BY, null);
    const made = createRow();
    const { key } = await store.rotateKey(old.id, made, 60_000, BY, { key: 'r1', bodyHash: 'b' });
    expect(key).toMatchObject({
      id: made.id,
      client: 'studio',
      name: 'render farm',
      scopes: old.scopes,
      models: old.models,
      limits: old.limits,
      expiresAt: null,
    });
    const after = await store.getKey(old.id);
    expect(after?.replacedBy).toBe(key.id);
    expect((after?.expiresAt ?? 0) - old.createdAt).toBeGreaterThanOrEqual(60_000);
    expect(await store.rotateKey(old.id, createRow(), 1, BY, { key: 'r1', bodyHash: 'b' })).toEqual({
      kind: 'replayed',
      key,
    });
    const rotate = (id: string) => store.rotateKey(id, createRow(), 1, BY, null);
    await expect(rotate(old.id)).rejects.toMatchObject({ code: 'key_not_active' });
    await expect(rotate('key_none')).rejects.toMatchObject({ code: 'not_found' });
    await store.revokeKey(key.id, BY);
    await expect(rotate(key.id)).rejects.toMatchObject({ code: 'key_not_active' });
    expect(await store.listKeys({ client: 'studio', before: null, limit: 10 })).toHaveLength(2);
    const act = (await actsOn(store, old.id)).find(({ action }) => action === 'rotate');
    expect(act).toMatchObject({ before: { replacedBy: null }, after: { replacedBy: key.id } });
  });

  it('never makes a key live longer by rotating it', async () => {
    const { store } = current();
    const soon = Date.UTC(2100, 0, 1);
    const { key: old } = await store.createKey(createRow({ expiresAt: soon }), BY, null);
    const { key } = await store.rotateKey(old.id, createRow(), Number.MAX_SAFE_INTEGER / 2, BY, null);
    expect((await store.getKey(old.id))?.expiresAt).toBe(soon);
    // PostgreSQL's clock goes on from statement to statement.
    const longer = (key.expiresAt ?? 0) - key.createdAt - (soon - old.createdAt);
    expect(Math.abs(longer)).toBeLessThan(10_000);
  });

  it('changes what is named, on record with what it was', async () => {
    const { store } = current();
    const { key } = await store.createKey(createRow(), BY, null);
    const change = { name: null, models: null, limits: NO_LIMITS, expiresAt: 7 };
    expect(await store.updateKey(key.id, change, BY)).toEqual({ ...key, ...change });
    expect(await store.updateKey(key.id, {}, BY)).toEqual({ ...key, ...change });
    expect(await store.updateKey('key_none', change, BY)).toBeNull();
    const acts = await actsOn(store, key.id);
    const update = acts.filter(({ action }) => action === 'update');
    expect(update).toHaveLength(1);
    expect(update[0]).toMatchObject({ before: { name: 'render farm', expiresAt: null }, after: change });
  });

  it('revokes for good, once', async () => {
    const { store, passTime } = current();
    const { key } = await store.createKey(createRow(), BY, null);
    const revoked = await store.revokeKey(key.id, BY);
    expect(revoked?.revokedAt).toEqual(expect.any(Number));
    await passTime(1_000);
    expect(await store.revokeKey(key.id, BY)).toEqual(revoked);
    expect(await store.revokeKey('key_none', BY)).toBeNull();
    expect((await actsOn(store, key.id)).map(({ action }) => action)).toContain('revoke');
    expect(await actsOn(store, key.id)).toHaveLength(2);
  });

  it('notes the last day a key was used on, and no earlier one', async () => {
    const { store } = current();
    const { key } = await store.createKey(createRow(), BY, null);
    await store.noteKeyUse(key.id, '2026-11-28');
    await store.noteKeyUse(key.id, '2026-11-27');
    await store.noteKeyUse('key_none', '2026-11-27');
    expect((await store.getKey(key.id))?.lastUsedOn).toBe('2026-11-28');
  });

  it('lists keys newest first and clients by name, page after page', async () => {
    const { store } = current();
    const ids: string[] = [];
    for (const client of ['b', 'a', 'b']) {
      ids.unshift((await store.createKey(createRow({ client }), BY, null)).key.id);
    }
    const listed = async (client: string | null, before: string | null, limit: number) =>
      (await store.listKeys({ client, before, limit })).map(({ id }) => id);
    expect(await listed(null, null, 2)).toEqual(ids.slice(0, 2));
    expect(await listed(null, ids[1] ?? null, 2)).toEqual(ids.slice(2));
    expect(await listed('b', null, 9)).toEqual([ids[0], ids[2]]);
    expect((await store.listClients({ after: null, limit: 1 })).map(({ name }) => name)).toEqual(['a']);
    expect((await store.listClients({ after: 'a', limit: 9 })).map(({ name }) => name)).toEqual(['b']);
  });

  it('puts a client: makes it, then changes what is named', async () => {
    const { store } = current();
    const limits = { ...NO_LIMITS, maxRunningJobs: 3 };
    const first = await store.putClient('studio', { limits }, BY);
    expect(first).toMatchObject({ created: true, client: { limits, models: null, callbackSecrets: [] } });
    const secret = { id: 'secret_1', sealed: 'sealed-canary', createdAt: 1 };
    const change = { models: { deny: ['a/*'] }, callbackSecrets: [secret] };
    const second = await store.putClient('studio', change, BY);
    expect(second).toMatchObject({ created: false, client: { limits, ...change } });
    expect(await store.getClient('studio')).toEqual(second.client);
    const object = { kind: 'client', id: 'studio' } as const;
    const acts = await store.listAudit({ since: null, actor: null, object, before: null, limit: 10 });
    expect(acts.map(({ action }) => action).sort()).toEqual(['create', 'update']);
    expect(JSON.stringify(acts)).not.toContain('sealed-canary');
    expect(JSON.stringify(acts)).toContain('secret_1');
  });

  it('tells every replica that keys or clients changed', async () => {
    const { store, openReplica } = current();
    const replica = (await openReplica?.()) ?? store;
    let heard = 0;
    const unsubscribe = replica.onAccountsChanged(() => {
      heard += 1;
    });
    const heardAfter = async (act: () => Promise<unknown>) => {
      const before = heard;
      await act();
      await expect.poll(() => heard, { timeout: 10_000, interval: 5 }).toBeGreaterThan(before);
    };
    const { key } = await store.createKey(createRow(), BY, null);
    await heardAfter(() => store.updateKey(key.id, { name: 'x' }, BY));
    await heardAfter(() => store.revokeKey(key.id, BY));
    await heardAfter(() => store.putClient('studio', {}, BY));
    unsubscribe();
  });
}
