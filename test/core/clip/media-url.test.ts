// Every kind of error in a media URL has its own sentence, and valid URLs of every kind are accepted.

import { describe, expect, it } from 'vitest';
import { findMediaUrlError, type MediaKind } from '../../../src/core/clip/media-url.ts';

describe('a media URL', () => {
  it.each<[string, MediaKind]>([
    ['https://example.com/a.png', 'image'],
    [`https://example.com/${'a'.repeat(8192 - 20)}`, 'image'],
    ['https://example.com/a.mp4?sig=x%20y', 'video'],
    ['data:image/png;base64,AA==', 'image'],
    ['data:image/svg+xml;charset=utf-8;base64,AA==', 'image'],
    ['data:audio/mpeg,x', 'audio'],
  ])('%.60s as %s is accepted', (url, kind) => {
    expect(findMediaUrlError(url, kind)).toBeNull();
  });

  const cases: readonly [string, string, MediaKind, string][] = [
    [
      'too long',
      `https://example.com/${'a'.repeat(8192)}`,
      'image',
      'must have at most 8192 characters: send larger content as a data: URL',
    ],
    [
      'a video that is too long',
      `https://example.com/${'a'.repeat(8192)}`,
      'video',
      'must have at most 8192 characters',
    ],
    ['scheme in capitals', 'HTTPS://example.com/a.png', 'image', 'must begin with https: in lower case'],
    ['a leading space', ' https://example.com/a.png', 'image', 'must not begin or end with white space'],
    [
      'a trailing line break',
      'https://example.com/a.png\n',
      'image',
      'must not begin or end with white space',
    ],
    [
      'media type in capitals',
      'data:Image/JPEG;base64,AA==',
      'image',
      'must begin with data:image/ in lower case',
    ],
    [
      'a quoted parameter',
      'data:image/png;name="a b";base64,AA==',
      'image',
      'has a malformed parameter in its media type: parameters are ;name=value, without quotes or spaces',
    ],
    ['no subtype', 'data:image/,x', 'image', 'must name a media type, such as data:image/png;base64,...'],
    [
      'no comma',
      'data:image/png;base64',
      'image',
      'must have a comma between its media type and its content: data:image/...;base64,...',
    ],
    ['no content', 'data:image/png;base64,', 'image', 'has no content after the comma'],
    ['another kind', 'data:audio/mpeg;base64,AA==', 'image', 'must be a data: URL of type image/...'],
    ['plain http', 'http://example.com/a.png', 'audio', 'must be an https: URL or a data:audio/... URL'],
    ['a path', '/a.png', 'video', 'must be an https: URL'],
    [
      'video as data:',
      'data:video/mp4;base64,AA==',
      'video',
      'must be an https: URL: video references cannot be data: URLs',
    ],
    ['no host', 'https://', 'image', 'is not a valid URL'],
  ];
  it.each(cases)('with %s', (_name, url, kind, message) => {
    expect(findMediaUrlError(url, kind)).toBe(message);
  });

  it('has a sentence of its own for each error', () => {
    expect(new Set(cases.map(([, , , message]) => message)).size).toBe(cases.length - 1);
  });
});
