// The resolution that a request names, by name or in pixels.

import { parseSize } from '../clip/resolution.ts';

/** The resolution a request asks for, in lower case, be it by name or in pixels; null where it asks for none. */
export function resolutionOf(request: object): string | null {
  const { resolution, size } = request as { readonly resolution?: unknown; readonly size?: unknown };
  if (typeof resolution === 'string') return resolution.toLowerCase();
  const pixels = typeof size === 'string' ? parseSize(size) : null;
  return pixels ? `${Math.min(pixels.width, pixels.height)}p` : null;
}
