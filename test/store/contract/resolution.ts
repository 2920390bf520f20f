// The contract on decisions: only an unknown is decided, once, with a record that is there if and only if it was.

import { describe, expect, it } from 'vitest';
import { JOB_STATUSES } from '../../../src/core/job/job.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import type { Resolution } from '../../../src/store/ports/reconciliation.ts';
import type { StoreUnderTest } from './store-under-test.ts';
import { createIdleJob, createJobIn, LEASE_MS } from './store-under-test.ts';

const BY = { actor: 'alice', keyId: 'env_a1', requestId: 'req_1', reason: 'seen on the invoice' };

const auditOf = (store: JobStore, id: string) =>
  store.listAudit({ since: null, actor: null, object: { kind: 'job', id }, before: null, limit: 100 });
const ATTACH: Resolution = { action: 'attach', upstreamId: 'gen-vid-1', generationId: 'g' };

export function describeResolution(current: () => StoreUnderTest): void {
  it('attaches an id: pending, due at once, with a record', async () => {
    const { store } = current();
    const error = { code: 'submission_unknown', message: '?' };
    const id = await createIdleJob(store, 'submission_unknown', {}, { error });
    const before = await store.findJob(id);
    const result = await store.resolveUnknown(id, ATTACH, BY);
    if (result?.kind !== 'resolved') throw new Error(result?.kind);
    expect(result.job).toMatchObject({
      status: 'pending',
      upstreamId: 'gen-vid-1',
      generationId: 'g',
      error: null,
      version: (before?.version ?? 0) + 1,
    });
    expect((await store.claimDue('b', 1, LEASE_MS)).map(({ job }) => job)).toEqual([result.job]);
    expect(await auditOf(store, id)).toEqual([
      {
        ...BY,
        id: expect.stringMatching(/^audit_/),
        at: expect.any(Number),
        action: 'attach',
        object: { kind: 'job', id },
        before: { status: 'submission_unknown', upstreamId: null },
        after: { status: 'pending', upstreamId: 'gen-vid-1' },
      },
    ]);
  });

  it.each([
    ['not_accepted', 'not_accepted'],
    ['write_off', 'written_off'],
  ] as const)('closes for good: %s', async (action, status) => {
    const { store } = current();
    const { job } = await createJobIn(store, 'submission_unknown');
    expect(await store.resolveUnknown(job.id, { action }, BY)).toMatchObject({
      kind: 'resolved',
      job: { status, finishedAt: expect.any(Number) },
    });
    expect(await store.nextDueInMs()).toBeNull();
    expect(await store.bindUpstream(job.id, { upstreamId: 'gen-vid-9', generationId: null })).toBeNull();
    expect(await auditOf(store, job.id)).toHaveLength(1);
  });

  it.each(JOB_STATUSES.filter((status) => status !== 'submission_unknown'))(
    'decides nothing about a job that is %s',
    async (status) => {
      const { store } = current();
      const { job } = await createJobIn(store, status);
      for (const resolution of [ATTACH, { action: 'not_accepted' }, { action: 'write_off' }] as const) {
        expect(await store.resolveUnknown(job.id, resolution, BY)).toEqual({ kind: 'not_unknown', job });
      }
      expect(await auditOf(store, job.id)).toEqual([]);
    },
  );

  it('never attaches the id of another job', async () => {
    const { store } = current();
    const { job: other } = await createJobIn(store, 'pending', {}, { upstreamId: 'gen-vid-1' });
    const { job } = await createJobIn(store, 'submission_unknown');
    expect(await store.resolveUnknown(job.id, ATTACH, BY)).toEqual({ kind: 'id_taken', jobId: other.id });
    expect(await store.findJob(job.id)).toEqual(job);
    expect(await auditOf(store, job.id)).toEqual([]);
  });

  it('closes nothing that a webhook says was accepted', async () => {
    const { store } = current();
    const { job } = await createJobIn(store, 'submission_unknown');
    await store.keepWebhook({ nonce: job.nonce, upstreamId: 'gen-vid-7', status: 'completed' }, 0);
    const waiting = { kind: 'webhook_waiting', upstreamId: 'gen-vid-7' };
    expect(await store.resolveUnknown(job.id, { action: 'not_accepted' }, BY)).toEqual(waiting);
    expect(await store.resolveUnknown(job.id, { action: 'write_off' }, BY)).toEqual(waiting);
    expect(await store.resolveUnknown(job.id, ATTACH, BY)).toMatchObject({ kind: 'resolved' });
  });

  it('decides once of many at once', async () => {
    const { store, openReplica } = current();
    const replica = (await openReplica?.()) ?? store;
    const { job } = await createJobIn(store, 'submission_unknown');
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 ? store : replica).resolveUnknown(
          job.id,
          i % 3 ? { action: 'write_off' } : { action: 'not_accepted' },
          BY,
        ),
      ),
    );
    expect(results.filter((result) => result?.kind === 'resolved')).toHaveLength(1);
    expect(await auditOf(store, job.id)).toHaveLength(1);
  });

  it('knows no job that is not there', async () => {
    expect(await current().store.resolveUnknown('job_none', ATTACH, BY)).toBeNull();
  });

  describe('a job of which upstream says nothing that is known here', () => {
    const unclear = {
      upstreamId: 'gen-vid-1',
      unclearSince: 5,
      statusDetail: 'held',
      error: { code: 'upstream_unclear', message: 'held' },
    };

    it.each([
      ['not_accepted', 'not_accepted'],
      ['write_off', 'written_off'],
    ] as const)('is closed, and leaves its holder nothing to write: %s', async (action, status) => {
      const { store } = current();
      const { job, lease } = await createJobIn(store, 'pending', {}, unclear);
      expect(job).toMatchObject(unclear);
      expect(await store.resolveUnknown(job.id, { action }, BY)).toMatchObject({
        kind: 'resolved',
        job: { status, upstreamId: 'gen-vid-1', finishedAt: expect.any(Number) },
      });
      expect(await store.saveStep(lease, { polls: 9 }, { keep: false, runInMs: 0 })).toBeNull();
      expect(await store.nextDueInMs()).toBeNull();
    });

    it.each(['gen-vid-1', 'gen-vid-2'])(
      'is followed under the id that is attached: %s',
      async (upstreamId) => {
        const { store } = current();
        const id = await createIdleJob(store, 'in_progress', {}, unclear);
        const resolution: Resolution = { action: 'attach', upstreamId, generationId: null };
        expect(await store.resolveUnknown(id, resolution, BY)).toMatchObject({
          kind: 'resolved',
          job: { status: 'pending', upstreamId, unclearSince: null, statusDetail: null, error: null },
        });
        expect(await store.claimDue('b', 1, LEASE_MS)).toHaveLength(1);
      },
    );
  });

  it('records what an operator does beside deciding, and leaves the job as it is', async () => {
    const { store } = current();
    const id = await createIdleJob(store, 'completed');
    const before = await store.findJob(id);
    const after = await store.recordAction(id, 'refetch', { ...BY, reason: 'black clip' });
    expect(after).toMatchObject({ status: 'completed', version: (before?.version ?? 0) + 1 });
    const state = { status: 'completed', upstreamId: before?.upstreamId };
    expect(await auditOf(store, id)).toMatchObject([
      {
        actor: 'alice',
        action: 'refetch',
        reason: 'black clip',
        before: state,
        after: state,
      },
    ]);
    expect(await store.recordAction('job_none', 'x', BY)).toBeNull();
  });
}
