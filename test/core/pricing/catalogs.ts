// The recorded catalogs as the price code sees them, and a short way to write a clip.
import { readFileSync } from 'node:fs';
import type { PricedClip, PricedModel } from '../../../src/core/pricing/assumptions.ts';
import { parsePriceList } from '../../../src/core/pricing/sku-grammar.ts';

export interface Entry {
  id: string;
  pricing_skus: Record<string, string> | null;
  supported_durations: number[] | null;
  supported_resolutions: string[] | null;
  supported_aspect_ratios: string[] | null;
  supported_sizes: string[] | null;
  supported_frame_images: string[] | null;
  generate_audio: boolean | null;
  upscale_factor: { min: number; max: number } | null;
}

export const LIVE = 'videos-models.2026-10-02.json';
export const GUIDE = 'videos-models.2026-05-guide.json';

export function readCatalog(file: string): Entry[] {
  const url = new URL(`../../fixtures/${file}`, import.meta.url);
  const parsed = JSON.parse(readFileSync(url, 'utf8')) as { data: Entry[] } | Entry[];
  return Array.isArray(parsed) ? parsed : parsed.data;
}

export function asPriced(entry: Entry): PricedModel {
  return {
    id: entry.id,
    durations: entry.supported_durations,
    resolutions: entry.supported_resolutions,
    aspectRatios: entry.supported_aspect_ratios,
    sizes: entry.supported_sizes,
    generateAudio: entry.generate_audio,
    upscaleFactor: entry.upscale_factor,
    priceList: parsePriceList(entry.pricing_skus),
  };
}

/** A model with sound, one to ten seconds, 480p to 1080p, priced as given. */
export function modelWith(skus: Record<string, string>, changes: Partial<PricedModel> = {}): PricedModel {
  return {
    id: 'a/b',
    durations: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    resolutions: ['480p', '720p', '1080p'],
    aspectRatios: ['16:9', '9:16', '1:1'],
    sizes: null,
    generateAudio: true,
    upscaleFactor: null,
    priceList: parsePriceList(skus),
    ...changes,
  };
}

export function clipOf(spec: Partial<PricedClip>): PricedClip {
  return {
    frames: 0,
    imageReferences: 0,
    videoReferences: 0,
    audioReferences: 0,
    continuation: false,
    ...spec,
  };
}
