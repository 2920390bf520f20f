// The contract on decisions: only an unknown is decided, once, with a record that is there if and only if it was.

import { expect, it } from 'vitest';
import { JOB_STATUSES } from '../../../src/core/job/job.ts';
import type { Resolution } from '../../../src/store/ports/reconciliation.ts';
import type { StoreUnderTest } from './store-under-test.ts';
import { createIdleJob, createJobIn, LEASE_MS } from './store-under-test.ts';

const BY = { actor: 'alice', reason: 'seen on the invoice' };
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
    expect(await store.getAudit(id)).toEqual([
      {
        jobId: id,
        version: result.job.version,
        at: result.job.updatedAt,
        actor: 'alice',
        action: 'attach',
        reason: 'seen on the invoice',
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
    expect(await store.getAudit(job.id)).toHaveLength(1);
  });

  it.each(JOB_STATUSES.filter((status) => status !== 'submission_unknown'))(
    'decides nothing about a job that is %s',
    async (status) => {
      const { store } = current();
      const { job } = await createJobIn(store, status);
      for (const resolution of [ATTACH, { action: 'not_accepted' }, { action: 'write_off' }] as const) {
        expect(await store.resolveUnknown(job.id, resolution, BY)).toEqual({ kind: 'not_unknown', job });
      }
      expect(await store.getAudit(job.id)).toEqual([]);
    },
  );

  it('never attaches the id of another job', async () => {
    const { store } = current();
    const { job: other } = await createJobIn(store, 'pending', {}, { upstreamId: 'gen-vid-1' });
    const { job } = await createJobIn(store, 'submission_unknown');
    expect(await store.resolveUnknown(job.id, ATTACH, BY)).toEqual({ kind: 'id_taken', jobId: other.id });
    expect(await store.findJob(job.id)).toEqual(job);
    expect(await store.getAudit(job.id)).toEqual([]);
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
    expect(await store.getAudit(job.id)).toHaveLength(1);
  });

  it('knows no job that is not there', async () => {
    expect(await current().store.resolveUnknown('job_none', ATTACH, BY)).toBeNull();
  });
}
