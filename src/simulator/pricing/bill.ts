// What OpenRouter bills for a clip: the catalog's SKUs under the rules that fit every recorded bill.
import { Big } from 'big.js';
import type { CatalogModel } from '../catalog.ts';
import type { Clip } from '../clip.ts';
import { readSku, type Sku, type SkuUnit } from './sku.ts';

type BillLine = {
  readonly sku: string;
  readonly quantity: number;
  readonly unitUsd: number;
  readonly usd: number;
};

export type Bill = {
  /** USD, to four decimals as the bills on record show; null when the list prices leave it unknown. */
  readonly costUsd: number | null;
  readonly lines: readonly BillLine[];
};

const unknownBill: Bill = { costUsd: null, lines: [] };

/** Units that bill the making of the video; exactly one key of these bills a job. */
const baseUnits: ReadonlySet<SkuUnit> = new Set<SkuUnit>([
  'usd_per_second',
  'cents_per_second',
  'cents_per_megapixel_second',
  'usd_per_video_token',
  'usd_per_video',
]);

const framesPerSecond = 24;

/** Models whose bills on record count one frame more than 24 a second (seedance-2.0-mini: 97 frames at 4 s). */
const billsOneFrameMore = new Set(['bytedance/seedance-2.0-mini']);

/**
 * Prices a clip.
 *
 * @param factor what the bill is multiplied by: a promotion below 1, an unlisted surcharge above it.
 */
export function billFor(model: CatalogModel, clip: Clip, factor = 1): Bill {
  const prices = Object.entries(model.pricing_skus ?? {});
  const read = prices.map(([key, price]) => ({ sku: readSku(key), price }));
  const known = read.flatMap(({ sku, price }) => (sku === undefined ? [] : [{ sku, price: new Big(price) }]));
  // One key outside the vocabulary may be the one that bills: then the whole is unknown, never a guess.
  if (known.length < read.length) return unknownBill;

  const base = known
    .filter(({ sku }) => baseUnits.has(sku.unit) && applies(sku, clip))
    .sort((a, b) => precedence(b.sku) - precedence(a.sku))[0];
  if (base === undefined) return unknownBill;

  const lines = [base, ...known.filter(({ sku }) => !baseUnits.has(sku.unit) && sku.unit !== 'minimum_cents')]
    .map(({ sku, price }) => ({
      sku: sku.key,
      quantity: quantity(sku.unit, model, clip),
      unitUsd: inUsd(sku.unit, price),
    }))
    .filter((line) => line.quantity.gt(0));
  const listed = lines.reduce((sum, line) => sum.plus(line.unitUsd.times(line.quantity)), new Big(0));
  const floor = known.find(({ sku }) => sku.unit === 'minimum_cents');
  const floored = floor === undefined ? listed : bigger(listed, inUsd('minimum_cents', floor.price));
  return {
    costUsd: floored.times(factor).round(4, Big.roundHalfUp).toNumber(),
    lines: lines.map((line) => ({
      sku: line.sku,
      quantity: line.quantity.toNumber(),
      unitUsd: line.unitUsd.toNumber(),
      usd: line.unitUsd.times(line.quantity).toNumber(),
    })),
  };
}

/** Families whose providers bill the seconds of video references like those of the output, in any unit. */
const billsInput = ['heygen/', 'minimax/hailuo-3', 'bytedance/seedance'];

/** Seconds that are billed: those of the output, and of the input where the provider counts them. */
function billedSeconds(model: CatalogModel, clip: Clip): number {
  if (clip.videoReferences === 0 || !billsInput.some((family) => model.id.startsWith(family)))
    return clip.durationSeconds;
  const lengths = model.supported_durations ?? [];
  // Seedance bills at least as much input as its shortest clip is long (5 s of output: 9 s); none takes more than its longest.
  const least = model.id.startsWith('bytedance/') ? Math.min(...lengths) : 0;
  return clip.durationSeconds + Math.min(Math.max(clip.inputSeconds, least), Math.max(...lengths));
}

/** Reference images that are billed: MiniMax H3 gives the first five away. */
function billedReferenceImages(model: CatalogModel, clip: Clip): number {
  const free = model.id.startsWith('minimax/hailuo-3') ? 5 : 0;
  return Math.max(0, clip.imageReferences - free);
}

/** Video tokens of a clip: floor(W x H x frames / 1024) on the provider's real canvas. */
function videoTokens(model: CatalogModel, clip: Clip): number {
  const frames = framesPerSecond * billedSeconds(model, clip) + (billsOneFrameMore.has(model.id) ? 1 : 0);
  return Math.floor((clip.canvas.width * clip.canvas.height * frames) / 1024);
}

/** True when every condition a key names holds for the clip. A key that names none applies to all. */
function applies(sku: Sku, clip: Clip): boolean {
  const modes = {
    text: clip.frameImages === 0,
    image: clip.frameImages > 0,
    reference: clip.imageReferences + clip.videoReferences > 0,
    continuation: clip.continuesJob,
  };
  return (
    (sku.resolution === undefined || sku.resolution === clip.resolution) &&
    (sku.sound === undefined || (sku.sound === 'with') === clip.withSound) &&
    (sku.mode === undefined || modes[sku.mode]) &&
    (sku.creative === undefined || sku.creative === clip.creative) &&
    (sku.videoInput === undefined || clip.videoReferences > 0)
  );
}

/**
 * Among the keys that apply, the most particular bills. A key for the input (continuation, reference, video)
 * replaces the base. Per second, one that names the sound beats one that names mode and resolution (Kling with
 * sound: 0.168, not 0.112). Per token, the resolution comes first: `_without_audio` repeats the base price there.
 */
function precedence(sku: Sku): number {
  const perToken = sku.unit === 'usd_per_video_token';
  return (
    (sku.mode === 'continuation' ? 32 : 0) +
    (sku.mode === 'reference' || sku.videoInput === true ? 16 : 0) +
    (sku.sound === undefined ? 0 : perToken ? 1 : 8) +
    (sku.mode === 'text' || sku.mode === 'image' ? 4 : 0) +
    (sku.resolution === undefined ? 0 : 2)
  );
}

function quantity(unit: SkuUnit, model: CatalogModel, clip: Clip): Big {
  switch (unit) {
    case 'usd_per_second':
    case 'cents_per_second':
      return new Big(billedSeconds(model, clip));
    case 'cents_per_megapixel_second':
      return new Big(clip.size.width)
        .times(clip.size.height)
        .div(1_000_000)
        .times(billedSeconds(model, clip));
    case 'usd_per_video_token':
      return new Big(videoTokens(model, clip));
    case 'cents_per_image':
      return new Big(clip.frameImages + billedReferenceImages(model, clip));
    case 'usd_per_reference_image':
      return new Big(billedReferenceImages(model, clip));
    case 'usd_per_video':
    case 'minimum_cents':
      return new Big(1);
  }
}

function inUsd(unit: SkuUnit, price: Big): Big {
  const countsCents = unit.startsWith('cents_') || unit === 'minimum_cents';
  return countsCents ? price.div(100) : price;
}

function bigger(a: Big, b: Big): Big {
  return a.gt(b) ? a : b;
}
