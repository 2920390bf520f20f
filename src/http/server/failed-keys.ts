// Slows the guessing of keys: so many wrong ones a minute of one address are answered, and no more.

import { LRUCache } from 'lru-cache';
import { type TokenBucket, takeToken } from '../../core/accounts/token-bucket.ts';

export interface FailedKeys {
  /** Seconds until this address may try another unknown key; 0 = now. */
  retryAfterS(address: string): number;
  /** To be called for every wrong key. */
  note(address: string): void;
  /** Runs what tries a key, and no more of it at once than wrong keys of the address are still answered. */
  inTurn<T>(address: string, attempt: () => Promise<T>): Promise<T>;
}

interface Turns {
  running: number;
  readonly waiting: (() => void)[];
}

const PER_MINUTE = 10;
const MAX_ADDRESSES = 10_000;

/** @param monotonic milliseconds of any origin that never go back. */
export function createFailedKeys(monotonic: () => number): FailedKeys {
  const buckets = new LRUCache<string, TokenBucket>({ max: MAX_ADDRESSES });
  /** Attempts under way, of networks that have any, and those that wait for one of them to end. */
  const turns = new Map<string, Turns>();
  const take = (network: string) => takeToken(buckets.get(network) ?? null, PER_MINUTE, monotonic());

  return {
    retryAfterS(address) {
      const { allowed, retryInMs } = take(networkOf(address));
      return allowed ? 0 : Math.ceil(retryInMs / 1000);
    },
    note(address) {
      const network = networkOf(address);
      buckets.set(network, take(network).bucket);
    },
    async inTurn(address, attempt) {
      const network = networkOf(address);
      const own = turns.get(network) ?? { running: 0, waiting: [] };
      turns.set(network, own);
      // Were they all wrong, no more than these would be answered.
      const mayRun = () => own.running <= Math.floor(take(network).bucket.tokens);
      while (!mayRun()) await new Promise<void>((resolve) => own.waiting.push(resolve));
      own.running += 1;
      try {
        return await attempt();
      } finally {
        own.running -= 1;
        if (own.running === 0 && own.waiting.length === 0) turns.delete(network);
        own.waiting.shift()?.();
      }
    },
  };
}

/** Who has one address of IPv6 has 2^64: they count as one. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').length;
  return [...groups, ...Array.from({ length: missing }, () => '0')].slice(0, 4).join(':');
}
