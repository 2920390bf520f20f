// Knows how many pixels a provider really renders for a resolution and a ratio: what video tokens are counted on.
import { memoizeByObject } from '../memoize-by-object.ts';
import { point, type Range } from './range.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Canvas extends Size {
  readonly ratio: string;
}

// Landscape only: a portrait canvas is the same one turned, so its area is too.
const MEASURED: ReadonlyMap<string, readonly Canvas[]> = new Map([
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
const PUBLISHED: ReadonlyMap<string, readonly Canvas[]> = new Map([
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
const KNOWN_RATIOS = ['16:9', '4:3', '1:1', '21:9', '3:2'];
// Canvases round to multiples of the encoder's block: 992x432 is 1.6 % off 21:9, while two ratios differ by 12 %.
const RATIO_TOLERANCE = 0.05;

/** The short edge a resolution names in pixels (`720p` 720, `4K` 2160), or null for a name that says none. */
export function shortEdgeOf(resolution: string): number | null {
  const name = resolution.toLowerCase();
  if (name === '1k') return 1024;
  if (name === '2k') return 1440;
  const thousands = /^(\d{1,2})k$/.exec(name)?.[1];
  if (thousands !== undefined) return Number(thousands) * 540;
  const lines = /^(\d{2,5})p$/.exec(name)?.[1];
  return lines === undefined ? null : Number(lines);
}

/**
 * The resolution, lower-cased, that a `size` such as `1120x480` stands for on a model with these resolutions; null when
 * it is no size. A size of no tier the model has is named by its short edge: an untiered price may still cover it.
 */
export function resolutionOfSize(size: string, resolutions: readonly string[] | null): string | null {
  const parsed = parseSize(size);
  if (parsed === null) return null;
  const short = Math.min(parsed.width, parsed.height);
  const offered = (resolutions ?? []).map((resolution) => resolution.toLowerCase());
  const named = offered.find((resolution) => shortEdgeOf(resolution) === short);
  if (named !== undefined) return named;
  const rendered = offered.find((resolution) =>
    canvasesOf(resolution).some((drawn) => isSame(drawn, parsed)),
  );
  return rendered ?? `${short}p`;
}

/** The landscape ratio of a `size`: the usual one within rounding, else its own proportions; null when it is no size. */
export function ratioOfSize(size: string): string | null {
  const parsed = parseSize(size);
  if (parsed === null) return null;
  const usual = KNOWN_RATIOS.find((ratio) => hasRatio(parsed, ratio));
  return usual ?? landscape(`${parsed.width}:${parsed.height}`);
}

/** `9:16` as `16:9`; null for what is no ratio, such as `adaptive`. */
export function landscape(ratio: string): string | null {
  const [, first, second] = /^([1-9]\d{0,4}):([1-9]\d{0,4})$/.exec(ratio) ?? [];
  if (first === undefined || second === undefined) return null;
  return Number(first) < Number(second) ? `${second}:${first}` : ratio;
}

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
  if (exact && MEASURED.has(resolution) && !namesRealCanvases(sizes)) return point(areaOf(exact));

  const short = shortEdgeOf(resolution);
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
  const listed = sizes === null ? undefined : sizesByShortEdge(sizes).get(short);
  if (!listed) return [];
  const proportion = proportionOf(ratio);
  return listed.filter((size) => isInProportion(size, proportion)).map(areaOf);
}

const sizesByShortEdge = memoizeByObject((sizes: readonly string[]): ReadonlyMap<number, readonly Size[]> => {
  const byEdge = new Map<number, Size[]>();
  for (const size of sizes.flatMap((text) => parseSize(text) ?? [])) {
    const short = Math.min(size.width, size.height);
    byEdge.set(short, [...(byEdge.get(short) ?? []), size]);
  }
  return byEdge;
});

function canvasesOf(resolution: string): readonly Canvas[] {
  return MEASURED.get(resolution) ?? PUBLISHED.get(resolution) ?? [];
}

function canvas(ratio: string, width: number, height: number): Canvas {
  return { ratio, width, height };
}

function parseSize(text: string): Size | null {
  const [, width, height] = /^([1-9]\d{1,4})x([1-9]\d{1,4})$/i.exec(text) ?? [];
  return width === undefined || height === undefined
    ? null
    : { width: Number(width), height: Number(height) };
}

function areaOf(size: Size): number {
  return size.width * size.height;
}

function isSame(drawn: Size, size: Size): boolean {
  return (
    (drawn.width === size.width && drawn.height === size.height) ||
    (drawn.width === size.height && drawn.height === size.width)
  );
}

function proportionOf(ratio: string): number {
  const [first, second] = ratio.split(':').map(Number);
  return (first ?? 1) / (second ?? 1);
}

function hasRatio(size: Size, ratio: string): boolean {
  return isInProportion(size, proportionOf(ratio));
}

function isInProportion({ width, height }: Size, proportion: number): boolean {
  const own = Math.max(width, height) / Math.min(width, height);
  return Math.abs(Math.log(own / proportion)) < RATIO_TOLERANCE;
}
