// How long a video is, by the header of its container: MP4 and QuickTime, WebM and Matroska.

/** Part of a file: what was read of it, from a byte that a box or element begins at. */
export interface FilePart {
  readonly at: number;
  readonly bytes: Uint8Array;
}

export type LengthReading =
  | { readonly kind: 'length'; readonly seconds: number }
  /** The header lies elsewhere: to be read on from this byte. */
  | { readonly kind: 'elsewhere'; readonly at: number }
  /** It says none, or it is not such a file. */
  | { readonly kind: 'unknown' };

// Longer than any video that a provider takes; a header that says more is not to be believed.
const MAX_SECONDS = 24 * 3600;
const UNKNOWN: LengthReading = { kind: 'unknown' };

/**
 * @param part the file's beginning (`at` 0), or what was read at the byte that an earlier reading named.
 * @param isMatroska whether the beginning of the file was that of WebM or Matroska.
 */
export const readLength = (part: FilePart, isMatroska: boolean): LengthReading =>
  isMatroska ? readMatroska(part) : readMp4(part);

/** Whether a file that begins so is WebM or Matroska. */
export const isMatroska = (head: Uint8Array): boolean =>
  head.length >= 4 && viewOf(head).getUint32(0) === ELEMENT.header;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function toReading(seconds: number): LengthReading {
  return seconds > 0 && seconds <= MAX_SECONDS ? { kind: 'length', seconds } : UNKNOWN;
}

interface Box {
  readonly type: string;
  /** Where its content begins and where it ends, in the file. */
  readonly from: number;
  readonly to: number;
}

/** The box that begins at a byte of the file; null where its header is not all there, or is none. */
function boxAt({ at, bytes }: FilePart, position: number): Box | null {
  const view = viewOf(bytes);
  const offset = position - at;
  if (offset < 0 || offset + 16 > bytes.length) return null;
  const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
  const size = view.getUint32(offset);
  // 1 = a size of 64 bits follows, 0 = to the end of the file.
  if (size === 1) return { type, from: position + 16, to: position + Number(view.getBigUint64(offset + 8)) };
  return { type, from: position + 8, to: size === 0 ? Infinity : position + size };
}

/** Walks the boxes of the file up to `moov`, which stands before the media or after them. */
function readMp4(part: FilePart): LengthReading {
  const end = part.at + part.bytes.length;
  for (let position = part.at; ; ) {
    const box = boxAt(part, position);
    // Not all of a header is there: it is read from its first byte, unless that is what was done.
    if (!box) return position === part.at ? UNKNOWN : { kind: 'elsewhere', at: position };
    if (!/^[\x20-\x7e]{4}$/.test(box.type) || box.to <= position + 7) return UNKNOWN;
    if (box.type === 'moov') {
      const seconds = readMovie(part, box);
      if (seconds !== null) return toReading(seconds);
      // What it begins with is all there: it says no length. Otherwise it is read from its first byte.
      return position === part.at || box.to <= end ? UNKNOWN : { kind: 'elsewhere', at: position };
    }
    if (!Number.isFinite(box.to)) return UNKNOWN;
    position = box.to;
    if (position >= end) return { kind: 'elsewhere', at: position };
  }
}

/** Seconds by the header of `moov`, or of its fragments where that says none; null where neither is there. */
function readMovie(part: FilePart, moov: Box): number | null {
  const movie = childOf(part, moov, 'mvhd');
  const header = movie && fieldsOf(part, movie);
  if (!header) return null;
  const { view, offset, isLong } = header;
  // Version 1 has times of 64 bits: created, modified, timescale, duration.
  const at = offset + (isLong ? 20 : 12);
  if (at + (isLong ? 12 : 8) > view.byteLength) return null;
  const timescale = view.getUint32(at);
  if (timescale === 0) return null;
  const units = readUnits(view, at + 4, isLong);
  if (units > 0) return units / timescale;
  const extends_ = childOf(part, moov, 'mvex');
  const fragments = extends_ && childOf(part, extends_, 'mehd');
  const length = fragments && fieldsOf(part, fragments);
  if (!length || length.offset + (length.isLong ? 12 : 8) > view.byteLength) return null;
  return readUnits(view, length.offset + 4, length.isLong) / timescale;
}

function childOf(part: FilePart, parent: Box, type: string): Box | null {
  for (let position = parent.from; position < parent.to; ) {
    const box = boxAt(part, position);
    if (!box || box.to <= position + 7) return null;
    if (box.type === type) return box;
    position = box.to;
  }
  return null;
}

/** A box of a version and flags. */
function fieldsOf({ at, bytes }: FilePart, { from }: Box) {
  const offset = from - at;
  if (offset + 4 > bytes.length) return null;
  const view = viewOf(bytes);
  return { view, offset, isLong: view.getUint8(offset) === 1 };
}

/** All bits set means that the length is not known. */
function readUnits(view: DataView, offset: number, isLong: boolean): number {
  if (isLong) {
    const units = view.getBigUint64(offset);
    return units === 0xffff_ffff_ffff_ffffn ? 0 : Number(units);
  }
  const units = view.getUint32(offset);
  return units === 0xffff_ffff ? 0 : units;
}

const ELEMENT = {
  header: 0x1a45dfa3,
  segment: 0x18538067,
  info: 0x1549a966,
  cluster: 0x1f43b675,
  timescale: 0x2ad7b1,
  duration: 0x4489,
} as const;

interface Element {
  readonly id: number;
  readonly from: number;
  readonly to: number;
}

/** The element that begins at a byte of the file; null where its id and size are not all there, or are none. */
function elementAt({ at, bytes }: FilePart, position: number): Element | null {
  const offset = position - at;
  const idLength = lengthOf(bytes[offset], 4);
  const sizeLength = lengthOf(bytes[offset + idLength], 8);
  if (idLength === 0 || sizeLength === 0 || offset + idLength + sizeLength > bytes.length) return null;
  const numberAt = (from: number, length: number): number =>
    bytes.subarray(from, from + length).reduce((value, byte) => value * 256 + byte, 0);
  const mark = 2 ** (7 * sizeLength);
  const size = numberAt(offset + idLength, sizeLength) - mark;
  const from = position + idLength + sizeLength;
  // All bits set means that the size is not known: a live recording.
  return { id: numberAt(offset, idLength), from, to: size >= mark - 1 ? Infinity : from + size };
}

/** How many bytes a number of Matroska has, by its first one; 0 where that is more than `most`. */
function lengthOf(first: number | undefined, most: number): number {
  const length = first === undefined || first === 0 ? 0 : Math.clz32(first) - 23;
  return length <= most ? length : 0;
}

/** Walks the elements up to `Info`, which stands before the media. */
function readMatroska(part: FilePart): LengthReading {
  const end = part.at + part.bytes.length;
  for (let position = part.at; ; ) {
    const element = elementAt(part, position);
    if (!element) return position === part.at ? UNKNOWN : { kind: 'elsewhere', at: position };
    if (element.id === ELEMENT.cluster) return UNKNOWN;
    if (element.id === ELEMENT.info) {
      if (element.to <= end) return readInfo(part, element);
      return position === part.at ? UNKNOWN : { kind: 'elsewhere', at: position };
    }
    // The segment holds all the others.
    position = element.id === ELEMENT.segment ? element.from : element.to;
    if (!Number.isFinite(position)) return UNKNOWN;
    if (position >= end) return { kind: 'elsewhere', at: position };
  }
}

function readInfo(part: FilePart, info: Element): LengthReading {
  const view = viewOf(part.bytes);
  let [nanoseconds, units] = [1_000_000, 0];
  for (let position = info.from; position < info.to; ) {
    const element = elementAt(part, position);
    if (!element) return UNKNOWN;
    const [offset, length] = [element.from - part.at, element.to - element.from];
    if (element.id === ELEMENT.timescale) {
      nanoseconds = part.bytes
        .subarray(offset, offset + length)
        .reduce((value, byte) => value * 256 + byte, 0);
    } else if (element.id === ELEMENT.duration && (length === 4 || length === 8)) {
      units = length === 4 ? view.getFloat32(offset) : view.getFloat64(offset);
    }
    position = element.to;
  }
  return toReading((units * nanoseconds) / 1e9);
}
