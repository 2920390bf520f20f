// Job ids: a ULID's form, in order of time, never the same.

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalJson, hashJson } from '../../../src/service/orders/canonical-json.ts';
import { createJobId, createNonce, JOB_ID_PATTERN } from '../../../src/service/orders/ids.ts';

describe('createJobId', () => {
  it('has the form every route checks', () => {
    for (const now of [0, 1, Date.parse('2026-11-20T00:00:00Z'), 2 ** 48 - 1])
      expect(createJobId(now)).toMatch(JOB_ID_PATTERN);
  });

  it('sorts by time', () => {
    const times = [1, 31, 32, 1e6, 1.7e12, 1.7e12 + 1, 1.8e12];
    const ids = times.map(createJobId);
    expect([...ids].sort()).toEqual(ids);
  });

  it('does not repeat', () => {
    expect(new Set(Array.from({ length: 10_000 }, () => createJobId(1))).size).toBe(10_000);
    expect(createNonce()).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('canonicalJson', () => {
  it('is the same for the same value in another order, and not for another value', () => {
    expect(canonicalJson({ b: [1, { d: 1, c: 2 }], a: undefined })).toBe('{"b":[1,{"c":2,"d":1}]}');
    expect(hashJson({ a: 1, b: 2 })).toBe(hashJson({ b: 2, a: 1 }));
    expect(hashJson({ a: [1, 2] })).not.toBe(hashJson({ a: [2, 1] }));
    expect(hashJson({ a: '1' })).not.toBe(hashJson({ a: 1 }));
  });

  it.each([
    ['short members', Array.from({ length: 20_000 }, (_, index) => ({ index }))],
    ['a long string between short ones', ['a', 'A'.repeat(200_001), 'b']],
    ['long strings that need escapes', { b: `"${'\\'.repeat(70_000)}`, a: `${'A'.repeat(70_000)}\u0000` }],
    ['characters of four bytes at every border', ['x', `x${'😀'.repeat(100_000)}`]],
  ])('is hashed in parts as it is as a whole: %s', (_name, value) => {
    expect(hashJson(value)).toBe(createHash('sha256').update(canonicalJson(value)).digest('hex'));
  });
});
