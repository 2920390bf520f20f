// Pixels: the width and height of a request, and the canvas on which the provider renders it.

export type Size = { readonly width: number; readonly height: number };

export type Shape = {
  /** Lower case, as SKU keys spell it. */
  readonly resolution: string;
  readonly aspectRatio: string;
};

/** The short side of each named resolution, in pixels. `480p` and the like carry theirs in the name. */
const shortSides: { readonly [resolution: string]: number } = { '1k': 1024, '2k': 1440, '4k': 2160 };

/** Token-billed models paint on these canvases, whatever `supported_sizes` says (read off real clips). */
const canvases: { readonly [resolution: string]: { readonly [ratio: string]: Size } } = {
  '480p': {
    '16:9': { width: 864, height: 496 },
    '4:3': { width: 752, height: 560 },
    '1:1': { width: 640, height: 640 },
    '3:4': { width: 560, height: 752 },
    '9:16': { width: 496, height: 864 },
    '21:9': { width: 992, height: 432 },
    '9:21': { width: 432, height: 992 },
  },
  '720p': {
    '16:9': { width: 1280, height: 720 },
    '4:3': { width: 1112, height: 834 },
    '1:1': { width: 960, height: 960 },
    '3:4': { width: 834, height: 1112 },
    '9:16': { width: 720, height: 1280 },
    '21:9': { width: 1470, height: 630 },
    '9:21': { width: 630, height: 1470 },
  },
};

const knownRatios = ['16:9', '9:16', '1:1', '4:3', '3:4', '3:2', '2:3', '21:9', '9:21'];

function ratioValue(aspectRatio: string): number {
  const [across, down] = aspectRatio.split(':').map(Number);
  const value = (across ?? Number.NaN) / (down ?? Number.NaN);
  return Number.isFinite(value) && value > 0 ? value : 16 / 9;
}

function shortSideOf(resolution: string): number {
  const named = shortSides[resolution.toLowerCase()];
  if (named !== undefined) return named;
  const lines = Number.parseInt(resolution, 10);
  return Number.isFinite(lines) && lines >= 16 ? lines : 720;
}

/** H.264 in 4:2:0 has no odd sides; the catalog's own sizes (854x480) round up too. */
const even = (pixels: number) => 2 * Math.ceil(Math.round(pixels * 1000) / 2000);

/** The size a resolution and an aspect ratio name: the short side from the one, the long side from the other. */
export function nominalSize(shape: Shape): Size {
  const short = shortSideOf(shape.resolution);
  const ratio = ratioValue(shape.aspectRatio);
  return ratio >= 1
    ? { width: even(short * ratio), height: even(short) }
    : { width: even(short), height: even(short / ratio) };
}

/**
 * The canvas a token-billed model paints on. Above 720p none has been read off a clip yet: the 720p canvas is
 * scaled, because its shapes keep the area constant and the larger ones follow the same rule.
 */
export function tokenCanvas(shape: Shape): Size {
  const known = canvases[shape.resolution]?.[shape.aspectRatio];
  if (known !== undefined) return known;
  const base = canvases['720p']?.[shape.aspectRatio];
  if (base === undefined) return nominalSize(shape);
  const scale = shortSideOf(shape.resolution) / 720;
  return { width: even(base.width * scale), height: even(base.height * scale) };
}

/** Reads `1280x720`. The caller has checked the form. */
export function parseSize(size: string): Size {
  const [width = 0, height = 0] = size.split('x').map(Number);
  return { width, height };
}

/** The resolution and aspect ratio that a size stands for: its canvas if it is one, else its short side. */
export function shapeOf({ width, height }: Size): Shape {
  for (const [resolution, byRatio] of Object.entries(canvases)) {
    for (const [aspectRatio, canvas] of Object.entries(byRatio)) {
      if (canvas.width === width && canvas.height === height) return { resolution, aspectRatio };
    }
  }
  const short = Math.min(width, height);
  const named = Object.entries(shortSides).find(([, side]) => side === short)?.[0];
  return { resolution: named ?? `${short}p`, aspectRatio: nearestRatio(width / height) };
}

function nearestRatio(value: number): string {
  const distance = (aspectRatio: string) => Math.abs(Math.log(ratioValue(aspectRatio) / value));
  return knownRatios.reduce((best, ratio) => (distance(ratio) < distance(best) ? ratio : best));
}
