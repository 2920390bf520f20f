// The contract on sending an intent again: of all jobs made of it one at a time may be bought, whatever key asks.

import { expect, it } from 'vitest';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import type { StoreUnderTest } from './store-under-test.ts';
import { createIdleJob, createIntent, createJobIn, expectCreated, LEASE_MS } from './store-under-test.ts';

const K1 = { key: 'order-7', bodyHash: 'hash-of-body' };
const DOUBLE_CHARGE = { code: 'double_charge_not_accepted' };

const create = (store: JobStore, overrides: Parameters<typeof createIntent>[0]) =>
  store.createJob(createIntent(overrides), 'a', LEASE_MS);

/** As a client's call without a key of its own. */
const again = (jobId: string, key = `resubmit ${jobId}`) => ({
  resubmitOf: jobId,
  idempotency: { key, bodyHash: `again ${jobId}` },
});

const refuse = async (store: JobStore, result: Awaited<ReturnType<typeof create>>) => {
  const { lease } = expectCreated(result);
  await store.saveStep(lease, { status: 'rejected' }, { keep: false, runInMs: null });
  return lease.jobId;
};

export function describeResubmissions(current: () => StoreUnderTest): void {
  it('answers the key of a refused job with the job that was sent in its place', async () => {
    const { store } = current();
    const a = await createIdleJob(store, 'rejected', { idempotency: K1 });
    expect(await store.findIdempotent('studio', K1.key)).toBeNull();
    const { job: b } = expectCreated(await create(store, again(a)));
    expect(await create(store, { idempotency: K1 })).toEqual({ kind: 'replayed', job: b });
    expect(await store.findIdempotent('studio', K1.key)).toEqual({ job: b, bodyHash: K1.bodyHash });
    expect(await create(store, { idempotency: { ...K1, bodyHash: 'edited' } })).toEqual({
      kind: 'key_reused',
      jobId: b.id,
    });
    expect(await store.findReplacements([a, b.id, 'job_none'])).toEqual(new Map([[a, b]]));
  });

  it('makes no second job in its place, and leaves the key of the attempt free', async () => {
    const { store } = current();
    const a = await createIdleJob(store, 'rejected');
    expectCreated(await create(store, again(a)));
    await expect(create(store, again(a, 'mine'))).rejects.toMatchObject(DOUBLE_CHARGE);
    await expect(create(store, { resubmitOf: a })).rejects.toMatchObject(DOUBLE_CHARGE);
    expect(await store.findIdempotent('studio', 'mine')).toBeNull();
    expectCreated(await create(store, { ...again(a, 'mine'), acceptDoubleCharge: true }));
  });

  it('takes a retry under the freed key for the same intent, and another body for another', async () => {
    const { store } = current();
    const a = await createIdleJob(store, 'rejected', { idempotency: K1 });
    const { job: b } = expectCreated(await create(store, { idempotency: K1 }));
    expect(b.resubmitOf).toBe(a);
    await expect(create(store, again(a))).rejects.toMatchObject(DOUBLE_CHARGE);

    const other = { ...K1, key: 'order-8' };
    const c = await createIdleJob(store, 'rejected', { idempotency: other });
    const edited = expectCreated(await create(store, { idempotency: { ...other, bodyHash: 'edited' } }));
    expect(edited.job.resubmitOf).toBeNull();
    expectCreated(await create(store, again(c)));
  });

  it('is free again once the job in its place was refused as well, and for one job again', async () => {
    const { store } = current();
    const a = await createIdleJob(store, 'rejected', { idempotency: K1 });
    const b = await refuse(store, await create(store, again(a)));
    expect(await store.findIdempotent('studio', K1.key)).toBeNull();
    const { job: c } = expectCreated(await create(store, again(a)));
    expect(c.resubmitOf).toBe(a);
    // A sister of B: B has nothing to do with her but the intent.
    await expect(create(store, again(b))).rejects.toMatchObject(DOUBLE_CHARGE);
    expect(await create(store, { idempotency: K1 })).toEqual({ kind: 'replayed', job: c });
    expect(await create(store, again(a))).toEqual({ kind: 'replayed', job: c });
  });

  it('follows a chain of refusals to its end', async () => {
    const { store } = current();
    const a = await createIdleJob(store, 'rejected', { idempotency: K1 });
    const b = await refuse(store, await create(store, again(a)));
    const c = await refuse(store, await create(store, again(b)));
    const { job: d } = expectCreated(await create(store, again(c)));
    expect(await create(store, { idempotency: K1 })).toEqual({ kind: 'replayed', job: d });
    for (const key of [a, b]) {
      expect(await create(store, again(key))).toEqual({ kind: 'replayed', job: d });
      await expect(create(store, again(key, 'mine'))).rejects.toMatchObject(DOUBLE_CHARGE);
    }
    expect((await store.findReplacements([a, b, c, d.id])).size).toBe(3);
  });

  it('does not count what a job was knowingly made in place of', async () => {
    const { store } = current();
    const { job: a } = await createJobIn(store, 'submission_unknown', { idempotency: K1 });
    const b = await refuse(store, await create(store, { ...again(a.id), acceptDoubleCharge: true }));
    expectCreated(await create(store, again(b)));
    expect(await create(store, { idempotency: K1 })).toEqual({ kind: 'replayed', job: a });
  });

  it.each(['two ways of sending again', 'a retry and a sending again'])(
    'makes exactly one job where many race: %s',
    async (way) => {
      const { store, openReplica } = current();
      const stores = [store, (await openReplica?.()) ?? store];
      for (let round = 0; round < 5; round++) {
        const key = { ...K1, key: `order ${round}` };
        const a = await createIdleJob(store, 'rejected', { idempotency: key });
        const retry = way.startsWith('a retry') ? { idempotency: key } : again(a, `mine ${round}`);
        const settled = await Promise.allSettled(
          Array.from({ length: 20 }, (_, i) => create(stores[i % 2]!, i % 4 < 2 ? retry : again(a))),
        );
        const results = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
        const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
        const created = results.filter(({ kind }) => kind === 'created');
        expect(created).toHaveLength(1);
        const { job } = expectCreated(created[0]!);
        for (const result of results) {
          if (result.kind !== 'created') expect(result).toEqual({ kind: 'replayed', job });
        }
        for (const error of refused) expect(error).toMatchObject(DOUBLE_CHARGE);
      }
    },
  );

  it.each([
    ['failed without a word of a bill', null, false],
    ['failed and was billed 0', 0, true],
  ])('frees the key of a refused job as its earlier attempt demands: one that %s', async (_, bill, free) => {
    const { store } = current();
    const other = { model: 'b/two', request: { model: 'b/two' }, nonce: `other ${bill}`.padEnd(32, '.') };
    const price = { expectedMs: 1, estimatedMicroUsd: 1, listMicroUsd: 1, highMicroUsd: 1 };
    const fallback = {
      maxAttempts: 2,
      maxTotalMicroUsd: 9,
      highMicroUsd: 1,
      others: [{ ...other, ...price }],
    };
    const keep = { keep: true, leaseMs: LEASE_MS } as const;
    const { job, lease } = await createJobIn(store, 'pending', { idempotency: K1, fallback });
    await store.beginAttempt(lease, { status: 'failed', actualMicroUsd: bill }, 2, keep);
    await store.saveStep(lease, { status: 'submitting' }, keep);
    await store.saveStep(lease, { status: 'rejected' }, { keep: false, runInMs: null });
    expect((await store.findIdempotent('studio', K1.key))?.job.id).toBe(free ? undefined : job.id);
    expect((await create(store, { idempotency: K1 })).kind).toBe(free ? 'created' : 'replayed');
  });
}
