// The contract on forgetting: clips and requests go for good, the line of money stays, and none of it by half.

import { expect, it } from 'vitest';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import { createIdleJob, createJobIn, LEASE_MS, type StoreUnderTest } from './store-under-test.ts';

const FAR = 8_000_000_000_000;

async function store1(store: JobStore, jobId: string, bytes: number, index = 0): Promise<boolean> {
  const file = `${jobId}-${index}.mp4`;
  return store.saveOutput({ jobId, index, file, bytes, sha256: 'ab', contentType: 'video/mp4' });
}

const completed = (store: JobStore, outputCount = 1) =>
  createIdleJob(store, 'completed', {}, { outputCount });

const PICTURE = `data:image/png;base64,${'QUJD'.repeat(400_000)}`;
const request = (seed: number) => ({
  model: 'google/veo-3.1-lite',
  prompt: 'a secret fox',
  duration: 4,
  resolution: '720p',
  aspect_ratio: '16:9',
  generate_audio: false,
  seed,
  input_references: [{ type: 'image_url', image_url: { url: PICTURE } }],
  provider: { options: { someone: { note: 'a secret fox' } } },
});
const LEFT = {
  model: 'google/veo-3.1-lite',
  duration: 4,
  resolution: '720p',
  aspect_ratio: '16:9',
  generate_audio: false,
};

export function describeErasure(current: () => StoreUnderTest): void {
  it('counts clips, their bytes, and the jobs whose clips are still to come', async () => {
    const { store } = current();
    expect(await store.archiveStats()).toEqual({ clips: 0, bytes: 0, backlog: 0 });
    const two = await completed(store, 2);
    await store1(store, two, 3_000_000_000, 0);
    await store1(store, two, 4_000_000_000, 1);
    await store1(store, await completed(store), 5);
    const { lease } = await createJobIn(store, 'completed', {}, { outputCount: 1 });
    await store.saveStep(lease, {}, { keep: false, runInMs: 0 });
    await createJobIn(store, 'pending');
    expect(await store.archiveStats()).toEqual({ clips: 3, bytes: 7_000_000_005, backlog: 1 });
  });

  it('lists clips and requests by age, oldest first, a bounded number', async () => {
    const { store } = current();
    const jobs = [await completed(store, 2), await completed(store), await completed(store)] as const;
    const running = (await createJobIn(store, 'pending')).job.id;
    const failed = await createIdleJob(store, 'failed');
    await store1(store, jobs[0], 10, 0);
    await store1(store, jobs[0], 20, 1);
    await store1(store, jobs[2], 5);
    expect(await store.listOldestClips(FAR, 9)).toEqual([
      { jobId: jobs[0], bytes: 30 },
      { jobId: jobs[2], bytes: 5 },
    ]);
    expect(await store.listOldestClips(FAR, 1)).toEqual([{ jobId: jobs[0], bytes: 30 }]);
    expect(await store.listOldestClips(0, 9)).toEqual([]);
    expect(await store.countClips(FAR)).toEqual({ jobs: 2, bytes: 35 });
    expect(await store.countClips(0)).toEqual({ jobs: 0, bytes: 0 });
    expect(await store.countOldestClips(0)).toEqual({ jobs: 0, bytes: 0 });
    for (const bytes of [1, 30]) expect(await store.countOldestClips(bytes)).toEqual({ jobs: 1, bytes: 30 });
    for (const bytes of [31, 1_000])
      expect(await store.countOldestClips(bytes)).toEqual({ jobs: 2, bytes: 35 });
    expect(await store.countClipRemovals()).toEqual({ jobs: 0, bytes: 0 });
    expect(await store.listOldestBodies(FAR, 9)).toEqual([...jobs, failed]);
    expect(await store.listOldestBodies(FAR, 2)).toEqual([jobs[0], jobs[1]]);
    expect(await store.listOldestBodies(0, 2)).toEqual([]);
    expect(await store.countBodies(FAR)).toBe(4);
    expect((await store.findJob(running))?.clipsRemovedAt).toBeNull();
  });

  it('removes the clips of a job in steps, each of which can be repeated', async () => {
    const { store } = current();
    const job = await completed(store, 2);
    await store1(store, job, 10, 0);
    await store1(store, job, 20, 1);
    const before = await store.findJob(job);
    const files = [`${job}-0.mp4`, `${job}-1.mp4`];
    expect((await store.beginClipRemoval(job))?.toSorted()).toEqual(files);
    const after = await store.findJob(job);
    expect(after?.clipsRemovedAt).toBeGreaterThan(0);
    expect(after?.version).toBe((before?.version ?? 0) + 1);
    expect(await store.listOldestClips(FAR, 9)).toEqual([]);
    expect(await store.listClipRemovals(9)).toEqual([job]);
    expect(await store.countClipRemovals()).toEqual({ jobs: 1, bytes: 30 });
    expect(await store.countOldestClips(FAR)).toEqual({ jobs: 0, bytes: 0 });
    // As after a crash.
    expect((await store.beginClipRemoval(job))?.toSorted()).toEqual(files);
    expect((await store.findJob(job))?.clipsRemovedAt).toBe(after?.clipsRemovedAt);
    await store.endClipRemoval(job);
    expect(await store.getOutputs([job])).toEqual([]);
    expect(await store.listClipRemovals(9)).toEqual([]);
    expect(await store.beginClipRemoval(job)).toEqual([]);
    expect(await store.findJob(job)).toMatchObject({
      ...before,
      version: (before?.version ?? 0) + 1,
      updatedAt: expect.any(Number),
      clipsRemovedAt: expect.any(Number),
    });
  });

  it('takes no clip for a job whose clips were removed, and lets nobody go on fetching it', async () => {
    const { store } = current();
    const { job, lease } = await createJobIn(store, 'completed', {}, { outputCount: 1 });
    expect(await store.beginClipRemoval(job.id)).toEqual([]);
    expect(await store1(store, job.id, 10)).toBe(false);
    expect(await store.getOutputs([job.id])).toEqual([]);
    expect(await store.saveStep(lease, {}, { keep: false, runInMs: 0 })).toBeNull();
    expect(await store.claimDue('b', 9, LEASE_MS)).toEqual([]);
  });

  it('forgets nothing of a job that has not ended, or never was', async () => {
    const { store } = current();
    for (const status of ['queued', 'pending', 'submission_unknown'] as const) {
      const { job } = await createJobIn(store, status);
      expect(await store.beginClipRemoval(job.id)).toBeNull();
      expect(await store.eraseBody(job.id)).toBe(false);
      expect(await store.loadBody(job.id)).toEqual(job.request);
    }
    expect(await store.beginClipRemoval('job_none')).toBeNull();
    expect(await store.eraseBody('job_none')).toBe(false);
  });

  it('erases a request with its pictures at once, and keeps what the price depends on', async () => {
    const { store } = current();
    const { job } = await createJobIn(store, 'failed', { request: request(1) });
    expect(job.bodyHash).not.toBeNull();
    expect(await store.eraseBody(job.id)).toBe(true);
    const erased = await store.findJob(job.id);
    expect(erased).toMatchObject({
      request: { ...LEFT, seed: 1 },
      bodyHash: null,
      bodyErasedAt: expect.any(Number),
      estimatedMicroUsd: job.estimatedMicroUsd,
    });
    expect(JSON.stringify(erased)).not.toContain('secret fox');
    expect(await store.loadBody(job.id)).toEqual({ ...LEFT, seed: 1 });
    expect(await store.eraseBody(job.id)).toBe(false);
    expect(await store.listOldestBodies(FAR, 9)).toEqual([]);
    // The picture is not there to be purged an hour later: it is gone.
    await current().passTime(2 * 3_600_000);
    expect(await store.purgeBodies(10)).toBe(0);
  });

  it("erases what upstream said of the request, and keeps the code and the gateway's own words", async () => {
    const { store } = current();
    const errorOf = async (code: string) => {
      const error = { code, message: 'the words "a secret fox" are not allowed' };
      const { job } = await createJobIn(
        store,
        'failed',
        { request: request(1) },
        { error, statusDetail: 'fox' },
      );
      await store.eraseBody(job.id);
      const erased = await store.findJob(job.id);
      expect(erased?.statusDetail).toBeNull();
      return erased?.error;
    };
    for (const code of ['upstream_rejected', 'upstream_failed', 'upstream_unclear']) {
      expect(await errorOf(code)).toEqual({
        code,
        message: 'What OpenRouter said was erased with the request.',
      });
    }
    expect((await errorOf('store_unavailable'))?.message).toContain('not allowed');
  });

  it('keeps a body that another job has', async () => {
    const { store } = current();
    const one = (await createJobIn(store, 'failed', { request: request(7) })).job;
    const two = (await createJobIn(store, 'pending', { request: request(7) })).job;
    expect(two.bodyHash).toBe(one.bodyHash);
    await store.eraseBody(one.id);
    expect(await store.loadBody(two.id)).toEqual(request(7));
  });
}
