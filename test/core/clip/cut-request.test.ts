// What answers show of a request: everything that is short, and how large the rest is.

import { describe, expect, it } from 'vitest';
import { cutRequest } from '../../../src/core/clip/cut-request.ts';

const withUrl = (url: string) => ({
  model: 'a/b',
  frame_images: [{ type: 'image_url', image_url: { url }, frame_type: 'first_frame' }],
});
const urlOf = (body: unknown) =>
  (body as { frame_images: { image_url: { url: string } }[] }).frame_images[0]?.image_url.url;

describe('cutRequest', () => {
  it.each([
    [4_000_000, 'image/png'],
    [1, 'image/jpeg'],
    [2, 'audio/mpeg'],
    [3, 'image/svg+xml'],
  ])('says how many bytes a data: URL holds: %i of %s', (bytes, type) => {
    const url = `data:${type};base64,${Buffer.alloc(bytes, 7).toString('base64')}`;
    expect(urlOf(cutRequest(withUrl(url)))).toBe(`data:${type};base64,[${bytes} bytes]`);
  });

  it.each([
    ['data:text/plain,a%20fox', 'data:text/plain,[5 bytes]'],
    ['data:Image/JPEG;Base64,QUJD', 'data:Image/JPEG;Base64,[3 bytes]'],
    ['data:image/png;charset=utf-8;base64,QUI=', 'data:image/png;charset=utf-8;base64,[2 bytes]'],
    ['data:;base64,QUJD', 'data:;base64,[3 bytes]'],
  ])('knows a data: URL in any spelling: %s', (url, shown) => {
    expect(urlOf(cutRequest(withUrl(url)))).toBe(shown);
  });

  it.each([
    { model: 'a/b', prompt: 'data: a poem, in blue' },
    { model: 'a/b', prompt: 'x'.repeat(100_000) },
    withUrl(`https://example.com/${'x'.repeat(8_000)}`),
    { model: 'a/b', provider: { options: { p: { note: 'data: what we know, so far' } } } },
    { model: 'a/b', duration: 4, seed: null, list: [1, [2, { three: true }]] },
  ])('answers with the body itself where there is nothing to cut: %#', (body) => {
    expect(cutRequest(body)).toBe(body);
  });

  it('shows the start of other long text, and never half a character', () => {
    const note = `${'x'.repeat(63)}${'🦊'.repeat(10_000)}`;
    const shown = cutRequest({ model: 'a/b', provider: { options: { p: { note } } } });
    const { provider } = shown as unknown as { provider: { options: { p: { note: string } } } };
    expect(provider.options.p.note).toBe(`${'x'.repeat(63)}\uFFFD[20063 characters]`);
  });

  it('bounds what it answers, however the length is spread', () => {
    const many = { list: Array.from({ length: 9_000 }, () => 'y'.repeat(9_000)) };
    const shown = cutRequest({ model: 'a/b', prompt: 'p', provider: many, other: 'z'.repeat(1_000_000) });
    expect(shown['provider']).toMatch(/^\[\d+ characters of JSON\]$/);
    expect(JSON.stringify(shown).length).toBeLessThan(1_000);
  });

  it('changes nothing of what it was given', () => {
    const body = withUrl(`data:image/png;base64,${'QUJD'.repeat(9)}`);
    const before = structuredClone(body);
    cutRequest(body);
    expect(body).toEqual(before);
  });
});
