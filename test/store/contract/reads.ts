// The contract on reads: one client's own jobs, in order, with the archive's and the catalog's records.

import { expect, it } from 'vitest';
import type { StoredOutput } from '../../../src/core/job/job.ts';
import type { ListQuery } from '../../../src/store/ports/jobs.ts';
import type { StoreUnderTest } from './store-under-test.ts';
import { createClaim, createIdleJob, createJobIn, LEASE_MS, LIST_ALL } from './store-under-test.ts';

const ALL: ListQuery = { ...LIST_ALL, clientId: 'studio' };

const createOutput = (jobId: string, index: number, file = `${jobId}-${index}.mp4`): StoredOutput => ({
  jobId,
  index,
  file,
  bytes: 1_234_567,
  sha256: 'ab'.repeat(32),
  contentType: 'video/mp4',
});

export function describeReads(current: () => StoreUnderTest): void {
  it('shows a client its own jobs alone', async () => {
    const { store } = current();
    const { job } = await createJobIn(store, 'pending', {}, { upstreamId: 'gen-vid-9' });
    expect(await store.getJob(job.id, 'studio')).toEqual(job);
    expect(await store.getJobByUpstreamId('gen-vid-9', 'studio')).toEqual(job);
    expect(await store.getJob(job.id, 'agency')).toBeNull();
    expect(await store.getJobByUpstreamId('gen-vid-9', 'agency')).toBeNull();
    expect(await store.getJob('job_none', 'studio')).toBeNull();
    expect(await store.getJobByUpstreamId('gen-vid-none', 'studio')).toBeNull();
    expect(await store.listJobs({ ...ALL, clientId: 'agency' })).toEqual([]);
  });

  it('lists newest first, page after page, without gap or repeat', async () => {
    const { store, passTime } = current();
    const ids: string[] = [];
    for (let i = 0; i < 7; i += 1) {
      ids.unshift((await createClaim(store)).job.id);
      // Some in the same millisecond, some not.
      if (i % 3 === 0) await passTime(5);
    }
    await createClaim(store, { clientId: 'agency' });

    const paged: string[] = [];
    for (let before: string | null = null; ; ) {
      const page = await store.listJobs({ ...ALL, limit: 3, before });
      paged.push(...page.map((job) => job.id));
      before = page.at(-1)?.id ?? null;
      if (page.length < 3) break;
    }
    expect(paged).toEqual(ids);
  });

  it('narrows a list by status and model', async () => {
    const { store } = current();
    const model = 'bytedance/seedance-2.0';
    const a = await createIdleJob(store, 'completed');
    const b = await createIdleJob(store, 'completed', { model });
    const c = await createIdleJob(store, 'pending', { model });
    const idsOf = async (query: Partial<ListQuery>): Promise<string[]> =>
      (await store.listJobs({ ...ALL, ...query })).map((job) => job.id);
    expect(await idsOf({ statuses: ['completed'] })).toEqual([b, a]);
    expect(await idsOf({ model })).toEqual([c, b]);
    expect(await idsOf({ model, statuses: ['completed'] })).toEqual([b]);
    expect(await idsOf({ model, before: c })).toEqual([b]);
    expect(await idsOf({ statuses: ['failed'] })).toEqual([]);
  });

  it('shows an operator the jobs of every client, newest first', async () => {
    const { store } = current();
    const a = await createIdleJob(store, 'submission_unknown');
    const b = await createIdleJob(store, 'submission_unknown', { clientId: 'agency' });
    const c = await createIdleJob(store, 'pending', { clientId: 'agency' });
    const every = { ...ALL, clientId: null };
    const idsOf = async (query: Partial<ListQuery>): Promise<string[]> =>
      (await store.listJobs({ ...every, ...query })).map((job) => job.id);
    expect(await idsOf({})).toEqual([c, b, a]);
    expect(await idsOf({ statuses: ['submission_unknown'] })).toEqual([b, a]);
    expect(await idsOf({ statuses: ['pending'] })).toEqual([c]);
    expect(await idsOf({ limit: 1, before: c })).toEqual([b]);
    expect(await store.findJob(b)).toEqual(await store.getJob(b, 'agency'));
    expect(await store.findJob('job_none')).toBeNull();
  });

  it('lists nothing behind a cursor that is not the client’s', async () => {
    const { store } = current();
    await createClaim(store);
    const foreign = await createClaim(store, { clientId: 'agency' });
    expect(await store.listJobs({ ...ALL, before: 'job_none' })).toEqual([]);
    expect(await store.listJobs({ ...ALL, before: foreign.job.id })).toEqual([]);
  });

  it('keeps each output of a job once, under its last name', async () => {
    const { store } = current();
    const two = await createIdleJob(store, 'completed', {}, { outputCount: 2 });
    const one = await createIdleJob(store, 'completed', {}, { outputCount: 1 });
    await store.saveOutput(createOutput(two, 1, 'first.mp4'));
    await store.saveOutput(createOutput(two, 1));
    await store.saveOutput(createOutput(one, 0));
    await store.saveOutput(createOutput(two, 0));
    expect(await store.getOutputs([two])).toEqual([createOutput(two, 0), createOutput(two, 1)]);
    expect(await store.getOutputs([one, 'job_none'])).toEqual([createOutput(one, 0)]);
    expect(await store.getOutputs(['job_none'])).toEqual([]);
  });

  it('finds the job a key stands for until the key is free again', async () => {
    const { store, passTime } = current();
    const idempotency = { key: 'k1', bodyHash: 'h1' };
    const claim = await createClaim(store, { idempotency });
    const { clientId, id } = claim.job;
    expect(await store.findIdempotent(clientId, 'k1')).toMatchObject({ job: { id }, bodyHash: 'h1' });
    expect(await store.findIdempotent(clientId, 'k2')).toBeNull();
    expect(await store.findIdempotent('agency', 'k1')).toBeNull();
    await store.saveStep(claim.lease, { status: 'rejected' }, { keep: false, runInMs: null });
    expect(await store.findIdempotent(clientId, 'k1')).toBeNull();

    const again = await createClaim(store, { idempotency });
    expect(await store.findIdempotent(clientId, 'k1')).toMatchObject({ job: { id: again.job.id } });
    await passTime(60 * 24 * 60 * 60 * 1000 + 1);
    expect(await store.findIdempotent(clientId, 'k1')).toBeNull();
  });

  it('lists oldest first where asked, from one job on, and leaves out what its client removed from its videos', async () => {
    const { store, passTime } = current();
    const ids: string[] = [];
    for (let i = 0; i < 4; i++) {
      ids.push(await createIdleJob(store, i === 3 ? 'pending' : 'completed'));
      await passTime(5);
    }
    const query = {
      ...{ limit: 10, before: null, statuses: [], model: null, tag: null, reference: null, keyId: null },
      ...{ since: null, until: null, order: 'oldest' as const },
    };
    const [first = '', second = '', third = '', running = ''] = ids;
    const list = async (more: object, clientId: string | null) =>
      (await store.listJobs({ ...query, clientId, ...more })).map(({ id }) => id);
    for (const clientId of ['studio', null]) {
      expect(await list({}, clientId)).toEqual(ids);
      expect(await list({ before: second }, clientId)).toEqual([third, running]);
    }
    expect(await store.hideJob(second, 'agency')).toBe(false);
    expect(await store.hideJob(running, 'studio')).toBe(false);
    expect(await store.hideJob(second, 'studio')).toBe(true);
    expect((await store.getJob(second, 'studio'))?.hiddenAt).not.toBeNull();
    for (const clientId of ['studio', null]) {
      expect(await list({ listedOnly: true }, clientId)).toEqual([first, third, running]);
      expect(await list({ listedOnly: true, order: 'newest' }, clientId)).toEqual([running, third, first]);
      expect(await list({}, clientId)).toEqual(ids);
    }
  });

  it('counts jobs that run and jobs that have ended since a time, of all clients or of one', async () => {
    const { store } = current();
    await createIdleJob(store, 'in_progress');
    await createIdleJob(store, 'in_progress', { clientId: 'agency' });
    await createIdleJob(store, 'submission_unknown');
    await createIdleJob(store, 'completed', {}, { finishedAt: 5_000 });
    await createIdleJob(store, 'completed', { clientId: 'agency' }, { finishedAt: 9_000 });
    await createIdleJob(store, 'failed', {}, { finishedAt: 9_000 });
    expect(Object.fromEntries(await store.countOpenJobs())).toEqual({
      in_progress: 2,
      submission_unknown: 1,
    });
    expect(Object.fromEntries(await store.countOpenJobs('agency'))).toEqual({ in_progress: 1 });
    expect(Object.fromEntries(await store.countEndedJobs(null, 5_000))).toEqual({ completed: 2, failed: 1 });
    expect(Object.fromEntries(await store.countEndedJobs(null, 5_001))).toEqual({ completed: 1, failed: 1 });
    expect(Object.fromEntries(await store.countEndedJobs('studio', 0))).toEqual({ completed: 1, failed: 1 });
  });

  it('refuses an output of a job that never was', async () => {
    const { store } = current();
    await expect(store.saveOutput(createOutput('job_none', 0))).rejects.toThrow();
  });

  it('keeps the last document saved under a key', async () => {
    const { store, passTime } = current();
    expect(await store.loadDocument('catalog')).toBeNull();
    await store.saveDocument('catalog', '{"models":1}');
    const first = await store.loadDocument('catalog');
    expect(first?.json).toBe('{"models":1}');
    await passTime(5);
    await store.saveDocument('catalog', '{"models":2}');
    const second = await store.loadDocument('catalog');
    expect(second?.json).toBe('{"models":2}');
    expect(Number.isInteger(second?.savedAt)).toBe(true);
    expect(await store.loadDocument('other')).toBeNull();
  });

  it('answers a ping, and refuses to write once closed', async () => {
    const { store } = current();
    await store.ping();
    await store.close();
    await store.close();
    await expect(store.ping()).rejects.toThrow();
    await expect(store.saveDocument('catalog', '{}')).rejects.toThrow();
    await expect(store.claimDue('a', 1, LEASE_MS)).rejects.toThrow();
  });
}
