// The contract on early webhooks: each kept once, handed out when due, again until it is dropped, and never too many.

import { expect, it } from 'vitest';
import type { StoreUnderTest } from './store-under-test.ts';

const webhook = (nonce: string, upstreamId = 'gen-vid-1', status = 'completed') => ({
  nonce,
  upstreamId,
  status,
});

export function describeInbox(current: () => StoreUnderTest): void {
  it('keeps one of each, due when asked', async () => {
    const { store, passTime } = current();
    expect(await store.nextWebhookInMs()).toBeNull();
    for (let i = 0; i < 3; i += 1) expect(await store.keepWebhook(webhook('a'), 5_000)).toBe(true);
    expect(await store.claimWebhooks(10, 1_000)).toEqual([]);
    const wait = await store.nextWebhookInMs();
    expect(wait).toBeGreaterThan(3_000);
    expect(wait).toBeLessThanOrEqual(5_000);
    await passTime(6_000);
    expect(await store.nextWebhookInMs()).toBe(0);
    const claimed = await store.claimWebhooks(10, 10_000);
    expect(claimed).toEqual([{ ...webhook('a'), receivedAt: claimed[0]?.receivedAt }]);
    expect(Number.isInteger(claimed[0]?.receivedAt)).toBe(true);
  });

  it('hands each to one claimer, and again where it was not dropped', async () => {
    const { store, passTime, openReplica } = current();
    const replica = (await openReplica?.()) ?? store;
    for (const nonce of ['a', 'b', 'c']) await store.keepWebhook(webhook(nonce), 0);
    const rounds = await Promise.all(
      [store, replica, store, replica].map((one) => one.claimWebhooks(2, 20_000)),
    );
    const nonces = rounds.flat().map(({ nonce }) => nonce);
    expect(new Set(nonces).size).toBe(nonces.length);
    expect(nonces.length).toBeGreaterThanOrEqual(2);
    await passTime(25_000);
    await store.dropWebhook(webhook('b'));
    await store.deferWebhook(webhook('c'), 60_000);
    expect((await store.claimWebhooks(10, 20_000)).map(({ nonce }) => nonce)).toEqual(['a']);
  });

  it('is bounded for each nonce, and still says that it has what it has', async () => {
    const { store } = current();
    for (let i = 0; i < 8; i += 1)
      expect(await store.keepWebhook(webhook('a', `gen-vid-${i}`), 0)).toBe(true);
    expect(await store.keepWebhook(webhook('a', 'gen-vid-8'), 0)).toBe(false);
    expect(await store.keepWebhook(webhook('a', 'gen-vid-3'), 0)).toBe(true);
    expect(await store.keepWebhook(webhook('b'), 0)).toBe(true);
  });
}
