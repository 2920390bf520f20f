// Knows how many pixels a provider renders for a resolution and a ratio: what video tokens are counted on.

import {
  canvas,
  canvasesOf,
  type FrameSize,
  isInProportion,
  MEASURED_CANVASES,
  parseSize,
  proportionOf,
  shortSideOf,
} from '../clip/resolution.ts';
import { memoizeByObject } from '../memoize-by-object.ts';
import { point, type Range } from './range.ts';

/**
 * Pixels of one frame at a lower-cased resolution and a landscape ratio, or null where the resolution names no size.
 *
 * `sizes` (the catalog's `supported_sizes`) is no canvas: taking 480x480 for 480p 1:1 is 44 % too low. It only
 * widens the range, and only where no bill has fixed the canvas. The likely value there keeps the area of the
 * tier's 16:9 canvas, as every measured ratio does within 5 %.
 */
export function pixelsFor(resolution: string, ratio: string, sizes: readonly string[] | null): Range | null {
  const known = canvasesOf(resolution);
  const exact = known.find((drawn) => drawn.ratio === ratio);
  if (exact && MEASURED_CANVASES.has(resolution) && !namesRealCanvases(sizes)) return point(areaOf(exact));

  const short = shortSideOf(resolution);
  if (short === null) return null;
  const wide =
    known.find((drawn) => drawn.ratio === '16:9') ?? canvas('16:9', Math.round((short * 16) / 9), short);
  const others = listedAreas(sizes, short, ratio);
  if (known.length === 0) others.push(Math.round(short * short * proportionOf(ratio)));
  else if (!exact) others.push(...known.map(areaOf));
  const likely = areaOf(exact ?? wide);
  return { low: Math.min(likely, ...others), likely, high: Math.max(likely, ...others) };
}

/** Whether the size list spells canvases such as 752x560, which no tier and ratio give by arithmetic: then believe it. */
function namesRealCanvases(sizes: readonly string[] | null): boolean {
  return sizes?.includes('752x560') === true || sizes?.includes('1112x834') === true;
}

function listedAreas(sizes: readonly string[] | null, short: number, ratio: string): number[] {
  const listed = sizes === null ? undefined : sizesByShortSide(sizes).get(short);
  if (!listed) return [];
  const proportion = proportionOf(ratio);
  return listed.filter((size) => isInProportion(size, proportion)).map(areaOf);
}

const sizesByShortSide = memoizeByObject(
  (sizes: readonly string[]): ReadonlyMap<number, readonly FrameSize[]> => {
    const bySide = new Map<number, FrameSize[]>();
    for (const size of sizes.flatMap((text) => parseSize(text) ?? [])) {
      const short = Math.min(size.width, size.height);
      bySide.set(short, [...(bySide.get(short) ?? []), size]);
    }
    return bySide;
  },
);

const areaOf = ({ width, height }: FrameSize): number => width * height;
