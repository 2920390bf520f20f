// The contract on noting that a client has read how its job ended.

import { expect, it } from 'vitest';
import { createIntent, expectCreated, LEASE_MS, type StoreUnderTest } from './store-under-test.ts';

export function describeReadEnds(current: () => StoreUnderTest): void {
  it('is noted once, and changes nothing that is seen of the job', async () => {
    const { store } = current();
    const { job } = expectCreated(await store.createJob(createIntent(), 'a', LEASE_MS));
    const before = await store.findJob(job.id);
    expect(await store.noteEndRead(job.id)).toBe(true);
    expect(await store.noteEndRead(job.id)).toBe(false);
    expect(await store.noteEndRead('job_unknown')).toBe(false);
    expect(await store.findJob(job.id)).toEqual(before);
  });
}
