// JSON of values with long strings: the text that JSON.stringify gives, whatever stands in them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeJson } from '../../src/core/json-text.ts';

const LONG = 'A'.repeat(70_000);

describe('writeJson', () => {
  it('writes what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(writeJson(value)).toBe(JSON.stringify(value));
      }),
    );
    expect(writeJson({ a: undefined, b: [undefined, null] })).toBe('{"b":[null,null]}');
  });

  it.each([
    ['base64', LONG],
    ['a quote', `${LONG}"`],
    ['a backslash', `${LONG}\\`],
    ['a control character', `${LONG}\u0000\u001f\u007f`],
    ['half a surrogate pair', `${LONG}\ud83d`],
    ['a whole one', `${LONG}😀`],
    ['other scripts and line separators', `${LONG}漢\u2028\u00e9`],
  ])('also in a long string with %s', (_name, text) => {
    for (const value of [text, { url: text }, [[{ a: [text, text] }], text]]) {
      expect(writeJson(value) === JSON.stringify(value)).toBe(true);
    }
  });
});
