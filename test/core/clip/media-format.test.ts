// Every format known by its first bytes, under each kind and content type it may and may not go by.

import { describe, expect, it } from 'vitest';
import { findMediaFault, isTypeOf } from '../../../src/core/clip/media-format.ts';
import { listMediaLinks, type MediaKind } from '../../../src/core/clip/media-link.ts';

/** Bytes from text with one character a byte. */
const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const ftyp = (brand: string) => bytes(`\0\0\0\x20ftyp${brand}\0\0\0\0`);

const SAMPLES: readonly [name: string, kind: MediaKind, type: string, head: Uint8Array][] = [
  ['PNG', 'image', 'image/png', bytes('\x89PNG\r\n\x1a\n\0\0\0\rIHDR')],
  ['JPEG', 'image', 'image/jpeg', bytes('\xff\xd8\xff\xe0\0\x10JFIF')],
  ['GIF', 'image', 'image/gif', bytes('GIF89a')],
  ['WebP', 'image', 'image/webp', bytes('RIFF\x24\0\0\0WEBPVP8 ')],
  ['BMP', 'image', 'image/bmp', bytes('BM\x46\0\0\0\0\0\0\0\x36\0\0\0')],
  ['TIFF, little-endian', 'image', 'image/tiff', bytes('II*\0\x08\0\0\0')],
  ['TIFF, big-endian', 'image', 'image/tiff', bytes('MM\0*\0\0\0\x08')],
  ['AVIF', 'image', 'image/avif', ftyp('avif')],
  ['HEIC', 'image', 'image/heic', ftyp('heic')],
  ['HEIF', 'image', 'image/heif', ftyp('mif1')],
  ['MP4', 'video', 'video/mp4', ftyp('isom')],
  ['QuickTime', 'video', 'video/quicktime', ftyp('qt  ')],
  ['old QuickTime', 'video', 'video/quicktime', bytes('\0\0\0\x08wide\0\0\0\0mdat')],
  ['WebM', 'video', 'video/webm', bytes('\x1a\x45\xdf\xa3\x9f\x42\x86\x81')],
  ['AVI', 'video', 'video/x-msvideo', bytes('RIFF\x24\0\0\0AVI LIST')],
  ['M4A', 'audio', 'audio/mp4', ftyp('M4A ')],
  ['sound in MP4', 'audio', 'audio/mp4', ftyp('isom')],
  ['sound in WebM', 'audio', 'audio/webm', bytes('\x1a\x45\xdf\xa3\x9f\x42\x86\x81')],
  ['Ogg', 'audio', 'application/ogg', bytes('OggS\0\x02')],
  ['WAV', 'audio', 'audio/x-wav', bytes('RIFF\x24\0\0\0WAVEfmt ')],
  ['WAV above 4 GB', 'audio', 'audio/wav', bytes('RF64\xff\xff\xff\xffWAVEds64')],
  ['FLAC', 'audio', 'audio/flac', bytes('fLaC\0\0\0\x22')],
  ['MP3 with a tag', 'audio', 'audio/mpeg', bytes('ID3\x04\0\0')],
  ['MP3 without', 'audio', 'audio/mp3', bytes('\xff\xfb\x90\x64')],
  ['AAC', 'audio', 'audio/aac', bytes('\xff\xf1\x50\x80')],
  ['AAC with a tag', 'audio', 'audio/aac', bytes('ID3\x04\0\0')],
];

describe('findMediaFault', () => {
  it.each(SAMPLES)('%s is %s, as %s', (_name, kind, type, head) => {
    expect(findMediaFault(kind, type, head)).toBeNull();
    expect(findMediaFault(kind, `${type.toUpperCase()}; charset=binary`, head)).toBeNull();
    // A type nobody has heard of says nothing wrong.
    expect(findMediaFault(kind, `${kind}/x-unheard-of`, head)).toBeNull();
  });

  it.each(SAMPLES)('%s is nothing else', (_name, kind, _type, head) => {
    const pictureOrNot = kind === 'image' ? (['audio', 'video'] as const) : (['image'] as const);
    for (const other of pictureOrNot) {
      expect(findMediaFault(other, `${other}/x-unheard-of`, head)).toMatch(
        / inside, not an? (image|sound|video)$/,
      );
    }
  });

  it.each<[string, MediaKind, string | null, Uint8Array | null, string]>([
    ['a page', 'image', 'text/html; charset=utf-8', null, 'is text/html, not an image'],
    [
      'a page under an image’s name',
      'image',
      'image/png',
      bytes('<!doctype html>'),
      'does not begin like an image of any format known here',
    ],
    [
      'bytes of no kind',
      'video',
      'application/octet-stream',
      null,
      'is application/octet-stream, not a video',
    ],
    ['an image for a sound', 'audio', 'image/png', null, 'is image/png, not a sound'],
    ['a film for a picture', 'image', 'image/png', ftyp('isom'), 'is MP4 or QuickTime inside, not an image'],
    ['a photo for a film', 'video', 'video/mp4', ftyp('heic'), 'is HEIC inside, not a video'],
    [
      'a format under another’s name',
      'image',
      'image/png',
      bytes('\xff\xd8\xff\xe0'),
      'says it is image/png, but is JPEG inside',
    ],
    ['nothing', 'image', 'image/png', new Uint8Array(), 'is empty'],
    [
      'the first byte',
      'image',
      'image/png',
      bytes('\x89'),
      'does not begin like an image of any format known here',
    ],
    ['no type', 'image', null, bytes('\x89PNG\r\n\x1a\n'), 'has no content type'],
    ['an empty type', 'image', '', null, 'is of no valid type, not an image'],
    [
      'a type made to be seen',
      'image',
      '<script>alert(1)</script>',
      null,
      'is of no valid type, not an image',
    ],
    [
      'a text that begins like a bitmap',
      'image',
      'image/bmp',
      bytes('BMW M3 review'),
      'does not begin like an image of any format known here',
    ],
  ])('%s', (_name, kind, type, head, fault) => {
    expect(findMediaFault(kind, type, head)).toBe(fault);
  });

  it('knows containers by types that do not say their kind, but for pictures', () => {
    expect(isTypeOf('video', 'application/mp4')).toBe(true);
    expect(isTypeOf('audio', 'application/ogg; codecs=opus')).toBe(true);
    expect(isTypeOf('image', 'application/mp4')).toBe(false);
  });
});

describe('listMediaLinks', () => {
  it('names every URL by its place', () => {
    const url = (name: string) => ({ url: `https://example.com/${name}` });
    const links = listMediaLinks({
      frame_images: [{ type: 'image_url', image_url: url('a'), frame_type: 'first_frame' }],
      input_references: [
        { type: 'audio_url', audio_url: url('b') },
        { type: 'image_url', image_url: url('c') },
        { type: 'video_url', video_url: url('d') },
      ],
    });
    expect(links.map(({ pointer, kind, url }) => `${pointer} ${kind} ${url.at(-1)}`)).toEqual([
      '/frame_images/0/image_url/url image a',
      '/input_references/0/audio_url/url audio b',
      '/input_references/1/image_url/url image c',
      '/input_references/2/video_url/url video d',
    ]);
    expect(listMediaLinks({ prompt: 'x' })).toEqual([]);
  });
});
