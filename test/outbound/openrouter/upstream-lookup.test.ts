// OpenRouter's name: asked of DNS each time, and where no answer comes the last good one counts.

import type { LookupAddress } from 'node:dns';
import { expect, it } from 'vitest';
import { createUpstreamLookup } from '../../../src/outbound/openrouter/upstream-lookup.ts';

const V4 = { address: '192.0.2.1', family: 4 };
const V6 = { address: '2001:db8::1', family: 6 };

function setUp() {
  const dns: (LookupAddress[] | null)[] = [];
  const asked: string[] = [];
  const lookup = createUpstreamLookup({
    ask: async (name) => {
      asked.push(`dns ${name}`);
      const next = dns.shift();
      if (!next) throw Object.assign(new Error('silent'), { code: 'ETIMEOUT' });
      return next;
    },
    askSystem: async (name) => {
      asked.push(`system ${name}`);
      if (name === 'nowhere.test') throw Object.assign(new Error('none'), { code: 'ENOTFOUND' });
      return [V4];
    },
  });
  const find = (name: string, family = 0) =>
    new Promise<unknown>((resolve) => {
      lookup(name, { all: true, family }, (error, found) => resolve(error ? error.code : found));
    });
  return { dns, asked, find };
}

it('is remembered, and the memory serves where DNS is silent', async () => {
  const { dns, asked, find } = setUp();
  dns.push([V4, V6], null, [V6], null);
  expect(await find('api.test')).toEqual([V4, V6]);
  expect(await find('api.test')).toEqual([V4, V6]);
  expect(await find('api.test')).toEqual([V6]);
  expect(await find('api.test', 6)).toEqual([V6]);
  expect(await find('api.test', 4)).toBe('ENOTFOUND');
  expect(asked.every((one) => one === 'dns api.test')).toBe(true);
});

it('is asked of the system where it was never resolved, or has no dot', async () => {
  const { asked, find } = setUp();
  expect(await find('api.test')).toEqual([V4]);
  expect(await find('simulator')).toEqual([V4]);
  expect(await find('nowhere.test')).toBe('ENOTFOUND');
  expect(asked).toEqual([
    'dns api.test',
    'system api.test',
    'system simulator',
    'dns nowhere.test',
    'system nowhere.test',
  ]);
});

it('of this machine is found with the parts it has by itself', async () => {
  const lookup = createUpstreamLookup();
  const found = await new Promise((resolve) => {
    lookup('localhost', {}, (error, address) => resolve(error ?? address));
  });
  expect(['127.0.0.1', '::1']).toContain(found);
});
