// What upstream says is shown in its words, but for the secret address it may quote.

import { describe, expect, it } from 'vitest';
import { HOOK_PREFIX } from '../../src/core/job/hook-path.ts';
import { cutSecrets, redactUpstreamMessage } from '../../src/core/redact-upstream.ts';
import { createSecret } from '../../src/core/secret.ts';

const NONCE = '0123456789abcdef'.repeat(2);
const HOOK = `https://gw.example/hooks/openrouter/${NONCE}`;

describe('quoteUpstream', () => {
  it('leaves other words alone', () => {
    const words = 'Duration 99s is not supported: see https://openrouter.ai/docs/hooks (“video”).';
    expect(redactUpstreamMessage(words, HOOK_PREFIX)).toBe(words);
  });

  it.each<[string, string, string]>([
    ['plainly', `Invalid callback_url ${HOOK}: refused`, 'Invalid callback_url [our webhook]: refused'],
    ['twice', `${HOOK} ${HOOK}`, '[our webhook] [our webhook]'],
    ['as a path', `POST /hooks/openrouter/${NONCE} failed`, 'POST [our webhook] failed'],
    ['in JSON', `{"callback_url":"${HOOK}"}`, '{"callback_url":"[our webhook]"}'],
    ['with escaped slashes', `"${HOOK.replaceAll('/', '\\/')}"`, '"[our webhook]"'],
    ['percent-encoded', encodeURIComponent(HOOK), '[our webhook]'],
    ['percent-encoded twice', encodeURIComponent(encodeURIComponent(HOOK)), '[our webhook]'],
    ['in capitals', HOOK.toUpperCase(), '[our webhook]'],
    ['cut', HOOK.slice(0, -4), '[our webhook]'],
  ])('takes out the address of our webhook where it is quoted %s', (_name, words, shown) => {
    expect(redactUpstreamMessage(words, HOOK_PREFIX)).toBe(shown);
  });

  it('shows no part of an address that the cut goes through', () => {
    for (let before = 900; before < 1_000; before += 1) {
      expect(redactUpstreamMessage(`${'x'.repeat(before)} ${HOOK}`, HOOK_PREFIX)).not.toContain('0123');
    }
  });

  it('is a thousand characters at most, and never half of one', () => {
    expect(redactUpstreamMessage('e'.repeat(900_000), HOOK_PREFIX)).toHaveLength(1_000);
    expect(redactUpstreamMessage(`x${'🦊'.repeat(900)}`, HOOK_PREFIX).isWellFormed()).toBe(true);
  });
});

describe('a secret', () => {
  const KEY = 'sk-or-v1-0f1e2d3c4b5a69788796a5b4c3d2e1f0';
  const cut = (words: unknown) => cutSecrets(words, [createSecret(KEY), createSecret('whsec_short')]);

  it.each<[string, string, string]>([
    ['whole', `Key ${KEY} is not allowed`, 'Key [secret] is not allowed'],
    ['in capitals', KEY.toUpperCase(), '[secret]'],
    ['its last twelve characters', `...${KEY.slice(-12)}`, '...[secret]'],
    ['its first twelve characters', `${KEY.slice(0, 12)}...`, '[secret]...'],
    ['twelve of its middle', `<${KEY.slice(14, 26)}>`, '<[secret]>'],
    ['twice in a row', KEY + KEY, '[secret][secret]'],
    ['another', 'whsec_short', '[secret]'],
  ])('%s is cut out', (_name, words, shown) => {
    expect(cut(words)).toBe(shown);
  });

  it('eleven characters of it are no secret, nor is anything else', () => {
    expect(cut(`${KEY.slice(5, 16)} x`)).toBe(`${KEY.slice(5, 16)} x`);
    expect(cut('İ sk-or-v1- \ud83e\udd8a')).toBe('İ sk-or-v1- \ud83e\udd8a');
  });

  it('is cut out of everything in a value, names included, and nothing else is changed', () => {
    expect(cut({ a: [KEY, 1, null], [KEY]: { b: `x${KEY}` }, c: true })).toEqual({
      a: ['[secret]', 1, null],
      '[secret]': { b: 'x[secret]' },
      c: true,
    });
  });

  it('the nonce of our webhook is cut by value', () => {
    expect(redactUpstreamMessage(`nonce ${NONCE}`, HOOK_PREFIX, [NONCE])).toBe('nonce [secret]');
  });
});
