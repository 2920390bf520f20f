// A caller who waits for a submit hears what is known first: its outcome, what the row says, or that it takes long.

import { afterEach, expect, it } from 'vitest';
import { ClipgateError } from '../../../src/core/errors.ts';
import type { Job } from '../../../src/core/job/job.ts';
import type { Submitted } from '../../../src/service/jobs/job-submitter.ts';
import { createJobWatch } from '../../../src/service/jobs/job-watch.ts';
import { createJobs } from '../../../src/service/jobs/jobs.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import type { Claim } from '../../../src/store/ports/lease.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite.ts';
import { LIST_ALL } from '../../store/contract/store-under-test.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

let store: JobStore | undefined;
afterEach(async () => {
  await store?.close();
  store = undefined;
});

const INTENT = {
  clientId: 'studio',
  keyId: null,
  request: { model: 'a/b', prompt: 'x' },
  estimatedMicroUsd: 1,
  ceilingMicroUsd: 1,
  listMicroUsd: 1,
  expectedMs: 1,
  idempotency: null,
};

/** Jobs whose submits end when the test says so. */
async function setUp(maxWaitMs = 60_000) {
  const opened = await openSqliteStore({ file: ':memory:', clock: Date.now });
  store = opened;
  const log = createRecordedLog();
  const watch = createJobWatch(opened);
  const claims: Claim[] = [];
  let settle: (submitted: Submitted) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const settled = new Promise<Submitted>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  const jobs = createJobs(
    {
      store: opened,
      submitter: {
        async submit(claim) {
          claims.push(claim);
          const sending = { status: 'submitting', submittedAt: Date.now(), submitAttempts: 1 } as const;
          await opened.saveStep(claim.lease, sending, { keep: true, leaseMs: 60_000 });
          return settled;
        },
        drain: async () => undefined,
      },
      upstream: { canSubmit: true },
      breaker: { findPause: () => null },
      watch,
      holds: { current: () => null },
      queue: { wake: () => undefined },
      withdrawals: { add: () => undefined },
      clock: Date.now,
      log,
    },
    { owner: 'me', leaseMs: 60_000, maxWaitMs },
  );
  const making = jobs.make(INTENT, true);
  making.catch(() => undefined);
  await expect.poll(async () => (await stored()).status).toBe('submitting');

  async function stored(): Promise<Job> {
    const [job] = await opened.listJobs({ ...LIST_ALL, clientId: 'studio', limit: 1 });
    if (!job) throw new Error('no job was made');
    return job;
  }

  const leaseOf = () => {
    const [claim] = claims;
    if (!claim) throw new Error('nothing was submitted');
    return claim.lease;
  };
  return { store: opened, jobs, log, watch, making, stored, settle, fail, leaseOf };
}

const bound = { upstreamId: 'gen-vid-1', generationId: null };

it('is answered once a webhook has ended the job whose submit hangs', async () => {
  const t = await setUp();
  const { id } = await t.stored();
  await t.store.bindUpstream(id, bound);
  expect(await t.making).toMatchObject({ replayed: false, job: { id, upstreamId: 'gen-vid-1' } });
  t.settle({ job: await t.stored(), refusal: null });
});

it('is answered as it stands after the longest wait, and what the submit says later is in the row', async () => {
  const t = await setUp(20);
  const { job } = await t.making;
  expect(job.status).toBe('submitting');
  t.fail(new Error('the disk is full'));
  await expect.poll(() => t.log.lines.map(({ message }) => message)).toContain('a submit failed');
});

it('hears the refusal in the words of the submit, although the row says it first', async () => {
  const t = await setUp();
  const error = { code: 'upstream_rejected', message: 'no' };
  const rejected = await t.store.saveStep(
    t.leaseOf(),
    { status: 'rejected', error },
    { keep: false, runInMs: null },
  );
  if (!rejected) throw new Error('the lease should hold');
  t.settle({ job: rejected, refusal: new ClipgateError('upstream_rejected', 'no cats') });
  await expect(t.making).rejects.toMatchObject({ code: 'upstream_rejected', message: 'no cats' });
});

it('still waits for the submit where nothing more is watched, as at a shutdown', async () => {
  const t = await setUp();
  t.watch.close();
  t.settle({ job: await t.stored(), refusal: null });
  expect((await t.making).job.status).toBe('submitting');
});
