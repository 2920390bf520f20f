// The contract on claims: what is due is held by one owner at a time, and by nobody longer than its lease.

import { expect, it } from 'vitest';
import { NO_LIMITS } from '../../../src/core/accounts/key.ts';
import type { StoreUnderTest } from './store-under-test.ts';
import { createClaim, createIdleJob, createIntent, createJobIn, LEASE_MS } from './store-under-test.ts';

const BY = { actor: 'alice', keyId: null, requestId: null, reason: null };
const BUDGET = {
  id: 'budget_of_studio',
  scope: { kind: 'client', id: 'studio' },
  limitMicroUsd: 1_000_000,
  period: 'none',
  timeZone: 'UTC',
  hard: true,
  thresholds: [],
  unpricedHoldMicroUsd: null,
  includeByok: false,
} as const;

export function describeLeases(current: () => StoreUnderTest): void {
  it('withdraws an order only while its owner holds it and nothing was sent', async () => {
    const { store, passTime } = current();
    const key = { key: 'k', bodyHash: 'h' };
    const { job } = await createClaim(store, { idempotency: key });
    expect(await store.withdrawJob(job.id, 'b')).toBeNull();
    expect(await store.withdrawJob('job_none', 'a')).toBeNull();
    expect(await store.withdrawJob(job.id, 'a')).toMatchObject({
      status: 'rejected',
      error: { code: 'store_unavailable' },
      finishedAt: expect.any(Number),
    });
    expect(await store.withdrawJob(job.id, 'a')).toBeNull();
    // Its key is free: the caller was told to send it again.
    await createClaim(store, { idempotency: key });
    const sent = await createJobIn(store, 'submitting');
    expect(await store.withdrawJob(sent.job.id, 'a')).toBeNull();
    await passTime(LEASE_MS + 1_000);
    expect((await store.claimDue('c', 10, LEASE_MS)).map(({ job: { id } }) => id)).not.toContain(job.id);
  });

  it('withdraws an order that waits for others to end, which no process holds', async () => {
    const { store } = current();
    await store.createBudget(BUDGET, BY);
    const slots = [{ scope: 'client', id: 'studio', max: 1, maxWaiting: 100 }] as const;
    await createClaim(store, { slots });
    const waiting = createIntent({ slots, mayWait: true });
    expect((await store.createJob(waiting, 'a', LEASE_MS)).kind).toBe('waiting');
    expect(await store.withdrawJob(waiting.id, 'a')).toMatchObject({
      status: 'rejected',
      waitingSince: null,
    });
    // What was held for it is free, and it is not sent when the other has ended.
    expect((await store.getBudget(BUDGET.id))?.use.heldMicroUsd).toBe(180_000);
    await store.putClient('studio', { limits: { ...NO_LIMITS, maxRunningJobs: 5 } }, BY);
    expect(await store.startWaiting()).toEqual({ started: 0, isWaiting: false });
  });

  it('claims what is due, oldest due first, up to the limit, once', async () => {
    const { store, passTime } = current();
    const delays = [3000, 1000, 2000, 9000];
    const ids: string[] = [];
    for (const runInMs of delays) {
      const { lease } = await createClaim(store);
      await store.saveStep(lease, {}, { keep: false, runInMs });
      ids.push(lease.jobId);
    }
    await passTime(5000);
    const claims = await store.claimDue('b', 2, LEASE_MS);
    expect(claims.map(({ job }) => job.id)).toEqual([ids[1], ids[2]]);
    expect(claims[0]!.lease).toMatchObject({ jobId: ids[1], owner: 'b' });
    expect((await store.claimDue('c', 10, LEASE_MS)).map(({ job }) => job.id)).toEqual([ids[0]]);
    expect(await store.claimDue('c', 10, LEASE_MS)).toEqual([]);
  });

  it('claims in turns: so many of one client, and none of the clients left out', async () => {
    const { store } = current();
    const add = async (clientId: string) => {
      const { lease } = await createClaim(store, { clientId });
      await store.saveStep(lease, {}, { keep: false, runInMs: 0 });
    };
    for (let i = 0; i < 6; i++) await add('flood');
    await add('quiet');
    const clients = async (limit: number, perClient: number, exceptClients: string[] = []) =>
      (await store.claimDue('a', limit, LEASE_MS, { perClient, exceptClients })).map(
        ({ job }) => job.clientId,
      );
    expect((await clients(10, 2)).toSorted()).toEqual(['flood', 'flood', 'quiet']);
    expect(await clients(10, 9, ['flood'])).toEqual([]);
    expect(await store.nextDueInMs()).toBe(0);
    expect(await store.nextDueInMs(['flood'])).toBeGreaterThan(0);
    expect(await store.nextDueInMs(['flood', 'quiet', 'third'])).toBeNull();
    expect(await clients(3, 9)).toEqual(['flood', 'flood', 'flood']);
  });

  it('makes due now what is due further ahead than any pause, and leaves a submit to its lease', async () => {
    const { store } = current();
    const DAY = 86_400_000;
    const longest = { polledMs: 60_000, otherMs: DAY };
    const later = async (status: 'pending' | 'completed' | 'queued', runInMs: number) => {
      const { job, lease } =
        status === 'queued' ? await createClaim(store) : await createJobIn(store, status);
      await store.saveStep(lease, {}, { keep: false, runInMs });
      return job.id;
    };
    const wrong = [
      await later('pending', 61_000),
      await later('completed', 3 * DAY),
      await later('queued', 3 * DAY),
    ];
    await later('pending', 59_000);
    await later('completed', DAY - 1_000);
    await later('queued', DAY - 1_000);
    const submitting = await createJobIn(store, 'submitting');
    await store.saveStep(submitting.lease, { submitAttempts: 1 }, { keep: true, leaseMs: 3 * DAY });
    expect(await store.correctDueTimes(longest)).toBe(3);
    expect((await store.claimDue('b', 10, LEASE_MS)).map(({ job }) => job.id).toSorted()).toEqual(
      wrong.toSorted(),
    );
    expect(await store.correctDueTimes(longest)).toBe(0);
    expect(
      await store.saveStep(submitting.lease, { submitAttempts: 2 }, { keep: true, leaseMs: 1 }),
    ).not.toBeNull();
  });

  it('takes waits that are no whole number of milliseconds', async () => {
    const { store, passTime } = current();
    const { job, lease } = await createClaim(store);
    await store.saveStep(lease, { status: 'submitting' }, { keep: true, leaseMs: 60_000.7 });
    const accepted = { status: 'pending', upstreamId: 'gen-vid-fraction' } as const;
    expect(await store.saveStep(lease, accepted, { keep: false, runInMs: 215.937_358 })).toMatchObject(
      accepted,
    );
    await passTime(1_000);
    expect((await store.claimDue('b', 10, LEASE_MS)).map((claim) => claim.job.id)).toEqual([job.id]);
  });

  it('raises the token with every claim and leaves the version alone', async () => {
    const { store, passTime } = current();
    const { job, lease } = await createClaim(store);
    await passTime(LEASE_MS + 1000);
    const [second] = await store.claimDue('b', 1, LEASE_MS);
    expect(second?.job).toEqual(job);
    expect(second!.lease.token).toBeGreaterThan(lease.token);
    await passTime(LEASE_MS + 1000);
    const [third] = await store.claimDue('a', 1, LEASE_MS);
    expect(third!.lease.token).toBeGreaterThan(second!.lease.token);
  });

  it('lets nobody take a job whose lease still runs, and refuses the old holder after another took it', async () => {
    const { store, passTime } = current();
    const { lease } = await createClaim(store);
    await passTime(LEASE_MS - 5000);
    expect(await store.claimDue('b', 1, LEASE_MS)).toEqual([]);
    await passTime(10_000);
    const [claim] = await store.claimDue('b', 1, LEASE_MS);
    const after = { keep: true, leaseMs: LEASE_MS } as const;
    expect(await store.saveStep(lease, { status: 'submitting' }, after)).toBeNull();
    expect(await store.getJob(lease.jobId, 'studio')).toMatchObject({ status: 'queued', version: 1 });
    expect(await store.saveStep(claim!.lease, { status: 'submitting' }, after)).toMatchObject({ version: 2 });
  });

  it('tells the holder from itself in an earlier claim', async () => {
    const { store, passTime } = current();
    const { lease } = await createClaim(store);
    await passTime(LEASE_MS + 1000);
    await store.claimDue('a', 1, LEASE_MS);
    expect(await store.saveStep(lease, { polls: 9 }, { keep: false, runInMs: null })).toBeNull();
  });

  it('lets a holder write on after its lease ran out while nobody took the job', async () => {
    const { store, passTime } = current();
    const { lease } = await createJobIn(store, 'submitting');
    await passTime(LEASE_MS + 1000);
    const saved = await store.saveStep(lease, { status: 'rejected' }, { keep: false, runInMs: null });
    expect(saved).toMatchObject({ status: 'rejected' });
  });

  it('renews a lease with each step that keeps it', async () => {
    const { store, passTime } = current();
    const { lease } = await createClaim(store);
    await passTime(LEASE_MS - 5000);
    await store.saveStep(lease, { polls: 1 }, { keep: true, leaseMs: LEASE_MS });
    await passTime(LEASE_MS - 5000);
    expect(await store.claimDue('b', 1, LEASE_MS)).toEqual([]);
  });

  it('never gives one job to two of many concurrent claimers', async () => {
    const { store, openReplica } = current();
    const replica = (await openReplica?.()) ?? store;
    const ids = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const { lease } = await createClaim(store);
        await store.saveStep(lease, {}, { keep: false, runInMs: 0 });
        return lease.jobId;
      }),
    );
    const rounds = await Promise.all(
      Array.from({ length: 60 }, (_, i) => (i % 2 ? store : replica).claimDue(`owner-${i}`, 7, LEASE_MS)),
    );
    for (const claims of rounds) expect(claims.length).toBeLessThanOrEqual(7);
    const claimed = rounds.flat().map(({ job }) => job.id);
    expect(new Set(claimed).size).toBe(claimed.length);
    expect(claimed.toSorted()).toEqual(ids.toSorted());
  });

  it('releases the leases of one owner, due at once', async () => {
    const { store } = current();
    const mine = await createJobIn(store, 'submitting');
    await createClaim(store, {}, 'b');
    await store.releaseLeases('a');
    expect(await store.saveStep(mine.lease, { polls: 1 }, { keep: true, leaseMs: 1 })).toBeNull();
    const claims = await store.claimDue('c', 10, LEASE_MS);
    expect(claims.map(({ job }) => job)).toEqual([mine.job]);
  });

  it('never makes a job due again that ended without a clip, whatever it is asked', async () => {
    const { store, passTime } = current();
    const keep = { keep: true, leaseMs: 10 } as const;
    const soon = { keep: false, runInMs: 0 } as const;
    const endings = [
      [{ status: 'rejected' }, keep],
      [{ status: 'rejected' }, soon],
    ] as const;
    for (const [change, after] of endings) {
      const ended = await createJobIn(store, 'submitting');
      await store.saveStep(ended.lease, change, after);
      const touched = await createJobIn(store, 'failed');
      await store.saveStep(touched.lease, { polls: 3 }, after);
    }
    await passTime(LEASE_MS * 2);
    expect(await store.claimDue('b', 10, LEASE_MS)).toEqual([]);
    await store.releaseLeases('a');
    expect(await store.claimDue('b', 10, LEASE_MS)).toEqual([]);
    expect(await store.nextDueInMs()).toBeNull();
  });

  it('makes a completed job due again where its clip is still to be fetched, without counting that as a change', async () => {
    const { store, passTime } = current();
    const { job, lease } = await createJobIn(store, 'completed');
    expect(await store.saveStep(lease, {}, { keep: false, runInMs: 5_000 })).toEqual(job);
    expect(await store.claimDue('b', 10, LEASE_MS)).toEqual([]);
    await passTime(5_000);
    const [claim] = await store.claimDue('b', 10, LEASE_MS);
    expect(claim?.job).toEqual(job);
  });

  it('says how long until the next job can be claimed', async () => {
    const { store, passTime } = current();
    expect(await store.nextDueInMs()).toBeNull();
    await createIdleJob(store, 'queued');
    expect(await store.nextDueInMs()).toBeNull();

    const leased = await createClaim(store);
    const untilLeaseEnds = await store.nextDueInMs();
    expect(untilLeaseEnds).toBeGreaterThan(LEASE_MS - 5000);
    expect(untilLeaseEnds).toBeLessThanOrEqual(LEASE_MS);

    await store.saveStep(leased.lease, {}, { keep: false, runInMs: 20_000 });
    const untilDue = await store.nextDueInMs();
    expect(untilDue).toBeGreaterThan(15_000);
    expect(untilDue).toBeLessThanOrEqual(20_000);
    await passTime(25_000);
    expect(await store.nextDueInMs()).toBe(0);
  });
}
