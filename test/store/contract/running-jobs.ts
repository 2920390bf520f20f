// The contract on jobs that run at once: never more than may, on any replica; what waits is sent oldest first.

import { expect, it } from 'vitest';
import { NO_LIMITS } from '../../../src/core/accounts/key.ts';
import type { JobStatus } from '../../../src/core/job/job.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import type { JobIntent } from '../../../src/store/ports/jobs.ts';
import type { StoreUnderTest } from './store-under-test.ts';
import { createIntent, createJobIn, LEASE_MS } from './store-under-test.ts';

const BY = { actor: 'alice', keyId: null, requestId: null, reason: null };

const slotsOf = (max: number, client = 'studio'): Partial<JobIntent> => ({
  clientId: client,
  slots: [{ scope: 'client', id: client, max, maxWaiting: 100 }],
});

const allow = (store: JobStore, maxRunningJobs: number | null, client = 'studio') =>
  store.putClient(client, { limits: { ...NO_LIMITS, maxRunningJobs } }, BY);

async function outcomeOf(store: JobStore, intent: Partial<JobIntent>): Promise<string> {
  try {
    return (await store.createJob(createIntent(intent), 'a', LEASE_MS)).kind;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

export function describeRunningJobs(current: () => StoreUnderTest): void {
  it('lets as many run as may, of many ordered at once on every replica', async () => {
    const { store, openReplica } = current();
    const replica = (await openReplica?.()) ?? store;
    await allow(store, 3);
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, nth) => outcomeOf(nth % 2 ? store : replica, slotsOf(3))),
    );
    expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(3);
    expect(outcomes.filter((outcome) => outcome === 'too_many_running_jobs')).toHaveLength(27);
    expect(await outcomeOf(store, { clientId: 'agency' })).toBe('created');
    expect(await outcomeOf(store, slotsOf(4))).toBe('created');
  });

  it('leaves nothing of a refusal: its Idempotency-Key is free', async () => {
    const { store } = current();
    await allow(store, 1);
    const { lease } = await createJobIn(store, 'pending', slotsOf(1), { upstreamId: 'gen-vid-1' });
    const idempotency = { key: 'k1', bodyHash: 'h1' };
    expect(await outcomeOf(store, { ...slotsOf(1), idempotency })).toBe('too_many_running_jobs');
    expect(await store.findIdempotent('studio', 'k1')).toBeNull();
    await store.saveStep(lease, { status: 'failed' }, { keep: false, runInMs: null });
    expect(await outcomeOf(store, { ...slotsOf(1), idempotency })).toBe('created');
    // A replay buys nothing, so it is no job more.
    expect(await outcomeOf(store, { ...slotsOf(1), idempotency })).toBe('replayed');
  });

  it.each<[status: JobStatus, outcome: string]>([
    ['queued', 'too_many_running_jobs'],
    ['submitting', 'too_many_running_jobs'],
    ['pending', 'too_many_running_jobs'],
    ['in_progress', 'too_many_running_jobs'],
    ['completed', 'created'],
    ['failed', 'created'],
    ['rejected', 'created'],
    ['expired', 'created'],
    ['not_accepted', 'created'],
    ['written_off', 'created'],
  ])('counts a job that is %s: %s', async (status, outcome) => {
    const { store } = current();
    await allow(store, 1);
    await createJobIn(store, status);
    expect(await outcomeOf(store, slotsOf(1))).toBe(outcome);
  });

  it('counts a submit with an unknown outcome for two hours', async () => {
    const { store } = current();
    await allow(store, 1);
    await createJobIn(store, 'submission_unknown', {}, { submittedAt: FAR_FUTURE });
    expect(await outcomeOf(store, slotsOf(1))).toBe('too_many_running_jobs');
    const old = await createJobIn(store, 'submission_unknown', { clientId: 'agency' }, { submittedAt: 1 });
    expect(old.job.submittedAt).toBe(1);
    await allow(store, 1, 'agency');
    expect(await outcomeOf(store, slotsOf(1, 'agency'))).toBe('created');
  });

  it('counts by key beside the client', async () => {
    const { store } = current();
    await allow(store, 5);
    const slots = [
      { scope: 'key', id: 'key_1', max: 1, maxWaiting: 100 },
      { scope: 'client', id: 'studio', max: 2, maxWaiting: 100 },
    ] as const;
    expect(await outcomeOf(store, { keyId: 'key_1', slots })).toBe('created');
    expect(await outcomeOf(store, { keyId: 'key_1', slots })).toBe('too_many_running_jobs');
    const other = [{ ...slots[0], id: 'key_2' }, slots[1]];
    expect(await outcomeOf(store, { keyId: 'key_2', slots: other })).toBe('created');
    expect(await outcomeOf(store, { keyId: 'key_3', slots: [slots[1]] })).toBe('too_many_running_jobs');
  });

  it('has jobs wait that may, and sends them oldest first, each client for itself', async () => {
    const { store, passTime } = current();
    const wait = async (client: string): Promise<string> => {
      await passTime(5);
      const intent = createIntent({ ...slotsOf(1, client), mayWait: true });
      const result = await store.createJob(intent, 'a', LEASE_MS);
      expect(result).toMatchObject({ kind: 'waiting', job: { status: 'queued' } });
      return intent.id;
    };
    const running = new Map<string, Awaited<ReturnType<typeof createJobIn>>>();
    for (const client of ['studio', 'agency']) {
      await allow(store, 1, client);
      running.set(client, await createJobIn(store, 'submitting', slotsOf(1, client)));
    }
    const first = await wait('studio');
    const second = await wait('studio');
    const other = await wait('agency');
    expect(await store.startWaiting()).toEqual({ started: 0, isWaiting: true });
    expect((await store.claimDue('b', 10, LEASE_MS)).map(({ job }) => job.id)).toEqual([]);

    const end = async (client: string) => {
      const claim = running.get(client);
      if (!claim) throw new Error(client);
      await store.saveStep(claim.lease, { status: 'rejected' }, { keep: false, runInMs: null });
    };
    await end('studio');
    expect(await store.startWaiting()).toEqual({ started: 1, isWaiting: true });
    // It has the slot from then on, claimed or not.
    expect(await store.startWaiting()).toEqual({ started: 0, isWaiting: true });
    const claims = await store.claimDue('b', 10, LEASE_MS);
    expect(claims.map(({ job }) => job.id)).toEqual([first]);
    await end('agency');
    expect(await store.startWaiting()).toEqual({ started: 1, isWaiting: true });
    expect((await store.claimDue('b', 10, LEASE_MS)).map(({ job }) => job.id)).toEqual([other]);

    await allow(store, null);
    expect(await store.startWaiting()).toEqual({ started: 1, isWaiting: false });
    expect((await store.claimDue('b', 10, LEASE_MS)).map(({ job }) => job.id)).toEqual([second]);
  });

  it('lets no more wait than may, of many ordered at once on every replica, and counts each key for itself', async () => {
    const { store, openReplica } = current();
    const replica = (await openReplica?.()) ?? store;
    await allow(store, 1);
    const slots = [
      { scope: 'client', id: 'studio', max: 1, maxWaiting: 5 },
      { scope: 'key', id: 'key_1', max: null, maxWaiting: 3 },
    ] as const;
    const { lease } = await createJobIn(store, 'submitting', { clientId: 'studio', slots });
    const wait = (on: JobStore, keyId: string, of: NonNullable<JobIntent['slots']>) =>
      outcomeOf(on, { clientId: 'studio', keyId, slots: of, mayWait: true });
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, nth) => wait(nth % 2 ? store : replica, 'key_1', slots)),
    );
    expect(outcomes.filter((outcome) => outcome === 'waiting')).toHaveLength(3);
    expect(outcomes.filter((outcome) => outcome === 'too_many_waiting_jobs')).toHaveLength(9);
    const others = await Promise.all(
      Array.from({ length: 6 }, (_, nth) => wait(nth % 2 ? store : replica, 'key_2', [slots[0]])),
    );
    expect(others.filter((outcome) => outcome === 'waiting')).toHaveLength(2);
    // What may not wait is refused for what runs, and what has been sent waits no more.
    expect(await outcomeOf(store, { clientId: 'studio', slots })).toBe('too_many_running_jobs');
    await store.saveStep(lease, { status: 'rejected' }, { keep: false, runInMs: null });
    await store.startWaiting();
    expect(await wait(store, 'key_2', [slots[0]])).toBe('waiting');
  });

  it('counts keys that replaced one another as one, running and waiting', async () => {
    const { store } = current();
    const limits = { ...NO_LIMITS, maxRunningJobs: 2 };
    const made = { last4: null, name: null, models: null, expiresAt: null, scopes: ['write'] as const };
    const [a, b] = ['a', 'b'].map((letter) => letter.repeat(64)) as [string, string];
    const first = { ...made, id: 'key_1', client: 'studio', limits, sha256: a };
    await store.createKey(first, BY, null);
    const { key } = await store.rotateKey('key_1', { id: 'key_2', sha256: b, last4: null }, 60_000, BY, null);
    expect(key.line).toBe('key_1');
    const slots = [{ scope: 'key', id: key.line, max: 2, maxWaiting: 2 }] as const;
    const outcomeWith = (keyId: string, mayWait = false) =>
      outcomeOf(store, { clientId: 'studio', keyId, slots, mayWait });
    const { lease } = await createJobIn(store, 'submitting', { clientId: 'studio', keyId: 'key_1', slots });
    expect(await outcomeWith('key_2')).toBe('created');
    for (const id of ['key_1', 'key_2']) expect(await outcomeWith(id)).toBe('too_many_running_jobs');
    for (const id of ['key_1', 'key_2']) expect(await outcomeWith(id, true)).toBe('waiting');
    for (const id of ['key_1', 'key_2']) expect(await outcomeWith(id, true)).toBe('too_many_waiting_jobs');
    await store.saveStep(lease, { status: 'rejected' }, { keep: false, runInMs: null });
    expect(await store.startWaiting()).toEqual({ started: 1, isWaiting: true });
  });

  it('starts each waiting job once, of many at once on every replica', async () => {
    const { store, openReplica } = current();
    const replica = (await openReplica?.()) ?? store;
    await allow(store, 1);
    const { lease } = await createJobIn(store, 'submitting', slotsOf(1));
    for (let nth = 0; nth < 6; nth += 1) {
      await store.createJob(createIntent({ ...slotsOf(1), mayWait: true }), 'a', LEASE_MS);
    }
    await allow(store, 3);
    await store.saveStep(lease, { status: 'rejected' }, { keep: false, runInMs: null });
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, nth) => (nth % 2 ? store : replica).startWaiting()),
    );
    expect(results.reduce((sum, { started }) => sum + started, 0)).toBe(3);
    expect(await store.claimDue('b', 10, LEASE_MS)).toHaveLength(3);
  });
}

/** Later than any clock of a store under test. */
const FAR_FUTURE = Date.UTC(2200, 0, 1);
