// Resolutions, sizes and ratios: one module reads them, and a request may name whatever a catalog lists.

import { describe, expect, it } from 'vitest';
import { checkClipSpec, clipSpecShape } from '../../../src/core/clip/clip-spec.ts';
import {
  hasAspectRatio,
  hasResolution,
  landscape,
  ratioOfSize,
  resolutionOfSize,
  shortSideOf,
} from '../../../src/core/clip/resolution.ts';
import { mayCatalog, octoberCatalog } from '../../support/catalogs.ts';

describe('a resolution', () => {
  it.each([
    ['480p', 480],
    ['768P', 768],
    ['1K', 1024],
    ['2k', 1440],
    ['4K', 2160],
    ['8K', 4320],
    ['16k', 8640],
    ['4320p', 4320],
    ['auto', null],
    ['constructor', null],
  ])('%s has a short side of %s', (name, side) => {
    expect(shortSideOf(name)).toBe(side);
  });

  it.each([
    ['7680x4320', '8K'],
    ['3840x2160', '4K'],
    ['1280x720', '720p'],
    ['864x496', '480p'],
    ['992x432', '480p'],
  ])('%s is %s', (size, resolution) => {
    const [width = 0, height = 0] = size.split('x').map(Number);
    expect(hasResolution({ width, height }, resolution)).toBe(true);
    expect(checkClipSpec({ prompt: 'x', size, resolution })).toEqual([]);
    expect(resolutionOfSize(size, [resolution])).toBe(resolution.toLowerCase());
  });
});

describe('a ratio', () => {
  it('is read from a size, and turned to landscape', () => {
    expect([ratioOfSize('720x1280'), ratioOfSize('992x432'), ratioOfSize('auto')]).toEqual([
      '16:9',
      '21:9',
      null,
    ]);
    expect([landscape('9:16'), landscape('auto')]).toEqual(['16:9', null]);
    expect(hasAspectRatio({ width: 854, height: 480 }, '16:9')).toBe(true);
    expect(hasAspectRatio({ width: 854, height: 480 }, 'auto')).toBe(false);
  });
});

describe('a request', () => {
  it('may name every value that a catalog lists', () => {
    for (const { resolutions, aspectRatios, sizes } of [...octoberCatalog().models, ...mayCatalog().models]) {
      for (const name of resolutions ?? [])
        expect(clipSpecShape.resolution.safeParse(name).success, name).toBe(true);
      for (const name of aspectRatios ?? [])
        expect(clipSpecShape.aspect_ratio.safeParse(name).success, name).toBe(true);
      for (const name of sizes ?? []) expect(clipSpecShape.size.safeParse(name).success, name).toBe(true);
    }
  });

  it.each(['auto', 'adaptive', 'match_input', 'Native'])('may name what is left to the model: %s', (word) => {
    for (const field of ['resolution', 'aspect_ratio', 'size'] as const) {
      expect(clipSpecShape[field].safeParse(word).success).toBe(true);
      expect(checkClipSpec({ prompt: 'x', [field]: word })).toEqual([]);
    }
  });
});
