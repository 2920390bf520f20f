// Reads upstream's `pricing_skus` into prices in dollars per unit, and never guesses at a key it does not understand.
import { Big } from 'big.js';
import { type PriceCondition, precedenceOf } from './condition.ts';

export type PriceUnit =
  | 'second'
  | 'video_token'
  | 'megapixel_second'
  | 'image'
  | 'reference_image'
  | 'generation'
  | 'generation_minimum';

/** A key that was understood, with a value that is a price. */
export interface Price {
  readonly sku: string;
  readonly unit: PriceUnit;
  /** US dollars per unit, exact: a key in cents is already divided. */
  readonly usd: Big;
  readonly when: PriceCondition;
}

/**
 * Any key of the list as the estimate sees it. `usd` null: the value is no price. `unit` null: the key is not
 * understood; `when` then holds only what is certain in it, enough to tell a clip it cannot apply to.
 */
export interface ListedPrice {
  readonly sku: string;
  readonly unit: PriceUnit | null;
  readonly usd: Big | null;
  readonly when: PriceCondition;
  readonly precedence: number;
}

export interface PriceList {
  /** In the list's own order. */
  readonly prices: readonly Price[];
  /** Keys not understood, and keys whose value is no price, in the list's own order. */
  readonly unknownSkus: readonly string[];
  /**
   * The lowest number in the list whatever its unit: dollars per token beside cents per second. Meaningless as
   * a price; the published guide ranks by it, so `scoring: "guide"` needs it. null when there is none.
   */
  readonly lowestAdvertised: number | null;
  readonly charges: Charges;
  /** What the list's prices make any difference by: what no price asks for need not be known of a clip. */
  readonly asks: ReadonlySet<keyof PriceCondition>;
}

/** Every key by what it charges for, strongest first: sorted once, so that an estimate only walks what may apply. */
export interface Charges {
  /** The clip itself: by second, token, megapixel or generation. */
  readonly base: readonly ListedPrice[];
  readonly image: readonly ListedPrice[];
  readonly referenceImage: readonly ListedPrice[];
  readonly minimum: readonly ListedPrice[];
  /** Keys not understood: any of them may charge for anything. */
  readonly unread: readonly ListedPrice[];
}

interface KeyReading {
  readonly unit: PriceUnit | null;
  readonly cents: boolean;
  readonly when: PriceCondition;
}

type Meaning = { readonly unit: PriceUnit; readonly cents?: true } | { readonly when: PriceCondition };

// The live vocabulary, and the published one that does not occur live. Order and case do not matter, words do.
const VOCABULARY: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['duration seconds', { unit: 'second' }],
  ['per video second', { unit: 'second' }],
  ['cents per second', { unit: 'second', cents: true }],
  ['cents per second output', { unit: 'second', cents: true }],
  ['cents per video output second', { unit: 'second', cents: true }],
  ['video tokens', { unit: 'video_token' }],
  ['cents per megapixel second', { unit: 'megapixel_second', cents: true }],
  ['cents per image input', { unit: 'image', cents: true }],
  ['reference images', { unit: 'reference_image' }],
  ['generate', { unit: 'generation' }],
  ['minimum cents per generation', { unit: 'generation_minimum', cents: true }],
  ['with audio', { when: { audio: true } }],
  ['without audio', { when: { audio: false } }],
  ['text to video', { when: { mode: 'text_to_video' } }],
  ['image to video', { when: { mode: 'image_to_video' } }],
  ['reference to video', { when: { mode: 'reference_to_video' } }],
  ['reference', { when: { mode: 'reference_to_video' } }],
  ['video continuation', { when: { continuation: true } }],
  ['with video input', { when: { videoInput: true } }],
  ['precise', { when: { creativity: 'precise' } }],
  ['creative', { when: { creativity: 'creative' } }],
]);
const BASE_UNITS: ReadonlySet<PriceUnit> = new Set([
  'second',
  'video_token',
  'megapixel_second',
  'generation',
]);
const LONGEST_PHRASE = 5;
// Open on purpose: 768p and 2K appeared without notice.
const RESOLUTION = /^[1-9]\d{0,4}[pk]$/;

// A plain decimal. Two digits of exponent at most: `1e-999999` would be a million digits in the first sum.
const DECIMAL = /^\d{1,20}(?:\.\d{1,30})?(?:e[+-]?\d{1,2})?$/i;
// A unit above this is a corrupt feed; below it, thirty seconds of 4K tokens still fit in safe micro-dollars.
const HIGHEST_UNIT_USD = 1000;
// Zero is a placeholder, as on upstream's list of endpoints: nothing is sold for it, nor for what is as good as zero. A
// video token, the smallest unit there is, costs four thousand times this.
const LOWEST_UNIT_USD = 1e-9;
const DOLLARS_PER_CENT = new Big('0.01');

/**
 * Reads one model's `pricing_skus` (decimal strings, dollars or cents by key). Runs once per catalog, not per clip.
 * Never throws: what cannot be read is listed in `unknownSkus`. null, as upstream may send, is an empty list.
 */
export function parsePriceList(pricingSkus: Readonly<Record<string, string>> | null): PriceList {
  const prices: Price[] = [];
  const unknownSkus: string[] = [];
  const listedPrices: ListedPrice[] = [];
  let lowestAdvertised: number | null = null;

  for (const [sku, text] of Object.entries(pricingSkus ?? {})) {
    const key = readKey(sku);
    const listed = readDecimal(text);
    if (listed?.gt(0)) lowestAdvertised = Math.min(lowestAdvertised ?? Infinity, listed.toNumber());

    const { unit, when } = key;
    const usd = unit !== null && listed !== null ? asUnitPrice(listed, key.cents) : null;
    listedPrices.push({ sku, unit, usd, when, precedence: precedenceOf(when) });
    if (unit !== null && usd !== null) prices.push({ sku, unit, usd, when });
    else unknownSkus.push(sku);
  }
  const asks = new Set(listedPrices.flatMap(({ when }) => Object.keys(when) as (keyof PriceCondition)[]));
  return { prices, unknownSkus, lowestAdvertised, charges: sortCharges(listedPrices), asks };
}

function sortCharges(listed: readonly ListedPrice[]): Charges {
  const ranked = listed.toSorted((a, b) => b.precedence - a.precedence || (a.sku < b.sku ? -1 : 1));
  return {
    base: ranked.filter(({ unit }) => unit !== null && BASE_UNITS.has(unit)),
    image: ranked.filter(({ unit }) => unit === 'image'),
    referenceImage: ranked.filter(({ unit }) => unit === 'reference_image'),
    minimum: ranked.filter(({ unit }) => unit === 'generation_minimum'),
    unread: ranked.filter(({ unit }) => unit === null),
  };
}

/** Takes the longest known phrase at each word, so `reference_images` is a unit and `reference_duration_...` a mode. */
function readKey(sku: string): KeyReading {
  const phrases = phrasesOf(sku);
  const units = phrases.flatMap((meaning) => (meaning !== null && 'unit' in meaning ? [meaning] : []));
  const understood = phrases.every((meaning) => meaning !== null) && units.length === 1;

  let when: PriceCondition = {};
  for (const [at, meaning] of phrases.entries()) {
    if (meaning === null || 'unit' in meaning) continue;
    // A strange neighbour may have made another phrase of it: `with_audio_input` asks for no sound. A tier stands alone.
    const besideStranger = phrases[at - 1] === null || phrases[at + 1] === null;
    if (besideStranger && meaning.when.resolution === undefined) continue;
    if (contradicts(when, meaning.when)) return { unit: null, cents: false, when: {} };
    when = { ...when, ...meaning.when };
  }
  const [unit] = units;
  if (!understood || unit === undefined) return { unit: null, cents: false, when };
  return { unit: unit.unit, cents: unit.cents === true, when };
}

/** The key's phrases in order; null stands for a word outside the vocabulary. */
function phrasesOf(sku: string): (Meaning | null)[] {
  const words = sku.toLowerCase().split(/[-_\s]+/);
  const phrases: (Meaning | null)[] = [];
  for (let at = 0; at < words.length; ) {
    const phrase = phraseAt(words, at);
    phrases.push(phrase?.meaning ?? null);
    at += phrase?.length ?? 1;
  }
  return phrases;
}

function phraseAt(words: readonly string[], at: number): { meaning: Meaning; length: number } | null {
  for (let length = Math.min(LONGEST_PHRASE, words.length - at); length > 0; length--) {
    const meaning = VOCABULARY.get(words.slice(at, at + length).join(' '));
    if (meaning !== undefined) return { meaning, length };
  }
  const word = words[at];
  if (word !== undefined && RESOLUTION.test(word))
    return { meaning: { when: { resolution: word } }, length: 1 };
  return null;
}

function contradicts(held: PriceCondition, added: PriceCondition): boolean {
  return Object.keys(added).some((field) => field in held);
}

function readDecimal(text: string): Big | null {
  return typeof text === 'string' && DECIMAL.test(text) ? new Big(text) : null;
}

function asUnitPrice(listed: Big, cents: boolean): Big | null {
  const usd = cents ? listed.times(DOLLARS_PER_CENT) : listed;
  return usd.gte(LOWEST_UNIT_USD) && usd.lte(HIGHEST_UNIT_USD) ? usd : null;
}
