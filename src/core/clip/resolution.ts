// Pixels and their names: when "1280x720" and "720p, 16:9" speak of the same picture, and which values a request may name.

export interface FrameSize {
  readonly width: number;
  readonly height: number;
}

// Beside numbers catalogs list words for what the model or the input decides: "auto", "adaptive", "native". Which words
// there are is the catalog's affair: one that no model lists is refused by each of them.
const WORD = '[A-Za-z][A-Za-z0-9_-]{0,31}';

/** What a request may name, so that it can name whatever a catalog lists. */
export const RESOLUTION = new RegExp(`^(?:\\d{2,5}[pP]|\\d{1,2}[kK]|${WORD})$`);
export const ASPECT_RATIO = new RegExp(`^(?:[1-9]\\d{0,4}:[1-9]\\d{0,4}|${WORD})$`);
export const SIZE = new RegExp(`^(?:[1-9]\\d{1,4}x[1-9]\\d{1,4}|${WORD})$`);

/** "1280x720" -> pixels; null where it is not of that form. */
export function parseSize(size: string): FrameSize | null {
  const match = /^([1-9]\d{1,4})x([1-9]\d{1,4})$/i.exec(size);
  return match ? { width: Number(match[1]), height: Number(match[2]) } : null;
}

/** "16:9" -> width over height; null where it is not of that form, such as "auto". */
export function parseAspectRatio(ratio: string): number | null {
  const match = /^([1-9]\d{0,4}):([1-9]\d{0,4})$/.exec(ratio);
  return match ? Number(match[1]) / Number(match[2]) : null;
}

/** "9:16" as "16:9"; null for what is no ratio, such as "adaptive". */
export function landscape(ratio: string): string | null {
  const [, first, second] = /^([1-9]\d{0,4}):([1-9]\d{0,4})$/.exec(ratio) ?? [];
  if (first === undefined || second === undefined) return null;
  return Number(first) < Number(second) ? `${second}:${first}` : ratio;
}

/** The length in pixels of the short side that a resolution's name promises ("720p" 720, "4K" 2160, "8K" 4320), or null. */
export function shortSideOf(resolution: string): number | null {
  const name = resolution.toLowerCase();
  if (name === '1k') return 1024;
  if (name === '2k') return 1440;
  const thousands = /^([1-9]\d?)k$/.exec(name)?.[1];
  if (thousands !== undefined) return Number(thousands) * 540;
  const lines = /^(\d{2,5})p$/.exec(name)?.[1];
  return lines === undefined ? null : Number(lines);
}

export interface Canvas extends FrameSize {
  readonly ratio: string;
}

// What a provider really draws, read off bills. Landscape only: a portrait canvas is the same one turned.
export const MEASURED_CANVASES: ReadonlyMap<string, readonly Canvas[]> = new Map([
  [
    '480p',
    [canvas('16:9', 864, 496), canvas('4:3', 752, 560), canvas('1:1', 640, 640), canvas('21:9', 992, 432)],
  ],
  [
    '720p',
    [canvas('16:9', 1280, 720), canvas('4:3', 1112, 834), canvas('1:1', 960, 960), canvas('21:9', 1470, 630)],
  ],
]);
// From the provider's own table, of which the two rows above fit the bills; these two have no bill to their name yet.
const PUBLISHED_CANVASES: ReadonlyMap<string, readonly Canvas[]> = new Map([
  [
    '1080p',
    [
      canvas('16:9', 1920, 1080),
      canvas('4:3', 1664, 1248),
      canvas('1:1', 1440, 1440),
      canvas('21:9', 2206, 946),
    ],
  ],
  [
    '4k',
    [
      canvas('16:9', 3840, 2160),
      canvas('4:3', 3326, 2494),
      canvas('1:1', 2880, 2880),
      canvas('21:9', 4398, 1886),
    ],
  ],
]);

const USUAL_RATIOS = ['16:9', '4:3', '1:1', '21:9', '3:2'];
// Canvases round to multiples of the encoder's block: 992x432 is 1.6 % off 21:9, while two ratios differ by 12 %.
const CANVAS_TOLERANCE = 0.05;

/** The canvases known of a lower-cased resolution. */
export const canvasesOf = (resolution: string): readonly Canvas[] =>
  MEASURED_CANVASES.get(resolution) ?? PUBLISHED_CANVASES.get(resolution) ?? [];

export function canvas(ratio: string, width: number, height: number): Canvas {
  return { ratio, width, height };
}

/**
 * The resolution, lower-cased, that a size such as "1120x480" stands for on a model with these resolutions; null when
 * it is no size. A size of no tier the model has is named by its short side: an untiered price may still cover it.
 */
export function resolutionOfSize(size: string, resolutions: readonly string[] | null): string | null {
  const pixels = parseSize(size);
  if (pixels === null) return null;
  const short = Math.min(pixels.width, pixels.height);
  const offered = (resolutions ?? []).map((resolution) => resolution.toLowerCase());
  const named = offered.find((resolution) => shortSideOf(resolution) === short);
  if (named !== undefined) return named;
  const drawn = offered.find((resolution) => canvasesOf(resolution).some((one) => isSameTurned(one, pixels)));
  return drawn ?? `${short}p`;
}

/** The landscape ratio of a size: the usual one within rounding, else its own proportions; null when it is no size. */
export function ratioOfSize(size: string): string | null {
  const pixels = parseSize(size);
  if (pixels === null) return null;
  const usual = USUAL_RATIOS.find((ratio) => isInProportion(pixels, proportionOf(ratio)));
  return usual ?? landscape(`${pixels.width}:${pixels.height}`);
}

/** Long side over short side of a landscape ratio. */
export const proportionOf = (ratio: string): number => parseAspectRatio(ratio) ?? 1;

/** Whether a size, turned to landscape, has these proportions but for a canvas's rounding. */
export function isInProportion({ width, height }: FrameSize, proportion: number): boolean {
  const own = Math.max(width, height) / Math.min(width, height);
  return Math.abs(Math.log(own / proportion)) < CANVAS_TOLERANCE;
}

const isSameTurned = (one: FrameSize, other: FrameSize): boolean =>
  (one.width === other.width && one.height === other.height) ||
  (one.width === other.height && one.height === other.width);

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
