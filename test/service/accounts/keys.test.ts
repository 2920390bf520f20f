// What was learned of keys: believed for a moment, bounded, and never kept across an eviction.

import { expect, it } from 'vitest';
import { clientPrincipal } from '../../../src/core/principal.ts';
import { createKeys, type KnownKey } from '../../../src/service/accounts/keys.ts';

const keyOf = (name: string): KnownKey => ({
  principal: clientPrincipal(name, `key_${name}`),
  source: 'store',
  expiresAt: null,
  revoked: false,
});

function createCounted(max = 100) {
  const asked: string[] = [];
  let now = 0;
  const source = {
    findKey: async (sha256: string) => {
      asked.push(sha256);
      return sha256.startsWith('unknown') ? null : keyOf(sha256);
    },
  };
  const keys = createKeys(source, { clock: () => now, maxAgeMs: 5_000, max });
  return {
    keys,
    asked,
    setNow: (ms: number) => {
      now = ms;
    },
  };
}

it('remembers a key for five seconds, and not when the clock was set back', async () => {
  const { keys, setNow } = createCounted();
  setNow(1_000);
  expect(keys.peekKey('a')).toBeNull();
  expect(await keys.findKey('a')).toEqual(keyOf('a'));
  setNow(5_999);
  expect(keys.peekKey('a')).toEqual(keyOf('a'));
  setNow(6_000);
  expect(keys.peekKey('a')).toBeNull();
  setNow(999);
  expect(keys.peekKey('a')).toBeNull();
});

it('keeps no more than it may, and nothing of unknown keys', async () => {
  const { keys } = createCounted(3);
  for (const key of ['a', 'b', 'c']) await keys.findKey(key);
  for (let index = 0; index < 50; index++) await keys.findKey(`unknown-${index}`);
  expect(keys.peekKey('a')).toEqual(keyOf('a'));
  await keys.findKey('d');
  expect(['a', 'b', 'c', 'd'].filter((key) => keys.peekKey(key) !== null)).toHaveLength(3);
});

it('keeps nothing of a look-up that an eviction overtook', async () => {
  const gates: ((key: KnownKey) => void)[] = [];
  const source = { findKey: () => new Promise<KnownKey>((resolve) => void gates.push(resolve)) };
  const keys = createKeys(source, { clock: () => 0, maxAgeMs: 5_000, max: 10 });
  const finding = keys.findKey('a');
  keys.evict('a');
  gates[0]?.(keyOf('a'));
  await finding;
  expect(keys.peekKey('a')).toBeNull();
});
