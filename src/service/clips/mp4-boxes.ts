// Whether a file is a whole MP4: its top-level boxes must tile it to the last byte.

/** Reads at a position, as much as is there and fits; resolves to how many bytes. */
type ReadAt = (buffer: Buffer, position: number) => Promise<number>;

/**
 * HTTP cannot distinguish a chunked answer that ends early but cleanly from a whole one; the boxes of the file can.
 * @returns null where the file is whole, else what is wrong with it, in a few words.
 */
export async function findMp4Fault(readAt: ReadAt, bytes: number): Promise<string | null> {
  if (bytes === 0) return 'is empty';
  const seen = new Set<string>();
  const header = Buffer.alloc(16);
  for (let at = 0; at < bytes; ) {
    if ((await readAt(header, at)) < 8) return 'ends in the middle of a box header';
    const type = header.toString('latin1', 4, 8);
    const size32 = header.readUInt32BE(0);
    // 1 = a 64-bit size follows, 0 = to the end of the file.
    const size = size32 === 1 ? Number(header.readBigUInt64BE(8)) : size32 === 0 ? bytes - at : size32;
    if (size < 8 || !/^[\x20-\x7e]{4}$/.test(type)) return 'is not a sequence of MP4 boxes';
    if (at + size > bytes) return `ends in the middle of its ${type} box`;
    if (at === 0 && type !== 'ftyp') return 'does not begin with an ftyp box';
    seen.add(type);
    at += size;
  }
  if (!seen.has('moov')) return 'has no moov box';
  return seen.has('mdat') ? null : 'has no mdat box';
}

/** How many bytes `beginsAsMp4` looks at. */
export const MP4_BEGINNING = 8;

/** True where these bytes, `MP4_BEGINNING` at least, begin as an MP4 does. */
export const beginsAsMp4 = (bytes: Buffer): boolean => bytes.toString('latin1', 4, 8) === 'ftyp';
