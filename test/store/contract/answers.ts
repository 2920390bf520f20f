// The contract on answers to orders: one that was lost is claimed once, whoever owed it and however many look for it.

import { describe, expect, it } from 'vitest';
import type { OrderSearch } from '../../../src/store/ports/answers.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import { createIntent, expectCreated, LEASE_MS, type StoreUnderTest } from './store-under-test.ts';

const HOLD_MS = 150_000;
const RECORD_MS = 30_000;
const MINUTE_MS = 60_000;

const search = (change: Partial<OrderSearch> = {}): OrderSearch => ({
  clientId: 'studio',
  fingerprint: 'f',
  token: 'next',
  recordMs: RECORD_MS,
  holdMs: HOLD_MS,
  owner: 'a',
  liveTokens: () => [],
  givenUpAfterMs: null,
  isRetry: false,
  ...change,
});

export function describeAnswers(current: () => StoreUnderTest): void {
  const open = async (): Promise<JobStore> => (await current().openReplica?.()) ?? current().store;

  const record = (token: string, owner = 'a', store = current().store) =>
    store.createJob(createIntent({ answer: { token, holdMs: HOLD_MS } }), owner, LEASE_MS);

  /** An order that begins and is on record, beside those that are answered. */
  async function make(token: string, owner = 'a', live: readonly string[] = []): Promise<string> {
    const begun = search({ token, owner, liveTokens: () => live });
    expect(await current().store.beginOrder(begun)).toEqual({ kind: 'none' });
    return expectCreated(await record(token, owner)).job.id;
  }

  it('hands a lost one to the next identical order, and to no other', async () => {
    const { store } = current();
    const id = await make('t1');
    await store.settleAnswer('t1', false);
    const others = [search({ token: 'o1', clientId: 'agency' }), search({ token: 'o2', fingerprint: 'g' })];
    for (const other of others) expect(await store.beginOrder(other)).toEqual({ kind: 'none' });
    expect(await store.beginOrder(search())).toMatchObject({ kind: 'claimed', job: { id } });
    expect(await store.beginOrder(search({ token: 'x', liveTokens: () => ['next'] }))).toEqual({
      kind: 'none',
    });
    await store.settleAnswer('x', false);
    await store.settleAnswer('next', true);
    expect(await store.beginOrder(search({ token: 'y' }))).toEqual({ kind: 'none' });
  });

  it('leaves those that are being answered beside it', async () => {
    const { store } = current();
    await make('t1');
    expect(await store.beginOrder(search({ liveTokens: () => ['t1'] }))).toEqual({ kind: 'none' });
    expectCreated(await record('next'));
  });

  it('hands out two lost ones once each, whoever looks at the same time', async () => {
    const { store } = current();
    const replica = await open();
    const ids = [await make('t1'), await make('t2', 'a', ['t1'])];
    await store.settleAnswer('t1', false);
    await store.settleAnswer('t2', false);
    const tokens = ['n1', 'n2', 'n3', 'n4'];
    const claims = await Promise.all(
      tokens.map((token, index) =>
        (index % 2 ? store : replica).beginOrder(search({ token, owner: 'b', liveTokens: () => tokens })),
      ),
    );
    const jobs = claims.flatMap((claim) => (claim.kind === 'claimed' ? [claim.job.id] : []));
    expect(jobs.sort()).toEqual(ids.sort());
  });

  it('waits for another process, for as long as it may live, or until it gives up', async () => {
    const { store, passTime } = current();
    const id = await make('t1', 'dying');
    expect(await store.beginOrder(search())).toEqual({ kind: 'elsewhere' });
    await passTime(RECORD_MS);
    expect(await store.lookAgain(search())).toEqual({ kind: 'elsewhere' });
    await passTime(HOLD_MS + 1 - RECORD_MS);
    expect(await store.lookAgain(search())).toMatchObject({ kind: 'claimed', job: { id } });
    await store.settleAnswer('next', true);
    await make('t2', 'leaving');
    await store.releaseLeases('leaving');
    expect(await store.beginOrder(search({ token: 'z' }))).toMatchObject({ kind: 'claimed' });
  });

  describe('of an order that is not on record yet', () => {
    const GIVEN_UP = { code: 'order_given_up' };
    const ofA = search({ token: 'A', owner: 'a' });
    const ofB = search({ token: 'B', owner: 'b' });

    it('is waited for by the same order elsewhere, and its job is claimed if the answer is lost', async () => {
      const [store, replica] = [current().store, await open()];
      expect(await store.beginOrder(ofA)).toEqual({ kind: 'none' });
      expect(await replica.beginOrder(ofB)).toEqual({ kind: 'elsewhere' });
      const { job } = expectCreated(await record('A', 'a'));
      expect(await replica.lookAgain(ofB)).toEqual({ kind: 'elsewhere' });
      await store.settleAnswer('A', false);
      expect(await replica.lookAgain(ofB)).toMatchObject({ kind: 'claimed', job: { id: job.id } });
      // Answered as B's from now on.
      await replica.settleAnswer('B', false);
      expect(await store.beginOrder(search({ token: 'C' }))).toMatchObject({ kind: 'claimed' });
    });

    it('gives it up where its client hung up: the other order is bought, and it is not', async () => {
      const [store, replica] = [current().store, await open()];
      await store.beginOrder(ofA);
      await replica.beginOrder(ofB);
      await store.settleAnswer('A', false);
      expect(await replica.lookAgain(ofB)).toEqual({ kind: 'none' });
      await expect(record('A', 'a')).rejects.toMatchObject(GIVEN_UP);
      expectCreated(await record('B', 'b', replica));
    });

    it('gives up one of the same process whose client is no longer there, before that is noted', async () => {
      const { store } = current();
      await store.beginOrder(ofA);
      expect(await store.beginOrder(search())).toEqual({ kind: 'none' });
      await expect(record('A')).rejects.toMatchObject(GIVEN_UP);
      expectCreated(await record('next'));
    });

    it('outlives nothing but its process: a dead one blocks the order for half a minute at most', async () => {
      const { store, passTime } = current();
      await store.beginOrder(ofA);
      expect(await store.beginOrder(ofB)).toEqual({ kind: 'elsewhere' });
      await passTime(RECORD_MS / 2);
      expect(await store.lookAgain(ofB)).toEqual({ kind: 'elsewhere' });
      await passTime(RECORD_MS / 2 + 1);
      // B's process is not dead: it has looked since.
      expect(await store.beginOrder(search({ token: 'C', owner: 'c' }))).toEqual({ kind: 'elsewhere' });
      expect(await store.lookAgain(ofB)).toEqual({ kind: 'none' });
      // The process was not dead, but stood still.
      await expect(record('A', 'a')).rejects.toMatchObject(GIVEN_UP);
      await expect(store.lookAgain(ofA)).rejects.toMatchObject(GIVEN_UP);
      expectCreated(await record('B', 'b'));
    });

    it('is given up with the process that leaves', async () => {
      const { store } = current();
      await store.beginOrder(ofA);
      await store.releaseLeases('a');
      expect(await store.beginOrder(ofB)).toEqual({ kind: 'none' });
    });

    it('waits for none that began later: two that are alive are two jobs, one after the other', async () => {
      const [store, replica] = [current().store, await open()];
      expect(await store.beginOrder(ofA)).toEqual({ kind: 'none' });
      expect(await replica.beginOrder(ofB)).toEqual({ kind: 'elsewhere' });
      expect(await store.lookAgain(ofA)).toEqual({ kind: 'none' });
      expectCreated(await record('A', 'a'));
      await store.settleAnswer('A', true);
      expect(await replica.lookAgain(ofB)).toEqual({ kind: 'none' });
      expectCreated(await record('B', 'b', replica));
    });

    it('begins before or after another, whichever processes they begin in', async () => {
      const stores = [current().store, await open()];
      const tokens = Array.from({ length: 8 }, (_, index) => `n${index}`);
      const begun = await Promise.all(
        tokens.map(async (token, index) => {
          const owner = index % 2 ? 'b' : 'a';
          const of = search({ token, owner, liveTokens: () => tokens });
          const { kind } = await (stores[index % 2] ?? current().store).beginOrder(of);
          return { owner, kind };
        }),
      );
      // Whoever began first, and those beside it: all others found it.
      const free = begun.filter(({ kind }) => kind === 'none').map(({ owner }) => owner);
      expect(new Set(free).size).toBe(1);
      expect(new Set(begun.map(({ kind }) => kind))).toEqual(new Set(['none', 'elsewhere']));
    });

    it('that is being recorded while another looks is claimed or refused, and never bought beside it', async () => {
      const { store } = current();
      const replica = await open();
      for (let round = 0; round < 10; round++) {
        const of = (token: string) => search({ token: `${token}${round}`, fingerprint: `f${round}` });
        await store.beginOrder(of('A'));
        // The same process, whose client of A has gone: one of the two comes first.
        const [made, claim] = await Promise.all([
          record(`A${round}`).catch((error: unknown) => error),
          replica.beginOrder(of('B')),
        ]);
        if (claim.kind === 'claimed') expect(expectCreated(made as never).job.id).toBe(claim.job.id);
        else {
          expect(claim).toEqual({ kind: 'none' });
          expect(made).toMatchObject(GIVEN_UP);
        }
      }
    });
  });

  it('forgets after an hour, and what was not bought at once', async () => {
    const { store, passTime } = current();
    await make('t1');
    await store.settleAnswer('t1', false);
    await passTime(61 * MINUTE_MS);
    const id = await make('t2', 'a');
    await store.settleAnswer('t2', false);
    expect(await store.withdrawJob(id, 'a')).toMatchObject({ status: 'rejected' });
    expect(await store.beginOrder(search())).toEqual({ kind: 'none' });
  });

  it('takes an answered one for given up where it is asked to and the job has not ended', async () => {
    const { store, passTime } = current();
    const id = await make('t1');
    await store.settleAnswer('t1', true);
    const ask = async (token: string, givenUpAfterMs: number | null) => {
      const claim = await store.beginOrder(search({ token, givenUpAfterMs }));
      if (claim.kind === 'none') await store.settleAnswer(token, false);
      return claim;
    };
    expect(await ask('x', 10 * MINUTE_MS)).toEqual({ kind: 'none' });
    await passTime(10 * MINUTE_MS);
    expect(await ask('y', null)).toEqual({ kind: 'none' });
    expect(await ask('z', 10 * MINUTE_MS)).toMatchObject({ kind: 'claimed', job: { id } });
  });

  it('takes an answered one from a client that says it sends the order again, for a minute, the longest waiting first', async () => {
    const { store, passTime } = current();
    const ids: string[] = [];
    for (const token of ['t1', 't2']) {
      ids.push(await make(token));
      await store.settleAnswer(token, true);
      await passTime(5);
    }
    expect(await store.beginOrder(search())).toEqual({ kind: 'none' });
    await store.settleAnswer('next', false);
    for (const [index, id] of [...ids, ids[0] ?? ''].entries()) {
      const retry = search({ isRetry: true, token: `r${index}` });
      expect(await store.beginOrder(retry)).toMatchObject({ kind: 'claimed', job: { id } });
      await store.settleAnswer(`r${index}`, true);
      await passTime(5);
    }
    await passTime(2 * MINUTE_MS);
    expect(await store.beginOrder(search({ isRetry: true, token: 'late' }))).toEqual({ kind: 'none' });
  });

  it('is removed after a day, with or without a job', async () => {
    const { store, passTime } = current();
    await make('t1');
    await store.beginOrder(search({ token: 't2', fingerprint: 'g' }));
    expect(await store.purgeAnswers(10)).toBe(0);
    await passTime(24 * 60 * MINUTE_MS + 1);
    expect(await store.purgeAnswers(1)).toBe(1);
    expect(await store.purgeAnswers(10)).toBe(1);
  });
}
