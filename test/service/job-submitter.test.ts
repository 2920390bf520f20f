// Buying: the intent is durable before the wire is touched, and no outcome is sent twice.

import { afterEach, describe, expect, it } from 'vitest';
import type { SubmitBody } from '../../src/core/job.ts';
import { createJobSubmitter } from '../../src/service/job-submitter.ts';
import type { Claim, JobStore } from '../../src/store/port.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { SubmitOutcome } from '../../src/upstream/submit.ts';
import { createRecordedLog } from '../support/silent-log.ts';

let store: JobStore | undefined;
afterEach(() => store?.close());

const REQUEST: SubmitBody = { model: 'google/veo-3.1-lite', prompt: 'x' };
const ACCEPTED: SubmitOutcome = {
  kind: 'accepted',
  upstreamId: 'gen-vid-1',
  generationId: null,
  status: 'pending',
};
const NOT_SENT: SubmitOutcome = { kind: 'not_sent', reason: 'upstream cannot be reached (ECONNREFUSED)' };

async function setUp(
  outcomes: (SubmitOutcome | (() => Promise<SubmitOutcome>))[],
  wrap: (store: JobStore) => JobStore = (s) => s,
) {
  let now = 1_000;
  const real = await openSqliteStore({ file: ':memory:', clock: () => now });
  store = real;
  const log = createRecordedLog();
  const statusesAtSend: string[] = [];
  const submitter = createJobSubmitter(
    {
      store: wrap(real),
      upstream: {
        async submit() {
          statusesAtSend.push((await real.getJob('job_1', 'studio'))?.status ?? 'missing');
          const outcome = outcomes.shift();
          if (!outcome) throw new Error('sent more often than the test foresaw');
          return typeof outcome === 'function' ? outcome() : outcome;
        },
      },
      clock: () => now,
      random: () => 0.5,
      sleep: async (ms) => {
        now += ms;
      },
      log,
    },
    { leaseMs: 150_000, pace: { minMs: 1_000, maxMs: 30_000 } },
  );
  const created = await real.createJob(
    {
      id: 'job_1',
      clientId: 'studio',
      model: REQUEST.model,
      request: REQUEST,
      nonce: 'n',
      expectedMs: 1,
      estimatedMicroUsd: 1,
      idempotency: { key: 'k', bodyHash: 'h' },
    },
    'me',
    150_000,
  );
  if (created.kind !== 'created') throw new Error(created.kind);
  const claim: Claim = created.claim;
  return {
    submitter,
    claim,
    store: real,
    statusesAtSend,
    log,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('the submitter', () => {
  it('has `submitting` durable before the request goes out', async () => {
    const t = await setUp([ACCEPTED]);
    const { job } = await t.submitter.submit(t.claim);
    expect(t.statusesAtSend).toEqual(['submitting']);
    expect(job).toMatchObject({ status: 'pending', upstreamId: 'gen-vid-1', submitAttempts: 1 });
  });

  it('tries again only what was proven not to be sent, three times at most, and then frees the key', async () => {
    const t = await setUp([NOT_SENT, NOT_SENT, NOT_SENT]);
    const { job, refusal } = await t.submitter.submit(t.claim);
    expect(t.statusesAtSend).toEqual(['submitting', 'submitting', 'submitting']);
    expect(job).toMatchObject({ status: 'rejected', error: { code: 'upstream_unreachable' } });
    expect(refusal).toMatchObject({ code: 'upstream_unreachable', extra: { job_id: 'job_1' } });
    expect(await t.store.findIdempotent('studio', 'k')).toBeNull();
  });

  it('succeeds on a second attempt after one that was not sent', async () => {
    const t = await setUp([NOT_SENT, ACCEPTED]);
    expect((await t.submitter.submit(t.claim)).job).toMatchObject({ status: 'pending', submitAttempts: 2 });
  });

  it('never sends an unknown again, and keeps the key', async () => {
    const t = await setUp([{ kind: 'unknown', reason: 'upstream answered 502' }]);
    const { job, refusal } = await t.submitter.submit(t.claim);
    expect(refusal).toBeNull();
    expect(job).toMatchObject({ status: 'submission_unknown', error: { code: 'submission_unknown' } });
    expect(await t.store.claimDue('me', 10, 1_000)).toEqual([]);
    expect(await t.store.findIdempotent('studio', 'k')).toMatchObject({ job: { id: 'job_1' } });
  });

  it.each<[number, string]>([
    [400, 'upstream_rejected'],
    [401, 'upstream_key_invalid'],
    [402, 'upstream_insufficient_credits'],
    [403, 'upstream_forbidden'],
    [404, 'upstream_not_found'],
    [413, 'upstream_too_large'],
    [422, 'upstream_rejected'],
    [429, 'upstream_rate_limited'],
  ])('tells a %i as %s', async (status, code) => {
    const answer = {
      message: "upstream's words",
      metadata: { retry_after_seconds: 7.2, limit_source: 'openrouter_credits' },
    };
    const t = await setUp([{ kind: 'rejected', status, answer, retryAfterS: null }]);
    const { job, refusal } = await t.submitter.submit(t.claim);
    expect(job).toMatchObject({ status: 'rejected', error: { code } });
    expect(refusal).toMatchObject({ code, retryAfterS: 8, extra: { limit_source: 'openrouter_credits' } });
    // Upstream's words go on only where they are about what the caller sent.
    expect(refusal?.message.includes("upstream's words")).toBe([400, 403, 404, 413, 422].includes(status));
  });

  it('attaches an id that comes after the lease was lost and the job declared unknown', async () => {
    const t = await setUp([
      async () => {
        t.pass(200_000);
        const [claim] = await t.store.claimDue('other', 1, 1_000);
        if (!claim) throw new Error('the lease should have run out');
        await t.store.saveStep(claim.lease, { status: 'submission_unknown' }, { keep: false, runInMs: null });
        return ACCEPTED;
      },
    ]);
    expect((await t.submitter.submit(t.claim)).job).toMatchObject({
      status: 'pending',
      upstreamId: 'gen-vid-1',
    });
  });

  it('goes on trying to write down an accepted id while the store is away, without sending again', async () => {
    let failures = 5;
    const t = await setUp([ACCEPTED], (real) => ({
      ...real,
      saveStep: (lease, change, after) => {
        if (change.upstreamId !== undefined && failures-- > 0) return Promise.reject(new Error('disk full'));
        return real.saveStep(lease, change, after);
      },
    }));
    expect((await t.submitter.submit(t.claim)).job).toMatchObject({ upstreamId: 'gen-vid-1' });
    expect(t.statusesAtSend).toHaveLength(1);
    // The id is in the log before it is in the store.
    expect(t.log.lines[0]).toMatchObject({ level: 'info', details: { upstream_id: 'gen-vid-1' } });
  });

  it('sends nothing where `submitting` cannot be made durable', async () => {
    const t = await setUp([], (real) => ({
      ...real,
      saveStep: () => Promise.reject(new Error('disk full')),
    }));
    await expect(t.submitter.submit(t.claim)).rejects.toThrow('disk full');
    expect(t.statusesAtSend).toEqual([]);
  });

  it('sends nothing where the lease was lost before', async () => {
    const t = await setUp([]);
    t.pass(200_000);
    await t.store.claimDue('other', 1, 1_000);
    await expect(t.submitter.submit(t.claim)).rejects.toMatchObject({ code: 'internal' });
    expect(t.statusesAtSend).toEqual([]);
  });

  it('drains: waits for the submit under way', async () => {
    let answer: (outcome: SubmitOutcome) => void = () => undefined;
    const t = await setUp([
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    ]);
    const submitted = t.submitter.submit(t.claim);
    let drained = false;
    const draining = t.submitter.drain().then(() => {
      drained = true;
    });
    await expect.poll(() => t.statusesAtSend.length).toBe(1);
    expect(drained).toBe(false);
    answer(ACCEPTED);
    await submitted;
    await draining;
    expect(drained).toBe(true);
  });
});
