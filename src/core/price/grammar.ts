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
 * Any key of the list as the estimate sees it. `usd` null: the value is no price. `unit` null: the key has words
 * outside the vocabulary; `when` then holds the part that was understood, enough to tell when it cannot apply.
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
  /** Every key, understood or not, strongest first: the order in which an estimate tries them. */
  readonly ranked: readonly ListedPrice[];
}

interface KeyReading {
  readonly unit: PriceUnit | null;
  readonly cents: boolean;
  readonly when: PriceCondition;
  readonly understood: boolean;
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
const LONGEST_PHRASE = 5;
// Open on purpose: 768p and 2K appeared without notice.
const RESOLUTION = /^[1-9]\d{0,4}[pk]$/;

// A plain decimal. Two digits of exponent at most: `1e-999999` would be a million digits in the first sum.
const DECIMAL = /^\d{1,20}(?:\.\d{1,30})?(?:e[+-]?\d{1,2})?$/i;
// A unit above this is a corrupt feed; below it, thirty seconds of 4K tokens still fit in safe micro-dollars.
const HIGHEST_UNIT_USD = 1000;
const DOLLARS_PER_CENT = new Big('0.01');

/**
 * Reads one model's `pricing_skus` (decimal strings, dollars or cents by key). Meant to run once per catalog, not per clip.
 * Never throws: what cannot be read is listed in `unknownSkus`. null, as upstream sends for some models, is an empty list.
 */
export function parsePriceList(pricingSkus: Readonly<Record<string, string>> | null): PriceList {
  const prices: Price[] = [];
  const unknownSkus: string[] = [];
  const ranked: ListedPrice[] = [];
  let lowestAdvertised: number | null = null;

  for (const [sku, text] of Object.entries(pricingSkus ?? {})) {
    const key = readKey(sku);
    const listed = readDecimal(text);
    if (listed !== null) lowestAdvertised = Math.min(lowestAdvertised ?? Infinity, listed.toNumber());

    const usd = key.understood && listed !== null ? asUnitPrice(listed, key.cents) : null;
    const unit = key.understood ? key.unit : null;
    ranked.push({ sku, unit, usd, when: key.when, precedence: precedenceOf(key.when) });
    if (unit !== null && usd !== null) prices.push({ sku, unit, usd, when: key.when });
    else unknownSkus.push(sku);
  }
  ranked.sort((a, b) => b.precedence - a.precedence);
  return { prices, unknownSkus, lowestAdvertised, ranked };
}

/** Takes the longest known phrase at each word, so `reference_images` is a unit and `reference_duration_...` a mode. */
function readKey(sku: string): KeyReading {
  const words = sku.toLowerCase().split(/[-_\s]+/);
  const units: { unit: PriceUnit; cents: boolean }[] = [];
  let when: PriceCondition = {};
  let understood = true;

  for (let at = 0; at < words.length; ) {
    const phrase = phraseAt(words, at);
    at += phrase?.length ?? 1;
    if (phrase === null) {
      understood = false;
    } else if ('unit' in phrase.meaning) {
      units.push({ unit: phrase.meaning.unit, cents: phrase.meaning.cents === true });
    } else if (contradicts(when, phrase.meaning.when)) {
      // Neither of two tiers in one key can be trusted to exclude a clip.
      return { unit: null, cents: false, when: {}, understood: false };
    } else {
      when = { ...when, ...phrase.meaning.when };
    }
  }
  const [only, second] = units;
  if (only === undefined || second !== undefined)
    return { unit: null, cents: false, when, understood: false };
  return { ...only, when, understood };
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
  return usd.lte(HIGHEST_UNIT_USD) ? usd : null;
}
