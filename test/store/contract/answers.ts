// The contract on answers to orders: one that was lost is claimed once, whoever owed it and however many look for it.

import { expect, it } from 'vitest';
import type { AnswerSearch } from '../../../src/store/ports/answers.ts';
import { createIntent, expectCreated, LEASE_MS, type StoreUnderTest } from './store-under-test.ts';

const HOLD_MS = 150_000;
const MINUTE_MS = 60_000;

const search = (change: Partial<AnswerSearch> = {}): AnswerSearch => ({
  clientId: 'studio',
  fingerprint: 'f',
  token: 'next',
  holdMs: HOLD_MS,
  owner: 'a',
  liveTokens: [],
  givenUpAfterMs: null,
  isRetry: false,
  ...change,
});

export function describeAnswers(current: () => StoreUnderTest): void {
  async function make(token: string, owner = 'a', clientId = 'studio'): Promise<string> {
    const answer = { fingerprint: 'f', token, holdMs: HOLD_MS };
    const intent = createIntent({ clientId, answer });
    return expectCreated(await current().store.createJob(intent, owner, LEASE_MS)).job.id;
  }

  it('hands a lost one to the next identical order, and to no other', async () => {
    const { store } = current();
    const id = await make('t1');
    expect(await store.claimUnanswered(search({ liveTokens: ['t1'] }))).toEqual({ kind: 'none' });
    await store.settleAnswer('t1', false);
    expect(await store.claimUnanswered(search({ clientId: 'agency' }))).toEqual({ kind: 'none' });
    expect(await store.claimUnanswered(search({ fingerprint: 'g' }))).toEqual({ kind: 'none' });
    expect(await store.claimUnanswered(search())).toMatchObject({ kind: 'claimed', job: { id } });
    expect(await store.claimUnanswered(search({ token: 'x', liveTokens: ['next'] }))).toEqual({
      kind: 'none',
    });
    await store.settleAnswer('next', true);
    expect(await store.claimUnanswered(search({ token: 'y' }))).toEqual({ kind: 'none' });
  });

  it('hands out two lost ones once each, whoever looks at the same time', async () => {
    const { store, openReplica } = current();
    const replica = (await openReplica?.()) ?? store;
    const ids = [await make('t1'), await make('t2')];
    await store.settleAnswer('t1', false);
    await store.settleAnswer('t2', false);
    const tokens = ['n1', 'n2', 'n3', 'n4'];
    const claims = await Promise.all(
      tokens.map((token, index) =>
        (index % 2 ? store : replica).claimUnanswered(search({ token, owner: 'b', liveTokens: tokens })),
      ),
    );
    const jobs = claims.flatMap((claim) => (claim.kind === 'claimed' ? [claim.job.id] : []));
    expect(jobs.sort()).toEqual(ids.sort());
  });

  it('waits for another process, for as long as it may live, or until it gives up', async () => {
    const { store, passTime } = current();
    const id = await make('t1', 'dying');
    expect(await store.claimUnanswered(search())).toEqual({ kind: 'elsewhere' });
    await passTime(HOLD_MS + 1);
    expect(await store.claimUnanswered(search())).toMatchObject({ kind: 'claimed', job: { id } });
    await store.settleAnswer('next', true);
    await make('t2', 'leaving');
    await store.releaseLeases('leaving');
    expect(await store.claimUnanswered(search({ token: 'z' }))).toMatchObject({ kind: 'claimed' });
  });

  it('forgets after an hour, and what was not bought at once', async () => {
    const { store, passTime } = current();
    await make('t1');
    await store.settleAnswer('t1', false);
    await passTime(61 * MINUTE_MS);
    expect(await store.claimUnanswered(search())).toEqual({ kind: 'none' });
    const id = await make('t2', 'a');
    await store.settleAnswer('t2', false);
    expect(await store.withdrawJob(id, 'a')).toMatchObject({ status: 'rejected' });
    expect(await store.claimUnanswered(search())).toEqual({ kind: 'none' });
  });

  it('takes an answered one for given up where it is asked to and the job has not ended', async () => {
    const { store, passTime } = current();
    const id = await make('t1');
    await store.settleAnswer('t1', true);
    const patient = search({ givenUpAfterMs: 10 * MINUTE_MS });
    expect(await store.claimUnanswered(patient)).toEqual({ kind: 'none' });
    await passTime(10 * MINUTE_MS);
    expect(await store.claimUnanswered(search())).toEqual({ kind: 'none' });
    expect(await store.claimUnanswered(patient)).toMatchObject({ kind: 'claimed', job: { id } });
  });

  it('takes an answered one from a client that says it sends the order again, for a minute, the longest waiting first', async () => {
    const { store, passTime } = current();
    const ids: string[] = [];
    for (const token of ['t1', 't2']) {
      ids.push(await make(token));
      await store.settleAnswer(token, true);
      await passTime(5);
    }
    expect(await store.claimUnanswered(search())).toEqual({ kind: 'none' });
    for (const [index, id] of [...ids, ids[0] ?? ''].entries()) {
      const retry = search({ isRetry: true, token: `r${index}` });
      expect(await store.claimUnanswered(retry)).toMatchObject({ kind: 'claimed', job: { id } });
      await store.settleAnswer(`r${index}`, true);
      await passTime(5);
    }
    await passTime(2 * MINUTE_MS);
    expect(await store.claimUnanswered(search({ isRetry: true }))).toEqual({ kind: 'none' });
  });

  it('is removed after a day', async () => {
    const { store, passTime } = current();
    await make('t1');
    await make('t2');
    expect(await store.purgeAnswers(10)).toBe(0);
    await passTime(24 * 60 * MINUTE_MS + 1);
    expect(await store.purgeAnswers(1)).toBe(1);
    expect(await store.purgeAnswers(10)).toBe(1);
  });
}
