// The contract on attempts: one turn after another, fenced like every step, each kept with its own id and nonce.

import { expect, it } from 'vitest';
import type { PlannedAttempt } from '../../../src/core/job/attempt.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import type { JobIntent } from '../../../src/store/ports/jobs.ts';
import type { StoreUnderTest } from './store-under-test.ts';
import { createIdleJob, createJobIn, LEASE_MS } from './store-under-test.ts';

const KEEP = { keep: true, leaseMs: LEASE_MS } as const;
const REJECTED = { status: 'rejected', error: { code: 'upstream_rejected', message: 'No.' } } as const;

const planned = (model: string, nonce: string): PlannedAttempt => ({
  model,
  request: { model, prompt: 'a fox' },
  nonce,
  expectedMs: 30_000,
  estimatedMicroUsd: 50_000,
  listMicroUsd: 49_000,
  highMicroUsd: 60_000,
});

const withOthers = (overrides: Partial<JobIntent> = {}): Partial<JobIntent> => ({
  fallback: {
    maxAttempts: 3,
    maxTotalMicroUsd: 1_000_000,
    highMicroUsd: 130_000,
    others: [planned('b/two', 'b'.repeat(32)), planned('c/three', 'c'.repeat(32))],
  },
  ...overrides,
});

const unbound = { upstreamId: 'gen-vid-2', generationId: null };

/** Moves the job on from `submitting`. */
const moveOn = (store: JobStore, lease: Parameters<JobStore['beginAttempt']>[0], number = 2) =>
  store.beginAttempt(lease, REJECTED, number, KEEP);

export function describeAttempts(current: () => StoreUnderTest): void {
  it('writes the candidates with the job', async () => {
    const { store } = current();
    const { job } = await createJobIn(store, 'queued', withOthers());
    expect(job).toMatchObject({ attempt: 1, fallback: { maxAttempts: 3, maxTotalMicroUsd: 1_000_000 } });
    const attempts = await store.getAttempts([job.id]);
    expect(attempts.map(({ number, model, status }) => [number, model, status])).toEqual([
      [1, job.model, null],
      [2, 'b/two', null],
      [3, 'c/three', null],
    ]);
    expect(attempts[0]).toMatchObject({ highMicroUsd: 130_000 });
    const plain = await createIdleJob(store, 'queued');
    expect(await store.getAttempts([plain])).toEqual([]);
  });

  it('writes no job where its candidates cannot be written', async () => {
    const { store } = current();
    const { job } = await createJobIn(store, 'queued', withOthers());
    await expect(createJobIn(store, 'queued', withOthers({ id: 'job_never' }))).rejects.toThrow();
    expect(await store.findJob('job_never')).toBeNull();
    expect(await store.findJob(job.id)).not.toBeNull();
  });

  it('begins the next attempt with nothing of the last, and keeps how the last ended', async () => {
    const { store } = current();
    const { job, lease } = await createJobIn(store, 'pending', withOthers(), {
      upstreamId: 'gen-vid-1',
      generationId: 'g',
      submittedAt: 7,
      submitAttempts: 2,
      polls: 4,
      missingSince: 8,
      missingPolls: 3,
    });
    const failed = {
      status: 'failed',
      finishedAt: 99,
      actualMicroUsd: 0,
      error: { code: 'upstream_failed', message: 'flagged' },
    } as const;
    const next = await store.beginAttempt(lease, failed, 2, { keep: false, runInMs: 0 });
    expect(next).toEqual({
      ...job,
      status: 'queued',
      attempt: 2,
      model: 'b/two',
      request: { model: 'b/two', prompt: 'a fox' },
      nonce: 'b'.repeat(32),
      expectedMs: 30_000,
      estimatedMicroUsd: 50_000,
      ceilingMicroUsd: 60_000,
      listMicroUsd: 49_000,
      upstreamId: null,
      generationId: null,
      submittedAt: null,
      submitAttempts: 0,
      polls: 0,
      missingSince: null,
      missingPolls: 0,
      unclearSince: null,
      statusDetail: null,
      error: null,
      version: job.version + 1,
      updatedAt: next?.updatedAt,
    });
    expect((await store.getAttempts([job.id]))[0]).toEqual({
      jobId: job.id,
      number: 1,
      model: job.model,
      status: 'failed',
      upstreamId: 'gen-vid-1',
      error: failed.error,
      startedAt: 7,
      finishedAt: 99,
      actualMicroUsd: 0,
      estimatedMicroUsd: 120_000,
      highMicroUsd: 130_000,
    });
    const [claim] = await store.claimDue('b', 1, LEASE_MS);
    expect(claim?.job).toEqual(next);
  });

  it('keeps the lease where told to', async () => {
    const { store } = current();
    const { lease } = await createJobIn(store, 'submitting', withOthers());
    expect(await moveOn(store, lease)).toMatchObject({ status: 'queued', attempt: 2 });
    expect(await store.claimDue('b', 1, LEASE_MS)).toEqual([]);
    expect(await store.saveStep(lease, { status: 'submitting' }, KEEP)).toMatchObject({ attempt: 2 });
  });

  it('begins nothing for a holder that lost its lease', async () => {
    const { store, passTime } = current();
    const { job, lease } = await createJobIn(store, 'submitting', withOthers());
    await passTime(LEASE_MS + 1000);
    await store.claimDue('b', 1, LEASE_MS);
    expect(await moveOn(store, lease)).toBeNull();
    expect(await store.findJob(job.id)).toEqual(job);
  });

  it.each(['queued', 'submission_unknown', 'completed', 'rejected', 'written_off'] as const)(
    'never begins another where a refusal cannot follow: %s',
    async (status) => {
      const { store } = current();
      const { job, lease } = await createJobIn(store, status, withOthers());
      const failing = { status: status === 'queued' ? 'failed' : 'rejected' } as const;
      await expect(store.beginAttempt(lease, failing, 2, KEEP)).rejects.toThrow('cannot become');
      expect(await store.findJob(job.id)).toEqual(job);
    },
  );

  it('tries each candidate once at most', async () => {
    const { store } = current();
    const { lease } = await createJobIn(store, 'submitting', withOthers());
    await expect(moveOn(store, lease, 1)).rejects.toThrow('no attempt 1');
    await expect(moveOn(store, lease, 4)).rejects.toThrow('no attempt 4');
    await moveOn(store, lease, 3);
    await store.saveStep(lease, { status: 'submitting' }, KEEP);
    await expect(moveOn(store, lease, 2)).rejects.toThrow('no attempt 2');
  });

  it('answers a repetition with the attempt it began, until that is sent', async () => {
    const { store } = current();
    const { job, lease } = await createJobIn(store, 'submitting', withOthers());
    const begun = await moveOn(store, lease);
    expect(await moveOn(store, lease)).toEqual(begun);
    expect(await moveOn(store, { ...lease, token: lease.token + 1 })).toBeNull();
    await store.saveStep(lease, { status: 'submitting', submittedAt: 1 }, KEEP);
    await expect(moveOn(store, lease)).rejects.toThrow('no attempt 2');
    await store.saveStep(lease, { status: 'queued' }, KEEP);
    await expect(moveOn(store, lease)).rejects.toThrow('no attempt 2');
    expect((await store.getAttempts([job.id])).map(({ status }) => status)).toEqual(['rejected', null, null]);
  });

  it.each([
    ['a saved step', 'completed', { actualMicroUsd: 90_000, upstreamId: 'gen-vid-1' }],
    ['a saved step', 'rejected', {}],
    ['a decision', 'not_accepted', {}],
    ['a decision', 'written_off', {}],
  ] as const)('keeps how the last attempt ended: %s, %s', async (way, status, last) => {
    const { store } = current();
    const from = way === 'a decision' ? 'submission_unknown' : status;
    const { job, lease } = await createJobIn(store, from, withOthers(), way === 'a decision' ? {} : last);
    if (way === 'a decision') {
      const action = status === 'not_accepted' ? 'not_accepted' : 'write_off';
      await store.resolveUnknown(
        job.id,
        { action },
        { actor: 'alice', keyId: null, requestId: null, reason: 'seen on the invoice' },
      );
    } else {
      // Written again, as after an answer that was lost.
      await store.saveStep(lease, { status, ...last }, KEEP);
    }
    const ended = await store.findJob(job.id);
    expect(await store.getAttempts([job.id])).toMatchObject([
      {
        number: 1,
        status,
        upstreamId: ended?.upstreamId,
        error: null,
        startedAt: ended?.submittedAt,
        finishedAt: ended?.finishedAt,
        actualMicroUsd: ended?.actualMicroUsd,
      },
      { number: 2, status: null },
      { number: 3, status: null },
    ]);
    expect(ended?.finishedAt).not.toBeNull();
  });

  it('keeps a bill that became known after the end', async () => {
    const { store } = current();
    const { job, lease } = await createJobIn(store, 'completed', withOthers());
    expect((await store.getAttempts([job.id]))[0]).toMatchObject({ actualMicroUsd: null });
    await store.saveStep(lease, { actualMicroUsd: 70_000 }, KEEP);
    expect((await store.getAttempts([job.id]))[0]).toMatchObject({ actualMicroUsd: 70_000 });
  });

  it('never binds the id of one attempt to another, nor news for one', async () => {
    const { store } = current();
    const { job, lease } = await createJobIn(store, 'pending', withOthers(), { upstreamId: 'gen-vid-1' });
    await store.beginAttempt(lease, { status: 'failed' }, 2, KEEP);
    await store.saveStep(lease, { status: 'submitting' }, KEEP);
    expect(await store.bindUpstream(job.id, { ...unbound, upstreamId: 'gen-vid-1' })).toBeNull();
    const late = store.saveStep(lease, { status: 'pending', upstreamId: 'gen-vid-1' }, KEEP);
    await expect(late).rejects.toMatchObject({ code: 'upstream_id_taken' });
    expect(await store.bindUpstream(job.id, { ...unbound, attempt: 1 })).toBeNull();
    const other = await createJobIn(store, 'submission_unknown');
    expect(await store.bindUpstream(other.job.id, { ...unbound, upstreamId: 'gen-vid-1' })).toBeNull();
    expect(await store.bindUpstream(job.id, { ...unbound, attempt: 2 })).toMatchObject({
      upstreamId: 'gen-vid-2',
    });
  });

  it('finds the job and the attempt that a nonce was sent for', async () => {
    const { store } = current();
    const { job, lease } = await createJobIn(store, 'submitting', withOthers());
    expect(await store.findByNonce(job.nonce)).toEqual({ job, ended: null });
    expect(await store.findByNonce('b'.repeat(32))).toBeNull();
    const next = await moveOn(store, lease);
    expect(await store.findByNonce(job.nonce)).toMatchObject({
      job: next,
      ended: { number: 1, status: 'rejected' },
    });
    expect(await store.findByNonce('b'.repeat(32))).toEqual({ job: next, ended: null });
    expect(await store.findByNonce('0'.repeat(31))).toBeNull();
  });

  it('makes due only what upstream works on and nobody holds', async () => {
    const { store } = current();
    const pending = await createIdleJob(store, 'pending');
    expect(await store.makeDue(pending)).toBe(true);
    expect((await store.claimDue('b', 9, LEASE_MS)).map(({ job }) => job.id)).toEqual([pending]);
    expect(await store.makeDue(pending)).toBe(false);
    for (const status of ['queued', 'submission_unknown', 'completed'] as const) {
      expect(await store.makeDue(await createIdleJob(store, status))).toBe(false);
    }
    expect(await store.makeDue('job_none')).toBe(false);
  });
}
