// The length of a video by its header, wherever that stands; and of what is no video, that it is unknown.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isMatroska,
  type LengthReading,
  readLength,
} from '../../../src/outbound/client-urls/media-length.ts';
import { createVideo, FRAGMENTED, LAYOUTS } from '../../support/videos.ts';

const PART = 4096;

/** Reads as it is told, a part at a time. */
function measure(file: Buffer, parts = 4): { reading: LengthReading; parts: number } {
  let at = 0;
  for (let read = 1; ; read++) {
    const reading = readLength({ at, bytes: file.subarray(at, at + PART) }, isMatroska(file));
    if (reading.kind !== 'elsewhere' || read === parts) return { reading, parts: read };
    at = reading.at;
  }
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};
const box = (type: string, ...content: Buffer[]): Buffer => {
  const body = Buffer.concat(content);
  return Buffer.concat([u32(body.length + 8), Buffer.from(type, 'latin1'), body]);
};
const FTYP = box('ftyp', Buffer.from('isom'), u32(512));
const mvhd = (timescale: number, units: number) =>
  box('mvhd', u32(0), u32(0), u32(0), u32(timescale), u32(units), Buffer.alloc(80));
const longMvhd = (timescale: number, high: number, low: number) =>
  box('mvhd', u32(0x0100_0000), Buffer.alloc(16), u32(timescale), u32(high), u32(low), Buffer.alloc(80));
const mvex = (units: number) => box('mvex', box('mehd', u32(0), u32(units)));

describe('the length of a video', () => {
  it.each(Object.keys(LAYOUTS))('is read of %s', async (name) => {
    const format = LAYOUTS[name];
    if (!format) throw new Error(name);
    const { reading, parts } = measure(await createVideo(format, 5));
    expect(reading).toEqual({ kind: 'length', seconds: expect.closeTo(5, 1) });
    expect(parts).toBeLessThanOrEqual(3);
  });

  it('is unknown of a recording in fragments that says none', async () => {
    expect(measure(await createVideo(FRAGMENTED, 3)).reading.kind).not.toBe('elsewhere');
  });

  it.each<[string, Buffer, number | null]>([
    ['in 64 bits', Buffer.concat([FTYP, box('moov', longMvhd(1000, 0, 7500))]), 7.5],
    ['behind a box of 64 bits', Buffer.concat([FTYP, box('moov', box('free'), mvhd(24, 120))]), 5],
    ['of its fragments', Buffer.concat([FTYP, box('moov', mvhd(1000, 0), mvex(4200))]), 4.2],
    ['that is not known', Buffer.concat([FTYP, box('moov', mvhd(1000, 0xffff_ffff))]), null],
    ['that is not known, in 64 bits', Buffer.concat([FTYP, box('moov', longMvhd(1, -1, -1))]), null],
    ['of none', Buffer.concat([FTYP, box('moov', mvhd(1000, 0))]), null],
    ['of a timescale of zero', Buffer.concat([FTYP, box('moov', mvhd(0, 100))]), null],
    ['of a week', Buffer.concat([FTYP, box('moov', mvhd(1, 604_800))]), null],
    ['in an empty moov', Buffer.concat([FTYP, box('moov')]), null],
    ['of half a header', Buffer.concat([FTYP, box('moov', mvhd(1000, 5000))]).subarray(0, 44), null],
    [
      'of a box that ends before it begins',
      Buffer.concat([FTYP, u32(4), Buffer.from('free'.repeat(8))]),
      null,
    ],
    [
      'behind a box to the end of the file',
      Buffer.concat([FTYP, u32(0), Buffer.from('mdat'.repeat(8))]),
      null,
    ],
  ])('%s', (_name, file, seconds) => {
    // Padded: what follows is no reason to know less.
    const { reading } = measure(Buffer.concat([file, Buffer.alloc(64)]));
    expect(reading.kind === 'length' ? reading.seconds : null).toBe(seconds);
  });

  it('is unknown of any bytes, and of any beginning and any change of a video, or some time', async () => {
    const files = await Promise.all(Object.values(LAYOUTS).map((format) => createVideo(format, 1)));
    const changed = fc
      .tuple(fc.constantFrom(...files), fc.nat(600), fc.nat(255), fc.nat(5_000))
      .map(([file, at, byte, length]) => {
        const copy = Buffer.from(file.subarray(0, length));
        if (at < copy.length) copy[at] = byte;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(changed, fc.uint8Array().map(Buffer.from)), (file) => {
        const { reading } = measure(file);
        if (reading.kind === 'length') expect(reading.seconds).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});
