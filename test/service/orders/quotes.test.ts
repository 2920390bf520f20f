// Quotes stand for ten minutes, for one client, one body and one ceiling, on every replica; nothing forged passes.

import { describe, expect, it } from 'vitest';
import { createSecret } from '../../../src/core/secret.ts';
import { createQuotes, honours, type Quote } from '../../../src/service/orders/quotes.ts';

const BODY = { model: 'google/veo-3.1-lite', prompt: 'x', duration: 4 };
const KEY = createSecret('sk-or-v1-canary');
let now = 1_000_000;
const clock = () => now;
const quotes = createQuotes(KEY, clock);
const issue = () => quotes.issue({ clientId: 'studio', body: BODY, ceilingMicroUsd: 120_000 });

describe('quotes', () => {
  it('are read back by any replica with the same key, and by none with another', () => {
    const { token } = issue();
    expect(createQuotes(createSecret('sk-or-v1-canary'), clock).read(token, 'studio')).toMatchObject({
      kind: 'valid',
      quote: { model: BODY.model, ceilingMicroUsd: 120_000 },
    });
    expect(createQuotes(createSecret('sk-or-v1-other'), clock).read(token, 'studio')).toEqual({
      kind: 'invalid',
    });
    expect(createQuotes(undefined, clock).read(token, 'studio')).toEqual({ kind: 'invalid' });
  });

  it('are no good to another client', () => {
    expect(quotes.read(issue().token, 'agency')).toEqual({ kind: 'invalid' });
  });

  it('expire after ten minutes', () => {
    const { token, expiresAt } = issue();
    now = expiresAt;
    expect(quotes.read(token, 'studio').kind).toBe('valid');
    now = expiresAt + 1;
    expect(quotes.read(token, 'studio').kind).toBe('expired');
  });

  it('do not survive a change of any character', () => {
    const { token } = issue();
    for (let i = 0; i < token.length - 1; i++) {
      const forged = token.slice(0, i) + (token[i] === 'A' ? 'B' : 'A') + token.slice(i + 1);
      expect(quotes.read(forged, 'studio').kind, `character ${i}`).toBe('invalid');
    }
    for (const garbage of ['', '.', 'q1..', 'q1.e30.', 'q2.a.b', '💥.💥.💥'])
      expect(quotes.read(garbage, 'studio').kind).toBe('invalid');
  });

  it('carry nothing of the prompt or the key', () => {
    const { token } = quotes.issue({
      clientId: 'studio',
      body: { ...BODY, prompt: 'canary-prompt' },
      ceilingMicroUsd: 1,
    });
    const text = token
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString('latin1'))
      .join();
    expect(text).not.toContain('canary');
  });
});

describe('honours', () => {
  const reading = quotes.read(issue().token, 'studio');
  const quote = (reading as { quote: Quote }).quote;

  it.each<[string, Parameters<typeof honours>[1], boolean]>([
    ['the same', { body: BODY, highMicroUsd: 120_000 }, true],
    [
      'the same in another order',
      { body: { duration: 4, model: BODY.model, prompt: 'x' }, highMicroUsd: 120_000 },
      true,
    ],
    ['cheaper', { body: BODY, highMicroUsd: 1 }, true],
    ['dearer', { body: BODY, highMicroUsd: 120_001 }, false],
    ['of unknown price', { body: BODY, highMicroUsd: null }, false],
    ['another body', { body: { ...BODY, prompt: 'y' }, highMicroUsd: 1 }, false],
    ['another model', { body: { ...BODY, model: 'google/veo-3.1' }, highMicroUsd: 1 }, false],
  ])('%s', (_name, present, expected) => {
    expect(honours(quote, present)).toBe(expected);
  });

  it('holds a quote without a known price to its body alone', () => {
    expect(honours({ ...quote, ceilingMicroUsd: null }, { body: BODY, highMicroUsd: 5 })).toBe(true);
  });
});
