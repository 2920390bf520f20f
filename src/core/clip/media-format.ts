// What a picture, sound or video is, by its first bytes; and whether that is what its content type says.

import type { MediaKind } from './media-link.ts';

interface Format {
  readonly name: string;
  readonly kinds: readonly MediaKind[];
  /** The content types it goes by, historical ones included. */
  readonly types: readonly string[];
  readonly matches: (head: Head) => boolean;
}

/** The first bytes as text, one character a byte, so that marks can be written as they read. */
type Head = string;

const at =
  (mark: string, offset = 0) =>
  (head: Head) =>
    head.startsWith(mark, offset);
const brand = (pattern: RegExp) => (head: Head) =>
  head.startsWith('ftyp', 4) && pattern.test(head.slice(8, 12));

const MP4_TYPES = [
  'video/mp4',
  'video/quicktime',
  'video/x-m4v',
  'video/3gpp',
  'application/mp4',
  'audio/mp4',
];
const M4A_TYPES = ['audio/mp4', 'audio/x-m4a', 'audio/m4a', 'audio/aac', 'application/mp4'];
const MP3_TYPES = ['audio/mpeg', 'audio/mp3', 'audio/x-mp3', 'audio/mpeg3', 'audio/x-mpeg-3', 'audio/x-mpeg'];
const AAC_TYPES = ['audio/aac', 'audio/aacp', 'audio/x-aac', 'audio/x-hx-aac-adts'];
const FLAC_TYPES = ['audio/flac', 'audio/x-flac'];

/**
 * Every format in common use, not only those that all providers take: which of them a provider takes is its own to
 * say, that the bytes are what they claim is ours. Formats without a mark of their own (SVG, raw samples, MPEG
 * streams) are left out. The first that matches counts.
 */
const FORMATS: readonly Format[] = [
  {
    name: 'PNG',
    kinds: ['image'],
    types: ['image/png', 'image/x-png', 'image/apng'],
    matches: at('\x89PNG\r\n\x1a\n'),
  },
  {
    name: 'JPEG',
    kinds: ['image'],
    types: ['image/jpeg', 'image/jpg', 'image/pjpeg'],
    matches: at('\xff\xd8\xff'),
  },
  { name: 'GIF', kinds: ['image'], types: ['image/gif'], matches: (head) => /^GIF8[79]a/.test(head) },
  {
    name: 'WebP',
    kinds: ['image'],
    types: ['image/webp'],
    matches: (head) => at('RIFF')(head) && at('WEBP', 8)(head),
  },
  {
    name: 'BMP',
    kinds: ['image'],
    types: ['image/bmp', 'image/x-ms-bmp', 'image/x-bmp'],
    // Two letters begin many texts too; the two reserved words after the length are zero in a bitmap.
    matches: (head) => at('BM')(head) && at('\0\0\0\0', 6)(head),
  },
  {
    name: 'TIFF',
    kinds: ['image'],
    types: ['image/tiff', 'image/tiff-fx'],
    matches: (head) => at('II*\0')(head) || at('MM\0*')(head),
  },
  // Pictures in MP4's container: before MP4, whose mark they bear.
  {
    name: 'AVIF',
    kinds: ['image'],
    types: ['image/avif', 'image/avif-sequence'],
    matches: brand(/^avi[fs]$/),
  },
  {
    name: 'HEIC',
    kinds: ['image'],
    types: ['image/heic', 'image/heif', 'image/heic-sequence', 'image/heif-sequence', 'image/avif'],
    matches: brand(/^(he(ic|ix|im|is|vc|vx)|mif1|msf1)$/),
  },
  { name: 'M4A', kinds: ['audio'], types: M4A_TYPES, matches: brand(/^M4[AB] $/) },
  {
    name: 'MP4 or QuickTime',
    kinds: ['video', 'audio'],
    types: [...MP4_TYPES, ...M4A_TYPES],
    // QuickTime of before 2001 begins without a brand.
    matches: (head) => at('ftyp', 4)(head) || /^(moov|mdat|wide|free|skip|pnot)$/.test(head.slice(4, 8)),
  },
  {
    name: 'WebM or Matroska',
    kinds: ['video', 'audio'],
    types: ['video/webm', 'audio/webm', 'video/x-matroska', 'audio/x-matroska', 'video/matroska'],
    matches: at('\x1a\x45\xdf\xa3'),
  },
  {
    name: 'Ogg',
    kinds: ['audio', 'video'],
    types: ['audio/ogg', 'video/ogg', 'application/ogg', 'audio/opus', 'audio/vorbis'],
    matches: at('OggS'),
  },
  {
    name: 'AVI',
    kinds: ['video'],
    types: ['video/x-msvideo', 'video/avi', 'video/vnd.avi', 'video/msvideo'],
    matches: (head) => at('RIFF')(head) && at('AVI ', 8)(head),
  },
  {
    name: 'WAV',
    kinds: ['audio'],
    types: ['audio/wav', 'audio/x-wav', 'audio/wave', 'audio/vnd.wave', 'audio/x-pn-wav'],
    matches: (head) => (at('RIFF')(head) || at('RF64')(head)) && at('WAVE', 8)(head),
  },
  { name: 'FLAC', kinds: ['audio'], types: FLAC_TYPES, matches: at('fLaC') },
  {
    // A tag that may stand before any of the three.
    name: 'MP3, AAC or FLAC',
    kinds: ['audio'],
    types: [...MP3_TYPES, ...AAC_TYPES, ...FLAC_TYPES],
    matches: at('ID3'),
  },
  {
    name: 'AAC',
    kinds: ['audio'],
    types: AAC_TYPES,
    matches: (head) => /^\xff[\xf0\xf1\xf8\xf9]/.test(head),
  },
  {
    name: 'MP3',
    kinds: ['audio'],
    types: MP3_TYPES,
    // A frame of layer III in MPEG 1, 2 or 2.5, with or without a checksum.
    matches: (head) => /^\xff[\xfa\xfb\xf2\xf3\xe2\xe3]/.test(head),
  },
];

// Names a container that may hold either, so that its kind cannot be read off the type.
const EITHER: ReadonlySet<string> = new Set(['application/ogg', 'application/mp4']);

const ARTICLE: Readonly<Record<MediaKind, string>> = {
  image: 'an image',
  audio: 'a sound',
  video: 'a video',
};

/** True where a content type is one a file of this kind may have. */
export function isTypeOf(kind: MediaKind, contentType: string): boolean {
  const type = essenceOf(contentType);
  return type.startsWith(`${kind}/`) || (kind !== 'image' && EITHER.has(type));
}

/**
 * What is wrong with a file that ought to be of `kind`, as the end of a sentence about it; null where nothing is.
 * An unknown content type passes if it is of the right kind; one that names another format does not:
 * providers decode by it.
 * @param head its first bytes; null = the content type alone is at hand.
 */
export function findMediaFault(
  kind: MediaKind,
  contentType: string | null,
  head: Uint8Array | null,
): string | null {
  if (contentType === null) return 'has no content type';
  const type = essenceOf(contentType);
  if (!isTypeOf(kind, contentType)) return `is ${quote(type)}, not ${ARTICLE[kind]}`;
  if (head === null) return null;
  if (head.length === 0) return 'is empty';
  const text = String.fromCharCode(...head.subarray(0, 32));
  const format = FORMATS.find(({ matches }) => matches(text));
  if (!format) return `does not begin like ${ARTICLE[kind]} of any format known here`;
  if (!format.kinds.includes(kind)) return `is ${format.name} inside, not ${ARTICLE[kind]}`;
  const isKnownType = FORMATS.some(({ types }) => types.includes(type));
  return isKnownType && !format.types.includes(type)
    ? `says it is ${quote(type)}, but is ${format.name} inside`
    : null;
}

const essenceOf = (contentType: string) => contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';

/** A stranger's header goes into our answer: only what can be a media type, and not for long. */
const quote = (type: string) =>
  /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(type) ? type.slice(0, 80) : 'of no valid type';
