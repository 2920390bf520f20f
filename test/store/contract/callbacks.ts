// The contract on callbacks: news is read off the jobs, told by one holder at a time, and nothing of it is lost.

import { expect, it } from 'vitest';
import { TOLD_STATUSES } from '../../../src/core/callbacks/delivery.ts';
import { JOB_STATUSES, type JobStatus } from '../../../src/core/job/job.ts';
import type { CallbackClaim } from '../../../src/store/ports/callbacks.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import type { JobIntent } from '../../../src/store/ports/jobs.ts';
import type { StoreUnderTest } from './store-under-test.ts';
import { createClaim, createIdleJob, createIntent, createJobIn, LEASE_MS } from './store-under-test.ts';

const URL_A = 'https://hooks.example.com/clips?token=x';
const DELIVERED = { state: 'delivered', error: null, retryInMs: null } as const;
const RETRY = { state: 'pending', error: 'answered 500', retryInMs: 5_000 } as const;

const claimAll = (store: JobStore, owner = 'a', except: string[] = []) =>
  store.claimCallbacks(owner, 100, LEASE_MS, except);

/** A job that has ended in `status`, raised. */
async function createNews(
  store: JobStore,
  status: JobStatus = 'completed',
  callbackUrl = URL_A,
  extras: Partial<JobIntent> = {},
) {
  const id = await createIdleJob(store, status, { callbackUrl, ...extras });
  expect(await store.raiseCallbacks([id])).toBe(1);
  return id;
}

const only = (claims: readonly CallbackClaim[]): CallbackClaim => {
  expect(claims).toHaveLength(1);
  return claims[0]!;
};

const KEEP = { keep: true, leaseMs: LEASE_MS } as const;
const UNKNOWN = { status: 'submission_unknown' } as const;

/** A job whose first attempt is unknown and being told to be, and a way on to the second. */
async function createTwice(store: JobStore) {
  const second = { model: 'b/two', request: { model: 'b/two' }, nonce: createIntent().nonce };
  const price = { expectedMs: 1, estimatedMicroUsd: 1, listMicroUsd: 1, highMicroUsd: 1 };
  const { job } = await createJobIn(store, 'submission_unknown', {
    callbackUrl: URL_A,
    fallback: { maxAttempts: 2, maxTotalMicroUsd: 9, highMicroUsd: 1, others: [{ ...second, ...price }] },
  });
  expect(await store.raiseCallbacks([job.id])).toBe(1);
  const telling = only(await claimAll(store)).lease;
  const turn = async () => {
    await store.bindUpstream(job.id, { upstreamId: `of ${job.id}`, generationId: null });
    const [claim] = await store.claimDue('poller', 1, LEASE_MS);
    await store.beginAttempt(claim!.lease, { status: 'failed' }, 2, KEEP);
    return claim!.lease;
  };
  return { id: job.id, telling, turn };
}

export function describeCallbacks(current: () => StoreUnderTest): void {
  it('keeps each attempt with what the receiver answered, and the latest forty of many', async () => {
    const { store, passTime } = current();
    const id = await createNews(store);
    const times: number[] = [];
    for (let number = 1; number <= 42; number++) {
      const { lease } = only(await claimAll(store));
      const isLast = number === 42;
      await store.settleCallback(
        lease,
        isLast ? DELIVERED : { ...RETRY, retryInMs: 1_000 },
        isLast ? 204 : number === 1 ? null : 500,
      );
      if (number > 2) times.push(number);
      await passTime(1_000);
    }
    const attempts = await store.listCallbackAttempts(id);
    expect(attempts.map(({ number }) => number)).toEqual(times);
    expect(attempts[0]).toMatchObject({ event: 'completed', httpStatus: 500, error: 'answered 500' });
    // Each is rounded to a millisecond for itself.
    expect((attempts[0]?.retryAt ?? 0) - (attempts[0]?.at ?? 0)).toBeCloseTo(1_000, -1);
    expect(attempts.at(-1)).toMatchObject({ number: 42, httpStatus: 204, error: null, retryAt: null });
    expect(await store.listCallbackAttempts('job_none')).toEqual([]);
  });

  it('keeps no attempt of a lease that was lost', async () => {
    const { store, passTime } = current();
    const id = await createNews(store);
    const { lease } = only(await claimAll(store));
    await passTime(LEASE_MS + 1);
    only(await claimAll(store, 'b'));
    expect(await store.settleCallback(lease, DELIVERED, 200)).toBe(false);
    expect(await store.listCallbackAttempts(id)).toEqual([]);
  });

  it.each([
    ['was told', DELIVERED],
    ['is still to be told', RETRY],
  ])('have news of a second attempt that is unknown, where the first %s to be', async (_, step) => {
    const { store } = current();
    const { id, telling, turn } = await createTwice(store);
    expect(await store.settleCallback(telling, step)).toBe(true);
    const lease = await turn();
    const waiting = { state: 'waiting', event: null, attempts: 0, lastError: null, nextAt: null };
    expect(await store.getCallbacks([id])).toEqual([{ jobId: id, ...waiting }]);
    expect(await store.nextCallbackInMs([])).toBeNull();
    expect(await store.raiseCallbacks(null)).toBe(0);
    await store.saveStep(lease, { status: 'submitting' }, KEEP);
    await store.saveStep(lease, UNKNOWN, KEEP);
    expect(await store.raiseCallbacks(null)).toBe(1);
    expect(only(await claimAll(store))).toMatchObject({
      job: { id, attempt: 2 },
      callback: { event: 'submission_unknown', attempts: 1 },
    });
  });

  it.each([
    ['comes through', DELIVERED],
    ['fails', RETRY],
  ])('have that news too where the telling of the first %s only then', async (_, step) => {
    const { store } = current();
    const { id, telling, turn } = await createTwice(store);
    const lease = await turn();
    await store.saveStep(lease, { status: 'submitting' }, KEEP);
    await store.saveStep(lease, UNKNOWN, KEEP);
    expect(await store.raiseCallbacks(null)).toBe(0);
    expect(await store.settleCallback(telling, step)).toBe(true);
    expect(await store.getCallbacks([id])).toMatchObject([{ state: 'waiting', event: null, nextAt: null }]);
    expect(await store.raiseCallbacks(null)).toBe(1);
    expect(only(await claimAll(store))).toMatchObject({ callback: { attempts: 1 } });
  });

  it('end for good where the receiver said so, whatever the next attempt comes to', async () => {
    const { store } = current();
    const { id, telling, turn } = await createTwice(store);
    const lease = await turn();
    await store.settleCallback(telling, { state: 'gone', error: 'answered 410', retryInMs: null });
    await store.saveStep(lease, { status: 'submitting' }, KEEP);
    await store.saveStep(lease, UNKNOWN, KEEP);
    expect(await store.raiseCallbacks(null)).toBe(0);
    expect(await store.getCallbacks([id])).toMatchObject([{ state: 'gone' }]);
  });

  it('wait beside their job from its first moment, with or without a key', async () => {
    const { store } = current();
    const overrides: Partial<JobIntent>[] = [
      { callbackUrl: URL_A },
      { callbackUrl: URL_A, idempotency: { key: 'k', bodyHash: 'h' } },
    ];
    for (const override of overrides) {
      const { job } = await createClaim(store, override);
      expect(job.callbackUrl).toBe(URL_A);
      expect(await store.getCallbacks([job.id])).toEqual([
        { jobId: job.id, state: 'waiting', event: null, attempts: 0, lastError: null, nextAt: null },
      ]);
    }
    const { job } = await createClaim(store);
    expect(job.callbackUrl).toBeNull();
    expect(await store.getCallbacks([job.id])).toEqual([]);
    expect(await store.nextCallbackInMs([])).toBeNull();
  });

  it('are not there where their job could not be written', async () => {
    const { store } = current();
    const intent = createIntent({ callbackUrl: URL_A });
    await store.createJob(intent, 'a', LEASE_MS);
    await expect(store.createJob(intent, 'a', LEASE_MS)).rejects.toThrow();
    expect(await store.getCallbacks([intent.id])).toHaveLength(1);
  });

  it.each(JOB_STATUSES)('have news of a job that is %s as that demands', async (status) => {
    const { store } = current();
    const id = await createIdleJob(store, status, { callbackUrl: URL_A });
    const silent = await createIdleJob(store, status);
    const told = TOLD_STATUSES.includes(status);
    expect(await store.raiseCallbacks([silent])).toBe(0);
    expect(await store.raiseCallbacks([id, silent, 'job_none'])).toBe(told ? 1 : 0);
    expect(await store.raiseCallbacks([id])).toBe(0);
    if (!told) return expect(await claimAll(store)).toEqual([]);
    const claim = only(await claimAll(store));
    expect(claim).toMatchObject({
      host: 'hooks.example.com',
      job: { id, status, callbackUrl: URL_A },
      callback: { state: 'pending', event: status, attempts: 1 },
      lease: { jobId: id, owner: 'a' },
    });
  });

  it('are found without being told which, whatever happened between the end of a job and now', async () => {
    const { store } = current();
    for (let i = 0; i < 3; i++) await createIdleJob(store, 'failed', { callbackUrl: URL_A });
    await createIdleJob(store, 'pending', { callbackUrl: URL_A });
    expect(await store.raiseCallbacks(null)).toBe(3);
    expect(await store.raiseCallbacks(null)).toBe(0);
  });

  it('are raised once by many who saw the same', async () => {
    const { store, openReplica } = current();
    const replica = (await openReplica?.()) ?? store;
    const id = await createIdleJob(store, 'completed', { callbackUrl: URL_A });
    const raised = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? store : replica).raiseCallbacks(i % 3 ? [id] : null)),
    );
    expect(raised.reduce((a, b) => a + b)).toBe(1);
  });

  it('are over when delivered', async () => {
    const { store, passTime } = current();
    const id = await createNews(store);
    const { lease } = only(await claimAll(store));
    expect(await store.settleCallback(lease, DELIVERED)).toBe(true);
    await passTime(1e9);
    expect(await claimAll(store)).toEqual([]);
    expect(await store.raiseCallbacks(null)).toBe(0);
    expect(await store.nextCallbackInMs([])).toBeNull();
    expect(await store.getCallbacks([id])).toEqual([
      { jobId: id, state: 'delivered', event: 'completed', attempts: 1, lastError: null, nextAt: null },
    ]);
  });

  it('come back when they are to be tried again, and say so', async () => {
    const { store, passTime } = current();
    const id = await createNews(store);
    await store.settleCallback(only(await claimAll(store)).lease, RETRY);
    const [waiting] = await store.getCallbacks([id]);
    expect(waiting).toMatchObject({ state: 'pending', attempts: 1, lastError: 'answered 500' });
    expect(waiting?.nextAt).toBeGreaterThan(0);
    expect(await claimAll(store)).toEqual([]);
    expect(await store.nextCallbackInMs([])).toBeGreaterThan(3_000);
    expect(await store.nextCallbackInMs(['hooks.example.com'])).toBeNull();
    await passTime(6_000);
    const again = only(await claimAll(store, 'b'));
    expect(again.callback).toMatchObject({ attempts: 2, nextAt: null });
  });

  it('have one holder at a time, and no writer that has lost them', async () => {
    const { store, passTime } = current();
    await createNews(store);
    const first = only(await claimAll(store, 'a'));
    expect(await claimAll(store, 'b')).toEqual([]);
    await passTime(LEASE_MS + 1_000);
    const second = only(await claimAll(store, 'b'));
    expect(second.lease.token).toBeGreaterThan(first.lease.token);
    expect(second.callback.attempts).toBe(2);
    expect(await store.settleCallback(first.lease, DELIVERED)).toBe(false);
    expect(await store.settleCallback({ ...second.lease, owner: 'a' }, DELIVERED)).toBe(false);
    expect(await store.settleCallback(second.lease, DELIVERED)).toBe(true);
    expect(await store.settleCallback(second.lease, RETRY)).toBe(false);
  });

  it('are given back at once by an owner that goes', async () => {
    const { store } = current();
    await createNews(store);
    const { lease } = only(await claimAll(store, 'a'));
    await store.releaseLeases('b');
    expect(await claimAll(store, 'b')).toEqual([]);
    await store.releaseLeases('a');
    only(await claimAll(store, 'b'));
    expect(await store.settleCallback(lease, DELIVERED)).toBe(false);
  });

  it('are claimed one per host, oldest due first, and none of the hosts left out', async () => {
    const { store } = current();
    const ids: string[] = [];
    for (const host of ['a.example', 'a.example', 'b.example:8443', 'c.example'])
      ids.push(await createNews(store, 'completed', `https://${host}/`));
    const first = await store.claimCallbacks('a', 10, LEASE_MS, ['c.example']);
    expect(first.map(({ job }) => job.id).toSorted()).toEqual([ids[0], ids[2]]);
    expect(first.map(({ host }) => host).toSorted()).toEqual(['a.example', 'b.example']);
    expect((await store.claimCallbacks('a', 1, LEASE_MS, [])).length).toBe(1);
    expect((await claimAll(store)).length).toBe(1);
    expect(await claimAll(store)).toEqual([]);
  });

  it('take all ports of one host for one receiver', async () => {
    const { store } = current();
    for (const port of [1001, 1002, 1003])
      await createNews(store, 'completed', `https://slow.example:${port}/`);
    const { host } = only(await claimAll(store));
    expect(host).toBe('slow.example');
    expect(await claimAll(store, 'b', [host])).toEqual([]);
    expect(await store.nextCallbackInMs([host])).toBeNull();
  });

  it('are claimed in turns: so many of one client, and none of the clients left out', async () => {
    const { store } = current();
    const add = (host: string, clientId: string) =>
      createNews(store, 'completed', `https://${host}/`, { clientId });
    for (let i = 0; i < 6; i++) await add(`flood-${i}.example`, 'flood');
    const mine = await add('quiet.example', 'quiet');
    const first = await store.claimCallbacks('a', 10, LEASE_MS, [], { perClient: 2, exceptClients: [] });
    expect(first.map(({ job }) => job.clientId).toSorted()).toEqual(['flood', 'flood', 'quiet']);
    expect(first.map(({ job }) => job.id)).toContain(mine);
    expect(await store.nextCallbackInMs([], ['flood'])).toBeGreaterThan(0);
    const without = { perClient: 9, exceptClients: ['flood'] };
    expect(await store.claimCallbacks('a', 10, LEASE_MS, [], without)).toEqual([]);
    expect((await claimAll(store)).length).toBe(4);
  });

  it('that are due further ahead than any pause are due now, but not while somebody holds them', async () => {
    const { store } = current();
    const id = await createNews(store);
    const { lease } = only(await claimAll(store));
    await store.settleCallback(lease, { ...RETRY, retryInMs: 3 * 86_400_000 });
    expect(await store.correctCallbackTimes(4 * 86_400_000)).toBe(0);
    expect(await claimAll(store)).toEqual([]);
    expect(await store.correctCallbackTimes(86_400_000)).toBe(1);
    expect(only(await store.claimCallbacks('a', 9, 3 * 86_400_000, [])).job.id).toBe(id);
    expect(await store.correctCallbackTimes(86_400_000)).toBe(0);
  });

  it('are never given to two of many concurrent claimers', async () => {
    const { store, openReplica } = current();
    const replica = (await openReplica?.()) ?? store;
    const ids = await Promise.all(
      Array.from({ length: 40 }, (_, i) => createNews(store, 'completed', `https://host-${i % 20}.example/`)),
    );
    const rounds = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        (i % 2 ? store : replica).claimCallbacks(`owner-${i}`, 7, LEASE_MS, []),
      ),
    );
    const claimed = rounds.flat().map(({ job }) => job.id);
    expect(new Set(claimed).size).toBe(claimed.length);
    const rest = [...(await claimAll(store)), ...(await claimAll(store))];
    expect([...claimed, ...rest.map(({ job }) => job.id)].toSorted()).toEqual(ids.toSorted());
  });

  it('tell the end of a job that was unknown before, from the first attempt on', async () => {
    const { store } = current();
    const { job } = await createJobIn(store, 'submission_unknown', { callbackUrl: URL_A });
    await store.raiseCallbacks(null);
    await store.settleCallback(only(await claimAll(store)).lease, RETRY);
    await store.bindUpstream(job.id, { upstreamId: 'u1', generationId: null });
    expect(await store.raiseCallbacks(null)).toBe(0);
    const [{ lease }] = (await store.claimDue('a', 1, LEASE_MS)) as [CallbackClaim];
    await store.saveStep(lease, { status: 'completed' }, { keep: false, runInMs: null });
    expect(await store.raiseCallbacks([job.id])).toBe(1);
    expect(only(await claimAll(store)).callback).toMatchObject({
      event: 'completed',
      attempts: 1,
      lastError: null,
    });
  });

  it('wait for whoever tells the state before, and are raised when it lets go', async () => {
    const { store } = current();
    const { lease, job } = await createJobIn(store, 'submission_unknown', { callbackUrl: URL_A });
    await store.raiseCallbacks([job.id]);
    const telling = only(await claimAll(store));
    await store.saveStep(lease, { status: 'written_off' }, { keep: false, runInMs: null });
    expect(await store.raiseCallbacks([job.id])).toBe(0);
    await store.settleCallback(telling.lease, null);
    expect(await store.getCallbacks([job.id])).toMatchObject([{ state: 'waiting' }]);
    expect(await store.raiseCallbacks([job.id])).toBe(1);
    expect(only(await claimAll(store)).callback.event).toBe('written_off');
  });

  it('are never raised again for a receiver that is gone', async () => {
    const { store } = current();
    const { lease, job } = await createJobIn(store, 'submission_unknown', { callbackUrl: URL_A });
    await store.raiseCallbacks([job.id]);
    const gone = { state: 'gone', error: 'answered 410', retryInMs: null } as const;
    await store.settleCallback(only(await claimAll(store)).lease, gone);
    await store.saveStep(lease, { status: 'written_off' }, { keep: false, runInMs: null });
    expect(await store.raiseCallbacks(null)).toBe(0);
    expect(await store.getCallbacks([job.id])).toMatchObject([{ state: 'gone', lastError: 'answered 410' }]);
  });
}
