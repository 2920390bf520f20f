// Picks, from one price list, the prices that a clip run in known circumstances is charged by.
import type { Big } from 'big.js';
import { applies, type Circumstances, settles } from './condition.ts';
import { point, type Range } from './range.ts';
import type { ListedPrice, PriceList, PriceUnit } from './sku-grammar.ts';

/** A unit price in US dollars, with bounds where two keys of the list can both be read as the one that counts. */
export interface SelectedPrice {
  readonly sku: string;
  readonly unit: PriceUnit;
  readonly usd: Range<Big>;
}

export interface SelectedPrices {
  /** What the clip itself costs: by second, token, megapixel or generation. */
  readonly base: SelectedPrice;
  /** What comes on top, and the floor under the sum. null: the list has none. */
  readonly image: SelectedPrice | null;
  readonly referenceImage: SelectedPrice | null;
  readonly minimum: SelectedPrice | null;
}

/** Which of the prices on top the clip can run into at all. */
export interface Extras {
  readonly images: boolean;
  readonly referenceImages: boolean;
}

/** Why no price can be given, for a person. A string, so that a reason can never be mistaken for an amount. */
export type UnpriceableReason = string;

/** The prices charged in these circumstances, or the reason why they are unknown. */
export function selectPrices(
  list: PriceList,
  clip: Circumstances,
  extras: Extras,
): SelectedPrices | UnpriceableReason {
  const { charges } = list;
  const unread = charges.unread.find((price) => applies(price.when, clip));
  if (unread) return `the price ${unread.sku} is not understood and may apply to this clip`;

  const base = select(charges.base, clip);
  if (base === null) return noPriceFor(list, clip);
  const image = extras.images ? select(charges.image, clip) : null;
  const referenceImage = extras.referenceImages ? select(charges.referenceImage, clip) : null;
  const minimum = select(charges.minimum, clip);

  if (typeof base === 'string') return base;
  if (typeof image === 'string') return image;
  if (typeof referenceImage === 'string') return referenceImage;
  if (typeof minimum === 'string') return minimum;
  return { base, image, referenceImage, minimum };
}

/** The strongest price that applies, widened by those it does not settle; null when none applies. */
function select(
  charges: readonly ListedPrice[],
  clip: Circumstances,
): SelectedPrice | UnpriceableReason | null {
  let winner: ListedPrice | null = null;
  const rivals: ListedPrice[] = [];
  for (const price of charges) {
    if (!applies(price.when, clip)) continue;
    if (winner === null) winner = price;
    else if (price.unit !== winner.unit)
      return `${winner.sku} and ${price.sku} both apply, in different units`;
    else if (!isSettled(price, winner) && !rivals.some((rival) => isSettled(price, rival)))
      rivals.push(price);
  }
  if (winner === null || winner.unit === null) return null;
  if (winner.usd === null) return `the value of ${winner.sku} is not a price`;

  const usd =
    rivals.length === 0
      ? point(winner.usd)
      : widen(winner.usd, rivals, clip.audio ? null : soundPrice(charges, clip));
  return typeof usd === 'string' ? usd : { sku: winner.sku, unit: winner.unit, usd };
}

/** The same condition twice, in other words, is settled by neither. */
function isSettled(price: ListedPrice, stronger: ListedPrice): boolean {
  return price.precedence < stronger.precedence && settles(stronger.when, price.when);
}

function widen(
  likely: Big,
  rivals: readonly ListedPrice[],
  ceiling: Big | null,
): Range<Big> | UnpriceableReason {
  let low = likely;
  let high = likely;
  for (const { sku, usd } of rivals) {
    if (usd === null) return `the value of ${sku} is not a price`;
    // A reading under which silence costs more than sound is no reading.
    if (ceiling?.lt(usd)) continue;
    if (usd.lt(low)) low = usd;
    if (usd.gt(high)) high = usd;
  }
  return { low, likely, high };
}

function soundPrice(charges: readonly ListedPrice[], clip: Circumstances): Big | null {
  const withSound = { ...clip, audio: true };
  return charges.find((price) => applies(price.when, withSound))?.usd ?? null;
}

function noPriceFor({ prices, unknownSkus }: PriceList, clip: Circumstances): UnpriceableReason {
  if (prices.length + unknownSkus.length === 0) return 'the model lists no prices';
  const mode = clip.mode.replaceAll('_', '-');
  const resolution = clip.resolution === null ? '' : ` at ${clip.resolution}`;
  return `no listed price covers ${mode}${resolution} ${clip.audio ? 'with' : 'without'} sound`;
}
