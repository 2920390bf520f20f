// The contract on clips that were quoted: bought under one key, kept for a while, and of one client only so many.

import { expect, it } from 'vitest';
import type { QuotedClip } from '../../../src/store/ports/quoted-clips.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const MINUTE_MS = 60_000;
const LIMITS = { clips: 3, bytes: 1_000 };

const clip = (id: string, change: Partial<QuotedClip> = {}): QuotedClip => ({
  id,
  clientId: 'studio',
  content: `«${id}»`,
  lifeMs: 10 * MINUTE_MS,
  ...change,
});

export function describeQuotedClips(current: () => StoreUnderTest): void {
  const keep = (id: string, change: Partial<QuotedClip> = {}) =>
    current().store.keepQuotedClip(clip(id, change), LIMITS);
  const claim = (id: string, key = 'k', clientId = 'studio') =>
    current().store.claimQuotedClip(id, clientId, key);

  it('belongs to the first key that asks for it, however often that one asks', async () => {
    await keep('q1');
    expect(await claim('q1')).toEqual({ kind: 'claimed', content: '«q1»' });
    expect(await claim('q1', 'other')).toEqual({ kind: 'used' });
    expect(await claim('q1')).toEqual({ kind: 'claimed', content: '«q1»' });
    await current().store.dropQuotedContent('q1', 'studio');
    expect(await claim('q1')).toEqual({ kind: 'claimed', content: null });
    expect(await claim('q1', 'other')).toEqual({ kind: 'used' });
  });

  it('belongs to one key alone, whoever asks at the same time', async () => {
    const { store, openReplica } = current();
    const replica = (await openReplica?.()) ?? store;
    await keep('q1');
    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, i) => (i % 2 ? store : replica).claimQuotedClip('q1', 'studio', `k${i}`)),
    );
    expect(claims.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
    expect(claims.filter(({ kind }) => kind === 'used')).toHaveLength(7);
  });

  it('is found by its own client alone', async () => {
    await keep('q1');
    expect(await claim('q1', 'k', 'agency')).toEqual({ kind: 'none' });
    expect(await claim('q2')).toEqual({ kind: 'none' });
    await current().store.dropQuotedContent('q1', 'agency');
    expect(await claim('q1')).toEqual({ kind: 'claimed', content: '«q1»' });
  });

  it('gives way to newer ones of its client, by number and by bytes', async () => {
    const { passTime } = current();
    await keep('other', { clientId: 'agency' });
    for (const id of ['q1', 'q2', 'q3', 'q4']) {
      await keep(id);
      await passTime(1);
    }
    expect(await claim('q1')).toEqual({ kind: 'none' });
    expect(await claim('q2')).toMatchObject({ kind: 'claimed' });
    await keep('large', { content: 'x'.repeat(999) });
    expect(await claim('q4')).toEqual({ kind: 'none' });
    expect(await claim('large')).toMatchObject({ kind: 'claimed' });
    expect(await claim('other', 'k', 'agency')).toMatchObject({ kind: 'claimed' });
  });

  it('is removed a while after its quote has expired, and no sooner', async () => {
    const { store, passTime } = current();
    await keep('q1');
    await keep('q2', { clientId: 'agency' });
    await passTime(19 * MINUTE_MS);
    expect(await store.purgeQuotedClips(10)).toBe(0);
    expect(await claim('q1')).toMatchObject({ kind: 'claimed' });
    await passTime(2 * MINUTE_MS);
    await keep('q3');
    expect(await claim('q1')).toEqual({ kind: 'none' });
    expect(await store.purgeQuotedClips(10)).toBe(1);
    expect(await claim('q2', 'k', 'agency')).toEqual({ kind: 'none' });
    expect(await claim('q3')).toMatchObject({ kind: 'claimed' });
  });
}
