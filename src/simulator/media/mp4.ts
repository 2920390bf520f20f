// Packs encoded frames into an MP4 file (ISO/IEC 14496-12 and -15): one video track, the index before the data.
import type { VideoParameters } from './h264.ts';

export type Track = {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly parameters: VideoParameters;
  /** One NAL unit per frame, in display order. */
  readonly frames: readonly Uint8Array[];
  /** Numbers of the key frames, counted from 1. */
  readonly keyFrames: readonly number[];
};

/** Ticks per frame: the timescale is the frame rate times this. */
const frameTicks = 1000;

/** The file, complete. */
export function writeMp4(track: Track): Buffer {
  const fileType = box('ftyp', text('isom'), u32(512), text('isomiso2avc1mp41'));
  // The index holds the offset of the data, and its own length moves the data: write it twice.
  const length = movieBox(track, 0).length;
  const movie = movieBox(track, fileType.length + length + 8);
  const samples = track.frames.flatMap((frame) => [
    u32(frame.length),
    Buffer.from(frame.buffer, frame.byteOffset, frame.length),
  ]);
  return Buffer.concat([fileType, movie, box('mdat', ...samples)]);
}

function movieBox(track: Track, dataOffset: number): Buffer {
  const timescale = track.framesPerSecond * frameTicks;
  const duration = track.frames.length * frameTicks;
  const header = fullBox(
    'mvhd',
    0,
    zeros(8),
    u32(timescale),
    u32(duration),
    u32(0x10000),
    u16(0x100),
    zeros(10),
    identityMatrix,
    zeros(24),
    u32(2),
  );
  const enabledInMovie = 3;
  const trackHeader = fullBox(
    'tkhd',
    enabledInMovie,
    zeros(8),
    u32(1),
    zeros(4),
    u32(duration),
    zeros(16),
    identityMatrix,
    u32(track.width * 0x10000),
    u32(track.height * 0x10000),
  );
  const languageUndetermined = 0x55c4;
  const mediaHeader = fullBox(
    'mdhd',
    0,
    zeros(8),
    u32(timescale),
    u32(duration),
    u16(languageUndetermined),
    zeros(2),
  );
  const handler = fullBox('hdlr', 0, zeros(4), text('vide'), zeros(12), text('VideoHandler\0'));
  const dataInThisFile = box('dinf', fullBox('dref', 0, u32(1), fullBox('url ', 1)));
  const information = box(
    'minf',
    fullBox('vmhd', 1, zeros(8)),
    dataInThisFile,
    sampleTable(track, dataOffset),
  );
  return box('moov', header, box('trak', trackHeader, box('mdia', mediaHeader, handler, information)));
}

function sampleTable(track: Track, dataOffset: number): Buffer {
  const count = u32(track.frames.length);
  // All samples lie in one chunk, each with its four-byte length in front.
  return box(
    'stbl',
    fullBox('stsd', 0, u32(1), visualEntry(track)),
    fullBox('stts', 0, u32(1), count, u32(frameTicks)),
    fullBox('stss', 0, u32(track.keyFrames.length), ...track.keyFrames.map(u32)),
    fullBox('stsc', 0, u32(1), u32(1), count, u32(1)),
    fullBox('stsz', 0, u32(0), count, ...track.frames.map((frame) => u32(frame.length + 4))),
    fullBox('stco', 0, u32(1), u32(dataOffset)),
  );
}

function visualEntry({ width, height, parameters }: Track): Buffer {
  const { profile, constraints, level, sequence, picture } = parameters;
  const lengthsOfFourBytes = 0xff;
  const oneSequenceSet = 0xe1;
  const configuration = box(
    'avcC',
    Buffer.from([1, profile, constraints, level, lengthsOfFourBytes, oneSequenceSet]),
    u16(sequence.length),
    Buffer.from(sequence),
    Buffer.from([1]),
    u16(picture.length),
    Buffer.from(picture),
  );
  const dotsPerInch72 = u32(0x480000);
  return box(
    'avc1',
    zeros(6),
    u16(1),
    zeros(16),
    u16(width),
    u16(height),
    dotsPerInch72,
    dotsPerInch72,
    zeros(4),
    u16(1),
    zeros(32),
    u16(24),
    u16(0xffff),
    configuration,
  );
}

function box(type: string, ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 8);
  return Buffer.concat([u32(length), text(type), ...parts], length);
}

/** A box with a version (always 0 here) and 24 bits of flags. */
function fullBox(type: string, flags: number, ...parts: readonly Buffer[]): Buffer {
  return box(type, u32(flags), ...parts);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function zeros(count: number): Buffer {
  return Buffer.alloc(count);
}

function text(characters: string): Buffer {
  return Buffer.from(characters, 'latin1');
}

const identityMatrix = Buffer.concat([u32(0x10000), zeros(12), u32(0x10000), zeros(12), u32(0x40000000)]);

/**
 * The same film in a larger file: a `free` box at the end, which players skip. A film already as large stays as it
 * is, and one that lacks fewer bytes than the box's own header gets just that header.
 */
export function padMp4(film: Buffer, bytes: number): Buffer {
  const missing = bytes - film.length;
  return missing <= 0 ? film : Buffer.concat([film, box('free', zeros(Math.max(0, missing - 8)))]);
}
