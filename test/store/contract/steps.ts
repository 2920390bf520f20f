// The contract on steps: forward only, fenced, versioned; and an upstream id that outranks any lease.

import { expect, it } from 'vitest';
import type { JobChange } from '../../../src/core/job/job.ts';
import { isTerminal, JOB_STATUSES, mayMove } from '../../../src/core/job/job.ts';
import type { StoreUnderTest } from './store-under-test.ts';
import { createClaim, createIntent, createJobIn, expectCreated, LEASE_MS } from './store-under-test.ts';

const KEEP = { keep: true, leaseMs: LEASE_MS } as const;
const bound = { upstreamId: 'gen-vid-1', generationId: 'gen-1' };

export function describeSteps(current: () => StoreUnderTest): void {
  it('saves every field of a change, one version per step, and leaves the rest', async () => {
    const { store, passTime } = current();
    const { job, lease } = await createClaim(store);
    await passTime(50);
    const change: JobChange = {
      status: 'submitting',
      submittedAt: 1_763_000_000_000,
      actualMicroUsd: 4_536,
      isByok: false,
      upstreamId: 'gen-vid-1',
      generationId: 'gen-1',
      outputCount: 2,
      submitAttempts: 1,
      polls: 3,
      missingSince: 1_763_000_000_001,
      missingPolls: 2,
      error: { code: 'moderated', message: 'Said “no”.' },
    };
    const saved = await store.saveStep(lease, change, KEEP);
    expect(saved).toEqual({ ...job, ...change, version: 2, updatedAt: saved?.updatedAt });
    expect(await store.getJob(job.id, 'studio')).toEqual(saved);

    const cleared: JobChange = {
      actualMicroUsd: null,
      isByok: null,
      generationId: null,
      missingSince: null,
      error: null,
    };
    const third = await store.saveStep(lease, cleared, KEEP);
    expect(third).toEqual({ ...saved, ...cleared, version: 3, updatedAt: third?.updatedAt });
  });

  it.each(JOB_STATUSES)('moves a job that is %s forward only', async (from) => {
    const { store } = current();
    for (const to of JOB_STATUSES) {
      const { job, lease } = await createJobIn(store, from);
      const step = store.saveStep(lease, { status: to, polls: 1 }, KEEP);
      if (from === to || mayMove(from, to)) {
        expect(await step).toMatchObject({ status: to, polls: 1, version: job.version + 1 });
      } else {
        await expect(step).rejects.toThrow(`is ${from} and cannot become ${to}`);
        expect(await store.getJob(job.id, 'studio')).toEqual(job);
      }
    }
  });

  it('says when a job ended, once', async () => {
    const { store, passTime } = current();
    const { job, lease } = await createJobIn(store, 'completed');
    expect(job.finishedAt).toBe(job.updatedAt);
    await passTime(1000);
    const later = await store.saveStep(lease, { status: 'completed', outputCount: 1 }, KEEP);
    expect(later).toMatchObject({ finishedAt: (await store.getJob(job.id, 'studio'))?.finishedAt });
    expect(later?.finishedAt).toBeLessThanOrEqual(later!.updatedAt);

    const told = await createJobIn(store, 'failed', {}, { finishedAt: 123 });
    expect(told.job.finishedAt).toBe(123);
    expect((await createJobIn(store, 'in_progress')).job.finishedAt).toBeNull();
  });

  it('accepts one of many racing steps that exclude each other', async () => {
    const { store } = current();
    const { lease } = await createJobIn(store, 'pending');
    const ends = JOB_STATUSES.filter((status) => isTerminal(status) && mayMove('pending', status));
    const settled = await Promise.allSettled(ends.map((status) => store.saveStep(lease, { status }, KEEP)));
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('answers null for a job or a holder that is not there', async () => {
    const { store } = current();
    const { lease } = await createClaim(store);
    for (const wrong of [{ jobId: 'job_none' }, { owner: 'b' }, { token: lease.token + 1 }]) {
      expect(await store.saveStep({ ...lease, ...wrong }, { polls: 1 }, KEEP)).toBeNull();
    }
    await store.saveStep(lease, {}, { keep: false, runInMs: 1000 });
    expect(await store.saveStep(lease, { polls: 1 }, KEEP)).toBeNull();
  });

  it('never changes the upstream id of a bound job', async () => {
    const { store } = current();
    const { lease } = await createJobIn(store, 'pending', {}, { upstreamId: 'gen-vid-1' });
    const refused = /bound to gen-vid-1/;
    await expect(store.saveStep(lease, { upstreamId: 'gen-vid-2' }, KEEP)).rejects.toThrow(refused);
    await expect(store.saveStep(lease, { upstreamId: null }, KEEP)).rejects.toThrow(refused);
    expect(await store.saveStep(lease, { upstreamId: 'gen-vid-1' }, KEEP)).not.toBeNull();
  });

  it('never binds one upstream id to two jobs', async () => {
    const { store } = current();
    await createJobIn(store, 'pending', {}, { upstreamId: 'gen-vid-1' });
    const other = await createJobIn(store, 'submitting');
    const step = store.saveStep(other.lease, { status: 'pending', upstreamId: 'gen-vid-1' }, KEEP);
    await expect(step).rejects.toMatchObject({ code: 'upstream_id_taken' });
    expect(await store.bindUpstream(other.job.id, bound)).toBeNull();
    expect(await store.getJob(other.job.id, 'studio')).toEqual(other.job);
  });

  it.each(['submitting', 'submission_unknown'] as const)(
    'binds a job that is %s over any lease',
    async (status) => {
      const { store } = current();
      const { job, lease } = await createJobIn(store, status);
      const pending = await store.bindUpstream(job.id, bound);
      expect(pending).toEqual({
        ...job,
        ...bound,
        status: 'pending',
        version: job.version + 1,
        updatedAt: pending?.updatedAt,
      });
      // The holder learns that its step came too late, and the job is followed at once.
      expect(await store.saveStep(lease, { status: 'submission_unknown' }, KEEP)).toBeNull();
      const [claim] = await store.claimDue('b', 1, LEASE_MS);
      expect(claim?.job).toEqual(pending);
    },
  );

  it('forgets on binding that the outcome was unknown', async () => {
    const { store } = current();
    const error = { code: 'submission_unknown', message: 'Nobody knows.' };
    const { job } = await createJobIn(store, 'submission_unknown', {}, { error });
    expect(await store.bindUpstream(job.id, bound)).toMatchObject({ status: 'pending', error: null });
  });

  it('takes the same binding twice, and another never', async () => {
    const { store } = current();
    const { job } = await createJobIn(store, 'submission_unknown');
    const first = await store.bindUpstream(job.id, { ...bound, generationId: null });
    expect(first).toMatchObject({ upstreamId: 'gen-vid-1', generationId: null });
    expect(await store.bindUpstream(job.id, bound)).toEqual(first);
    expect(await store.bindUpstream(job.id, { ...bound, upstreamId: 'gen-vid-2' })).toBeNull();
    expect(await store.getJob(job.id, 'studio')).toEqual(first);
  });

  it('binds exactly one of two ids that race for a job', async () => {
    const { store, openReplica } = current();
    const replica = (await openReplica?.()) ?? store;
    const { job } = await createJobIn(store, 'submitting');
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 ? store : replica).bindUpstream(job.id, {
          upstreamId: `gen-vid-${i % 4}`,
          generationId: null,
        }),
      ),
    );
    const winner = (await store.getJob(job.id, 'studio'))?.upstreamId;
    expect(winner).not.toBeNull();
    const answers = results.flatMap((result) => (result ? [result.upstreamId] : []));
    expect(answers).toEqual(Array.from({ length: 5 }, () => winner));
  });

  it('binds nothing to a job that is missing, unsent or ended', async () => {
    const { store } = current();
    expect(await store.bindUpstream('job_none', bound)).toBeNull();
    for (const status of ['queued', 'rejected', 'not_accepted', 'written_off'] as const) {
      const { job } = await createJobIn(store, status);
      expect(await store.bindUpstream(job.id, bound)).toBeNull();
      expect(await store.getJob(job.id, 'studio')).toEqual(job);
    }
  });

  it('tells watchers of every change once it can be read, and only while they watch', async () => {
    const { store } = current();
    const seen: string[] = [];
    const stop = store.onJobChanged((id) => seen.push(id));
    const { job, lease } = expectCreated(await store.createJob(createIntent(), 'a', LEASE_MS));
    expect(seen).toEqual([job.id]);
    await store.saveStep(lease, { status: 'submitting' }, KEEP);
    expect(seen).toHaveLength(2);
    await store.bindUpstream(job.id, bound);
    expect(seen).toHaveLength(3);
    expect(await store.saveStep(lease, { polls: 1 }, KEEP)).toBeNull();
    expect(seen).toHaveLength(3);
    stop();
    await createClaim(store);
    expect(seen).toHaveLength(3);
  });
}
