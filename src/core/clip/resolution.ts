// Pixels and their names: when "1280x720" and "720p, 16:9" speak of the same picture.

export interface FrameSize {
  readonly width: number;
  readonly height: number;
}

/** "1280x720" -> pixels; null where it is not of that form. */
export function parseSize(size: string): FrameSize | null {
  const match = /^([1-9]\d{1,4})x([1-9]\d{1,4})$/.exec(size);
  return match ? { width: Number(match[1]), height: Number(match[2]) } : null;
}

/** "16:9" -> width over height; null where it is not of that form. */
export function parseAspectRatio(ratio: string): number | null {
  const match = /^([1-9]\d{0,3}):([1-9]\d{0,3})$/.exec(ratio);
  return match ? Number(match[1]) / Number(match[2]) : null;
}

// A map, for the name is somebody else's, and every object has a `constructor`.
const K_HEIGHTS: ReadonlyMap<string, number> = new Map([
  ['1k', 1024],
  ['2k', 1440],
  ['4k', 2160],
]);

/** The length in pixels of the short side that a resolution's name promises ("720p", "4K"), or null. */
export function shortSideOf(resolution: string): number | null {
  const name = resolution.toLowerCase();
  const match = /^(\d{3,4})p$/.exec(name);
  return match ? Number(match[1]) : (K_HEIGHTS.get(name) ?? null);
}

// 854x480 is sold as 16:9 (off by 0.1 %), 1470x630 as 21:9, 992x432 too (off by 1.6 %).
const RATIO_TOLERANCE = 0.02;
// Providers keep a tier's pixel count and bend its sides: 752x560, 640x640 and 992x432 are all "480p".
const AREA_TOLERANCE = 0.07;

/** True where a picture of this size has this aspect ratio, as closely as catalogs name them. */
export function hasAspectRatio({ width, height }: FrameSize, ratio: string): boolean {
  const asked = parseAspectRatio(ratio);
  return asked !== null && Math.abs(width / height / asked - 1) <= RATIO_TOLERANCE;
}

/** True where a picture of this size is of this resolution: its short side, or the tier's pixel count at 16:9. */
export function hasResolution({ width, height }: FrameSize, resolution: string): boolean {
  const side = shortSideOf(resolution);
  if (side === null) return false;
  if (Math.min(width, height) === side) return true;
  const tierArea = (side * side * 16) / 9;
  return Math.abs((width * height) / tierArea - 1) <= AREA_TOLERANCE;
}
