// Renders the clip of a job: a playable MP4 of exactly the requested size and duration, recognizable by its colours.
import { createRandom } from '../random.ts';
import { type Colour, encodeDeltaFrame, encodeKeyFrame, encodeParameters, gridOf } from './h264.ts';
import { writeMp4 } from './mp4.ts';

export type Film = {
  /** Even pixels. */
  readonly width: number;
  readonly height: number;
  readonly durationSeconds: number;
  /** Decides the colours. The same number is the same film, byte for byte. */
  readonly palette: number;
  /** The colours of the first two seconds, when a first frame was given; they stand for its picture. */
  readonly openingPalette?: number | undefined;
};

/** As live clips have. */
const filmFramesPerSecond = 24;
const framesPerKey = 2 * filmFramesPerSecond;

/** Encodes the film. @throws RangeError for a picture larger than H.264 level 6 holds. */
export function makeFilm(film: Film): Buffer {
  const grid = gridOf(film.width, film.height);
  const bars = paint(film.palette);
  const openingBars = film.openingPalette === undefined ? bars : paint(film.openingPalette);
  const count = Math.max(1, Math.round(film.durationSeconds * filmFramesPerSecond));
  // The white bar reaches the last column on the last frame.
  const progressAt = (frame: number) =>
    count === 1 ? 0 : Math.floor((frame * (grid.across - 1)) / (count - 1));
  const frames: Uint8Array[] = [];
  const keyFrames: number[] = [];
  for (let frame = 0; frame < count; frame++) {
    const sinceKey = frame % framesPerKey;
    if (sinceKey === 0) {
      frames.push(
        encodeKeyFrame(grid, frame === 0 ? openingBars : bars, progressAt(frame), keyFrames.length),
      );
      keyFrames.push(frame + 1);
    } else {
      frames.push(encodeDeltaFrame(grid, sinceKey, progressAt(frame - 1), progressAt(frame)));
    }
  }
  const { width, height } = film;
  const parameters = encodeParameters(width, height);
  return writeMp4({ width, height, framesPerSecond: filmFramesPerSecond, parameters, frames, keyFrames });
}

/** Three to nine bars: their number, too, tells clips apart. */
function paint(palette: number): Colour[] {
  const random = createRandom(palette);
  const bars = 3 + Math.floor(random() * 7);
  const level = () => 60 + Math.floor(random() * 140);
  return Array.from({ length: bars }, () => [level(), level(), level()]);
}
