// Encodes the simulator's picture as H.264 Baseline: colour bars, and a white bar along the bottom that grows with time.
import { type BitWriter, createBitWriter, nalUnit } from './bits.ts';

/** Luma and two chromas, studio range. */
export type Colour = readonly [y: number, cb: number, cr: number];

export type PictureGrid = {
  /** Macroblocks (16 x 16 pixels) across and down. */
  readonly across: number;
  readonly down: number;
};

export type VideoParameters = {
  readonly profile: number;
  readonly constraints: number;
  readonly level: number;
  /** Sequence and picture parameter sets, as NAL units. */
  readonly sequence: Uint8Array;
  readonly picture: Uint8Array;
};

const white: Colour = [235, 128, 128];
const baselineProfile = 66;
/** constraint_set0 and set1: every Baseline and Main decoder can play it. */
const constraints = 0xc0;

/** Largest frame, in macroblocks, of each level that is also fast enough for 24 frames a second (H.264, table A-1). */
const levels: readonly (readonly [macroblocks: number, level: number])[] = [
  [99, 11],
  [396, 20],
  [1620, 30],
  [3600, 31],
  [5120, 32],
  [8192, 40],
  [22_080, 50],
  [36_864, 51],
  [139_264, 60],
];

// Slice types, macroblock types and prediction modes (H.264, tables 7-6, 7-11, 7-13, 8-4, 8-5).
const sliceI = 7;
const sliceP = 5;
const pcmInI = 25;
/** mb_type of I_PCM inside a P slice: the five P types come before the I types. */
const pcmInP = 5 + pcmInI;
const fromAbove = { macroblock: 1, chroma: 2 };
const fromLeft = { macroblock: 2, chroma: 1 };

/** Macroblocks that cover a picture. */
export function gridOf(width: number, height: number): PictureGrid {
  return { across: Math.ceil(width / 16), down: Math.ceil(height / 16) };
}

/** The lowest level that holds a picture; undefined for one too large for all of them. */
function levelOf({ across, down }: PictureGrid): number | undefined {
  return levels.find(([most]) => across * down <= most)?.[1];
}

/** True when a picture of these pixels can be encoded. */
export function canEncode(width: number, height: number): boolean {
  return levelOf(gridOf(width, height)) !== undefined;
}

/** Both parameter sets for a picture; sides must be even (4:2:0). @throws RangeError when it cannot be encoded. */
export function encodeParameters(width: number, height: number): VideoParameters {
  const grid = gridOf(width, height);
  const level = levelOf(grid);
  if (level === undefined) throw new RangeError(`no H.264 level holds ${width}x${height}`);
  const sequence = createBitWriter();
  sequence.bits(8, baselineProfile);
  sequence.bits(8, constraints);
  sequence.bits(8, level);
  sequence.unsigned(0); // seq_parameter_set_id
  sequence.unsigned(0); // log2_max_frame_num - 4: frame_num is four bits wide
  sequence.unsigned(2); // pic_order_cnt_type: output order is decoding order
  sequence.unsigned(1); // max_num_ref_frames
  sequence.bits(1, 0); // gaps_in_frame_num_value_allowed
  sequence.unsigned(grid.across - 1);
  sequence.unsigned(grid.down - 1);
  sequence.bits(1, 1); // frame_mbs_only
  sequence.bits(1, 1); // direct_8x8_inference
  writeCropping(sequence, grid.across * 16 - width, grid.down * 16 - height);
  sequence.bits(1, 0); // no VUI

  const picture = createBitWriter();
  picture.unsigned(0); // pic_parameter_set_id
  picture.unsigned(0); // seq_parameter_set_id
  picture.bits(1, 0); // CAVLC
  picture.bits(1, 0); // no bottom-field order
  picture.unsigned(0); // one slice group
  picture.unsigned(0); // num_ref_idx_l0 - 1
  picture.unsigned(0); // num_ref_idx_l1 - 1
  picture.bits(1, 0); // no weighted prediction
  picture.bits(2, 0); // no weighted bi-prediction
  picture.signed(0); // pic_init_qp - 26
  picture.signed(0); // pic_init_qs - 26
  picture.signed(0); // chroma_qp_index_offset
  picture.bits(1, 1); // each slice says what deblocking does
  picture.bits(1, 0); // no constrained intra prediction
  picture.bits(1, 0); // no redundant pictures
  return {
    profile: baselineProfile,
    constraints,
    level,
    sequence: nalUnit(0x67, sequence.finish()),
    picture: nalUnit(0x68, picture.finish()),
  };
}

function writeCropping(writer: BitWriter, right: number, bottom: number): void {
  const cropped = right > 0 || bottom > 0;
  writer.bits(1, cropped ? 1 : 0);
  if (!cropped) return;
  // Counted in units of two pixels.
  for (const edge of [0, right >> 1, 0, bottom >> 1]) writer.unsigned(edge);
}

/**
 * A key frame: one bar per colour, and the bottom row white up to and including column `progress`.
 *
 * @param keyNumber tells neighbouring key frames apart (idr_pic_id).
 */
export function encodeKeyFrame(
  grid: PictureGrid,
  bars: readonly Colour[],
  progress: number,
  keyNumber: number,
): Uint8Array {
  const { across, down } = grid;
  const writer = createBitWriter();
  writeSliceHeader(writer, { key: true, frameNumber: 0, keyNumber });
  const barAt = (column: number) => Math.floor((column * bars.length) / across);
  // Coefficients of the macroblock to the left and of the row above: a PCM block counts 16, a predicted one 0.
  const above = new Uint8Array(across);
  for (let row = 0; row < down; row++) {
    let left = -1;
    const isBottom = row === down - 1 && down > 1;
    for (let column = 0; column < across; column++) {
      const isWhite = isBottom && column <= progress;
      const startsBar = row === 0 && (column === 0 || barAt(column) !== barAt(column - 1));
      const top = row > 0 ? (above[column] ?? 0) : -1;
      if (startsBar || (isWhite && column === 0)) {
        writer.unsigned(pcmInI);
        writePcm(writer, isWhite ? white : (bars[barAt(column)] ?? white));
        left = 16;
      } else {
        writePredicted(writer, row === 0 || isWhite ? fromLeft : fromAbove, left, top);
        left = 0;
      }
      above[column] = left;
    }
  }
  return nalUnit(0x65, writer.finish());
}

/** A frame that repeats the one before it, the white bar having grown from column `from` to column `to`. */
export function encodeDeltaFrame(
  grid: PictureGrid,
  frameNumber: number,
  from: number,
  to: number,
): Uint8Array {
  const { across, down } = grid;
  const writer = createBitWriter();
  writeSliceHeader(writer, { key: false, frameNumber, keyNumber: 0 });
  if (to <= from || down === 1) {
    writer.unsigned(across * down); // mb_skip_run over the whole picture
    return nalUnit(0x61, writer.finish());
  }
  let skipped = (down - 1) * across + from + 1;
  for (let column = from + 1; column <= to; column++) {
    writer.unsigned(skipped);
    writer.unsigned(pcmInP);
    writePcm(writer, white);
    skipped = 0;
  }
  const rest = across - 1 - to;
  if (rest > 0) writer.unsigned(rest);
  return nalUnit(0x61, writer.finish());
}

function writeSliceHeader(
  writer: BitWriter,
  slice: { readonly key: boolean; readonly frameNumber: number; readonly keyNumber: number },
): void {
  writer.unsigned(0); // first_mb_in_slice
  writer.unsigned(slice.key ? sliceI : sliceP);
  writer.unsigned(0); // pic_parameter_set_id
  writer.bits(4, slice.frameNumber & 15);
  if (slice.key) {
    writer.unsigned(slice.keyNumber & 1); // idr_pic_id: neighbours must differ
    writer.bits(2, 0); // no_output_of_prior_pics, long_term_reference
  } else {
    writer.bits(3, 0); // no override of ref count, no reordering, no adaptive marking
  }
  writer.signed(0); // slice_qp_delta
  writer.unsigned(1); // disable_deblocking_filter_idc: edges stay sharp, decoders stay fast
}

/** A macroblock of one colour, uncompressed: the only kind that needs no transform. */
function writePcm(writer: BitWriter, [y, cb, cr]: Colour): void {
  writer.align();
  writer.fill(256, y);
  writer.fill(64, cb);
  writer.fill(64, cr);
}

/** A macroblock copied from its neighbour, without residual. */
function writePredicted(
  writer: BitWriter,
  from: { readonly macroblock: number; readonly chroma: number },
  left: number,
  top: number,
): void {
  writer.unsigned(from.macroblock);
  writer.unsigned(from.chroma);
  writer.signed(0); // mb_qp_delta
  // coeff_token for "no coefficients": its code depends on what the neighbours had (H.264, table 9-5).
  const both = left >= 0 && top >= 0;
  const expected = both ? (left + top + 1) >> 1 : Math.max(left, top, 0);
  if (expected < 2) writer.bits(1, 1);
  else if (expected < 4) writer.bits(2, 3);
  else if (expected < 8) writer.bits(4, 15);
  else writer.bits(6, 3);
}
