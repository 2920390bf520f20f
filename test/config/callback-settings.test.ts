// The variables that repair depends on: what is taken, what is refused, and that no secret is repeated.

import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';

const HASH = 'a'.repeat(64);
const parse = (env: Record<string, string>) => parseConfig({ CLIENT_KEYS: `studio:${HASH}`, ...env });

describe('PUBLIC_URL', () => {
  it.each([
    ['https://clips.example.com', 'https://clips.example.com'],
    ['https://example.com/clips/', 'https://example.com/clips'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://localhost:8080/', 'http://localhost:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
  ])('may be %s', (given, taken) => {
    expect(parse({ PUBLIC_URL: given }).PUBLIC_URL).toBe(taken);
  });

  it.each(['http://clips.example.com', 'http://127.0.0.1.example.com', 'ftp://x', 'clips', 'https://a:b@c'])(
    'may not be %s',
    (given) => {
      expect(() => parse({ PUBLIC_URL: given })).toThrow('PUBLIC_URL');
    },
  );
});

describe('OPENROUTER_WEBHOOK_SECRET', () => {
  it('may be several, and none is printed', () => {
    const { OPENROUTER_WEBHOOK_SECRET: secrets } = parse({
      OPENROUTER_WEBHOOK_SECRET: 'whsec-new-one, whsec-old-one',
    });
    expect(secrets?.map((secret) => secret.reveal())).toEqual(['whsec-new-one', 'whsec-old-one']);
    expect(JSON.stringify(secrets)).not.toContain('whsec');
  });

  it.each(['short', 'whsec-new-one,', ',whsec-new-one', 'whsec new one'])('may not be %j', (given) => {
    expect(() => parse({ OPENROUTER_WEBHOOK_SECRET: given })).toThrow(/^((?!whsec).)*$/s);
  });
});

describe('OPERATOR_KEYS', () => {
  it('names operators by the hash of their keys', () => {
    const { OPERATOR_KEYS: keys } = parse({ OPERATOR_KEYS: `alice:${'b'.repeat(64)}` });
    expect([...(keys ?? [])]).toEqual([['b'.repeat(64), { name: 'alice', readOnly: false }]]);
  });

  it('may not share a key with a client', () => {
    expect(() => parse({ OPERATOR_KEYS: `alice:${HASH}` })).toThrow('also in CLIENT_KEYS');
  });
});
