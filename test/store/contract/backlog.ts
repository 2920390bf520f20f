// The contract on what waits: due and held by no process, counted with how long the oldest has waited.

import { expect, it } from 'vitest';
import { createIdleJob, createJobIn, LEASE_MS, type StoreUnderTest } from './store-under-test.ts';

const MINUTE = 60_000;
const URL = 'https://hooks.example.com/clips';

export function describeBacklog(current: () => StoreUnderTest): void {
  const read = () => current().store.readBacklog(30 * MINUTE);
  const minutes = (ms: number) => Math.floor(ms / MINUTE);

  it('is nothing in an empty store, nor what is held, nor what is due later', async () => {
    const nothing = { due: 0, oldestMs: 0 };
    expect(await read()).toEqual({ steps: nothing, callbacks: nothing, clips: { late: 0, oldestMs: 0 } });
    const { store } = current();
    await createJobIn(store, 'pending');
    const { lease } = await createJobIn(store, 'pending');
    await store.saveStep(lease, {}, { keep: false, runInMs: LEASE_MS });
    expect((await read()).steps).toEqual(nothing);
  });

  it('is every step that is due, by the oldest', async () => {
    const { store, passTime } = current();
    for (const status of ['pending', 'in_progress'] as const) {
      const { lease } = await createJobIn(store, status);
      await store.saveStep(lease, {}, { keep: false, runInMs: 0 });
      await passTime(3 * MINUTE);
    }
    const { steps } = await read();
    expect([steps.due, minutes(steps.oldestMs)]).toEqual([2, 6]);
  });

  it('is every callback that is due, not one that is held or waits for its next attempt', async () => {
    const { store, passTime } = current();
    const ids = [];
    for (let n = 0; n < 3; n++) ids.push(await createIdleJob(store, 'completed', { callbackUrl: URL }));
    await store.raiseCallbacks(ids);
    await passTime(6 * MINUTE);
    const before = (await read()).callbacks;
    expect([before.due, minutes(before.oldestMs)]).toEqual([3, 6]);
    const [claim] = await store.claimCallbacks('a', 1, LEASE_MS, []);
    expect((await read()).callbacks.due).toBe(2);
    if (!claim) throw new Error('no callback was claimed');
    await store.settleCallback(claim.lease, { state: 'pending', error: 'x', retryInMs: 60 * MINUTE });
    expect((await read()).callbacks.due).toBe(2);
  });

  it('is every clip that is not stored, late by the end of its job, until it is stored or given up', async () => {
    const { store } = current();
    const now = await readClock();
    await createIdleJob(store, 'completed', {}, { finishedAt: now - 60 * MINUTE });
    const waitFor = async (finishedAt: number) => {
      const { lease } = await createJobIn(store, 'completed', {}, { finishedAt });
      await store.saveStep(lease, {}, { keep: false, runInMs: 0 });
    };
    await waitFor(now - 29 * MINUTE);
    expect((await read()).clips.late).toBe(0);
    await waitFor(now - 31 * MINUTE);
    const { late, oldestMs } = (await read()).clips;
    expect([late, minutes(oldestMs)]).toEqual([1, 31]);
    for (const { lease } of await store.claimDue('a', 9, LEASE_MS))
      await store.saveStep(lease, {}, { keep: false, runInMs: null });
    expect((await read()).clips).toEqual({ late: 0, oldestMs: 0 });
  });

  /** The store's own time, as it writes it. */
  async function readClock(): Promise<number> {
    const { job, lease } = await createJobIn(current().store, 'failed');
    await current().store.saveStep(lease, {}, { keep: false, runInMs: null });
    return job.updatedAt;
  }
}
