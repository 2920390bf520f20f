// The contract on writing an intent: one transaction, one job per idempotency key.

import { expect, it } from 'vitest';
import type { JobStatus } from '../../../src/core/job/job.ts';
import { isNotPurchased, JOB_STATUSES } from '../../../src/core/job/job.ts';
import type { StoreUnderTest } from './store-under-test.ts';
import {
  createClaim,
  createIdleJob,
  createIntent,
  expectCreated,
  LEASE_MS,
  LIST_ALL,
} from './store-under-test.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const idempotency = { key: 'order-7', bodyHash: 'hash-of-body' };

export function describeCreation(current: () => StoreUnderTest): void {
  it('keeps the plan of a job with it, and none of a job that was not made', async () => {
    const { store } = current();
    const plan = '{"why":"cheapest"}';
    const idempotency = { key: 'with-a-plan', bodyHash: 'b' };
    const { job } = await createClaim(store, { plan, idempotency });
    expect(await store.getJobPlan(job.id)).toBe(plan);
    const again = createIntent({ plan, idempotency });
    expect((await store.createJob(again, 'a', LEASE_MS)).kind).toBe('replayed');
    expect(await store.getJobPlan(again.id)).toBeNull();
    const without = await createClaim(store);
    expect(await store.getJobPlan(without.job.id)).toBeNull();
  });

  it('writes the intent as a queued job, leased to its creator', async () => {
    const { store } = current();
    const intent = createIntent();
    const { job, lease } = expectCreated(await store.createJob(intent, 'a', LEASE_MS));
    expect(job).toEqual({
      id: intent.id,
      clientId: 'studio',
      keyId: null,
      status: 'queued',
      model: intent.model,
      request: intent.request,
      bodyHash: null,
      nonce: intent.nonce,
      createdAt: job.createdAt,
      updatedAt: job.createdAt,
      version: 1,
      submittedAt: null,
      finishedAt: null,
      expectedMs: 90_000,
      estimatedMicroUsd: 120_000,
      ceilingMicroUsd: 180_000,
      listMicroUsd: 150_000,
      actualMicroUsd: null,
      isByok: null,
      upstreamId: null,
      generationId: null,
      outputCount: 0,
      submitAttempts: 0,
      polls: 0,
      missingSince: null,
      missingPolls: 0,
      unclearSince: null,
      statusDetail: null,
      error: null,
      attempt: 1,
      fallback: null,
      patienceMs: null,
      resubmitOf: null,
      callbackUrl: null,
      hiddenAt: null,
      clipsRemovedAt: null,
      bodyErasedAt: null,
      waitingSince: null,
      tags: [],
      reference: null,
      idempotencyKey: intent.idempotency?.key ?? null,
      requestId: null,
      traceparent: null,
    });
    expect(Number.isInteger(job.createdAt)).toBe(true);
    expect(lease).toMatchObject({ jobId: intent.id, owner: 'a' });
    expect(await store.getJob(intent.id, 'studio')).toEqual(job);
    expect(await store.claimDue('b', 10, LEASE_MS)).toEqual([]);
  });

  it('keeps money and times exact up to the largest safe integer', async () => {
    const { store } = current();
    const large = {
      expectedMs: Number.MAX_SAFE_INTEGER,
      estimatedMicroUsd: Number.MAX_SAFE_INTEGER,
      ceilingMicroUsd: Number.MAX_SAFE_INTEGER,
      listMicroUsd: Number.MAX_SAFE_INTEGER,
    };
    const { job } = expectCreated(await store.createJob(createIntent(large), 'a', LEASE_MS));
    expect(await store.getJob(job.id, 'studio')).toMatchObject(large);
  });

  it('refuses a second job of the same id and keeps the first', async () => {
    const { store } = current();
    const intent = createIntent();
    await store.createJob(intent, 'a', LEASE_MS);
    const again = { ...intent, model: 'other', idempotency };
    await expect(store.createJob(again, 'a', LEASE_MS)).rejects.toThrow();
    expect(await store.getJob(intent.id, 'studio')).toMatchObject({ model: intent.model });
    // Nothing of the failed transaction stayed behind, its key included.
    expectCreated(await store.createJob(createIntent({ idempotency }), 'a', LEASE_MS));
  });

  it('answers a known key with its job, and another body with a refusal', async () => {
    const { store } = current();
    const { job } = expectCreated(await store.createJob(createIntent({ idempotency }), 'a', LEASE_MS));
    const same = createIntent({ idempotency });
    expect(await store.createJob(same, 'a', LEASE_MS)).toEqual({ kind: 'replayed', job });
    const other = createIntent({ idempotency: { ...idempotency, bodyHash: 'another' } });
    expect(await store.createJob(other, 'a', LEASE_MS)).toEqual({ kind: 'key_reused', jobId: job.id });
    expect(await store.getJob(same.id, 'studio')).toBeNull();
    expect(await store.getJob(other.id, 'studio')).toBeNull();
  });

  it('keeps the keys of clients apart', async () => {
    const { store } = current();
    for (const clientId of ['agency', 'studio', 'zoo']) {
      expectCreated(await store.createJob(createIntent({ idempotency, clientId }), 'a', LEASE_MS));
    }
    for (const clientId of ['agency', 'studio', 'zoo']) {
      const replay = await store.createJob(createIntent({ idempotency, clientId }), 'a', LEASE_MS);
      expect(replay).toMatchObject({ kind: 'replayed', job: { clientId } });
    }
  });

  it.each(JOB_STATUSES)(
    'treats the key of a job that is %s as its status demands',
    async (status: JobStatus) => {
      const { store } = current();
      const first = await createIdleJob(store, status, { idempotency });
      const retry = createIntent({ idempotency: { ...idempotency, bodyHash: 'edited' } });
      const result = await store.createJob(retry, 'a', LEASE_MS);
      if (!isNotPurchased(status)) {
        expect(result).toEqual({ kind: 'key_reused', jobId: first });
        return;
      }
      const { job } = expectCreated(result);
      // The key now answers with the new job.
      const replay = await store.createJob(createIntent({ idempotency: retry.idempotency }), 'a', LEASE_MS);
      expect(replay).toEqual({ kind: 'replayed', job });
    },
  );

  it('frees a key after 60 days, so that a clock a month ahead costs none', async () => {
    const { store, passTime } = current();
    expectCreated(await store.createJob(createIntent({ idempotency }), 'a', LEASE_MS));
    for (const days of [29, 2, 28]) {
      await passTime(days * DAY_MS);
      expect(await store.createJob(createIntent({ idempotency }), 'a', LEASE_MS)).toMatchObject({
        kind: 'replayed',
      });
      expect(await store.findIdempotent('studio', idempotency.key)).not.toBeNull();
    }
    await passTime(DAY_MS + 1000);
    const { job } = expectCreated(await store.createJob(createIntent({ idempotency }), 'a', LEASE_MS));
    expect(await store.createJob(createIntent({ idempotency }), 'a', LEASE_MS)).toEqual({
      kind: 'replayed',
      job,
    });
  });

  it('creates exactly one job of a hundred that share a key at once', async () => {
    const { store, openReplica } = current();
    const stores = [store, (await openReplica?.()) ?? store];
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        stores[i % 2]!.createJob(createIntent({ idempotency }), 'a', LEASE_MS),
      ),
    );
    const created = results.filter((result) => result.kind === 'created');
    expect(created).toHaveLength(1);
    const { job } = expectCreated(created[0]!);
    const replayed = results.filter((result) => result.kind !== 'created');
    expect(replayed).toEqual(Array.from({ length: 99 }, () => ({ kind: 'replayed', job })));
    expect(await store.listJobs({ ...LIST_ALL, clientId: 'studio' })).toEqual([job]);
  });

  it('hands a freed key to exactly one of a hundred', async () => {
    const { store, openReplica } = current();
    await createIdleJob(store, 'rejected', { idempotency });
    const stores = [store, (await openReplica?.()) ?? store];
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        stores[i % 2]!.createJob(createIntent({ idempotency }), 'a', LEASE_MS),
      ),
    );
    expect(results.filter((result) => result.kind === 'created')).toHaveLength(1);
    expect(results.filter((result) => result.kind === 'replayed')).toHaveLength(99);
  });

  it('commits the neighbours of a write that fails', async () => {
    const { store } = current();
    const taken = createIntent();
    await store.createJob(taken, 'a', LEASE_MS);
    const intents = [createIntent(), taken, createIntent({ idempotency }), taken, createIntent()];
    const settled = await Promise.allSettled(intents.map((intent) => store.createJob(intent, 'a', LEASE_MS)));
    expect(settled.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    for (const { id } of intents) expect(await store.getJob(id, 'studio')).not.toBeNull();
  });
}
