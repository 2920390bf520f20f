// What upstream says is shown in its words, but for the secret address it may quote.

import { describe, expect, it } from 'vitest';
import { redactUpstreamMessage } from '../../src/core/redact-upstream.ts';

const NONCE = '0123456789abcdef'.repeat(2);
const HOOK = `https://gw.example/hooks/openrouter/${NONCE}`;

describe('quoteUpstream', () => {
  it('leaves other words alone', () => {
    const words = 'Duration 99s is not supported: see https://openrouter.ai/docs/hooks (“video”).';
    expect(redactUpstreamMessage(words)).toBe(words);
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
    expect(redactUpstreamMessage(words)).toBe(shown);
  });

  it('shows no part of an address that the cut goes through', () => {
    for (let before = 900; before < 1_000; before += 1) {
      expect(redactUpstreamMessage(`${'x'.repeat(before)} ${HOOK}`)).not.toContain('0123');
    }
  });

  it('is a thousand characters at most, and never half of one', () => {
    expect(redactUpstreamMessage('e'.repeat(900_000))).toHaveLength(1_000);
    expect(redactUpstreamMessage(`x${'🦊'.repeat(900)}`).isWellFormed()).toBe(true);
  });
});
