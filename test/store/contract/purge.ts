// The contract on what is removed: only what is dead, no more at once than was asked, whoever else removes some too.

import { expect, it } from 'vitest';
import type { JobObservation } from '../../../src/core/learning/observation.ts';
import { createIntent, expectCreated, LEASE_MS, type StoreUnderTest } from './store-under-test.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

const withKey = (key: string, bodyHash = 'b') => createIntent({ idempotency: { key, bodyHash } });

const seen = (jobId: string, endedAt: number): JobObservation => ({
  jobId,
  model: 'a/b',
  status: 'completed',
  endedAt,
  tookMs: 1,
  durationS: 4,
  resolution: null,
  sound: null,
  listMicroUsd: null,
  billedMicroUsd: null,
  isByok: null,
  clientId: null,
  priceKind: null,
});

export function describePurge(current: () => StoreUnderTest): void {
  it('leaves a key for as long as it may answer with its job', async () => {
    const { store, passTime } = current();
    const { job } = expectCreated(await store.createJob(withKey('k'), 'a', LEASE_MS));
    await passTime(60 * DAY_MS - 60_000);
    expect(await store.purgeKeys(100)).toBe(0);
    expect(await store.findIdempotent('studio', 'k')).toMatchObject({ job: { id: job.id } });
    // A clock that is ahead by a month, and is mended: what was free meanwhile answers again.
    await passTime(29 * DAY_MS);
    expect(await store.findIdempotent('studio', 'k')).toBeNull();
    expect(await store.purgeKeys(100)).toBe(0);
    await passTime(-29 * DAY_MS);
    expect(await store.findIdempotent('studio', 'k')).toMatchObject({ job: { id: job.id } });
    // Free by its age, and used anew: it lives again.
    await passTime(2 * DAY_MS);
    expect(await store.findIdempotent('studio', 'k')).toBeNull();
    const { job: next } = expectCreated(await store.createJob(withKey('k'), 'a', LEASE_MS));
    expect(await store.purgeKeys(100)).toBe(0);
    expect(await store.findIdempotent('studio', 'k')).toMatchObject({ job: { id: next.id } });
  });

  it('removes dead keys oldest first, no more than asked, and no job with them', async () => {
    const { store, passTime } = current();
    const ids: string[] = [];
    for (const key of ['a', 'b', 'c']) {
      ids.push(expectCreated(await store.createJob(withKey(key), 'a', LEASE_MS)).job.id);
    }
    await passTime(91 * DAY_MS);
    expectCreated(await store.createJob(withKey('young'), 'a', LEASE_MS));
    expect(await store.purgeKeys(2)).toBe(2);
    expect(await store.purgeKeys(2)).toBe(1);
    expect(await store.purgeKeys(2)).toBe(0);
    expect(await store.findIdempotent('studio', 'young')).not.toBeNull();
    for (const id of ids) expect(await store.getJob(id, 'studio')).not.toBeNull();
    // As free as it was before: another body is welcome.
    expectCreated(await store.createJob(withKey('a', 'another'), 'a', LEASE_MS));
  });

  it('removes each once, and keeps out of the way of those who use one again', async () => {
    const { store, passTime, openReplica } = current();
    const replica = (await openReplica?.()) ?? store;
    const keys = Array.from({ length: 60 }, (_, index) => `k${index}`);
    for (const key of keys) await store.createJob(withKey(key), 'a', LEASE_MS);
    await passTime(91 * DAY_MS);
    const [purged, made] = await Promise.all([
      Promise.all(Array.from({ length: 12 }, (_, i) => (i % 2 ? store : replica).purgeKeys(10))),
      Promise.all(keys.map((key, i) => (i % 2 ? replica : store).createJob(withKey(key), 'a', LEASE_MS))),
    ]);
    expect(purged.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(60);
    // Whoever came first, the key is free, is used, and then answers with the job it was used for.
    const created = made.map((result) => expectCreated(result).job.id);
    await store.purgeKeys(100);
    const found = await Promise.all(keys.map((key) => store.findIdempotent('studio', key)));
    expect(found.map((one) => one?.job.id)).toEqual(created);
  });

  it('removes observations of what ended before, no more than asked', async () => {
    const { store } = current();
    for (let at = 1; at <= 5; at += 1) await store.saveObservation(seen(`job_${at}`, at));
    expect(await store.purgeObservations(4, 2)).toBe(2);
    expect((await store.listObservations(0, 10)).map(({ endedAt }) => endedAt)).toEqual([5, 4, 3]);
    expect(await store.purgeObservations(4, 2)).toBe(1);
    expect(await store.purgeObservations(4, 2)).toBe(0);
    expect((await store.listObservations(0, 10)).map(({ endedAt }) => endedAt)).toEqual([5, 4]);
  });
}
