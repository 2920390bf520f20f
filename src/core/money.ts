// Turns dollars into whole micro-dollars and back without drift, with the direction of every rounding said.
import { Big, type RoundingMode } from 'big.js';

/** A whole number of millionths of a US dollar: how money is stored and summed. */
export type MicroUsd = number;

const MICRO_USD_PER_USD = 1_000_000;
const HALF_UP: RoundingMode = 1;
const UP: RoundingMode = 3;

/**
 * Dollars to the nearest micro-dollar, halves up (big.js: away from zero). For estimates and settled costs.
 * Throws RangeError beyond what a number holds exactly (about nine billion dollars).
 */
export function toMicroUsd(usd: Big): MicroUsd {
  return roundToMicroUsd(usd, HALF_UP);
}

/**
 * Dollars to micro-dollars, never below the amount. For holds: a hold rounded down could be spent past.
 * Throws RangeError as `toMicroUsd` does.
 */
export function toMicroUsdHold(usd: Big): MicroUsd {
  return roundToMicroUsd(usd, UP);
}

/** True where neither `toMicroUsd` nor `toMicroUsdHold` would throw. */
export function fitsMicroUsd(usd: Big): boolean {
  // Below a billion, as every real amount is, there is nothing to work out.
  return usd.e < 9 || usd.abs().times(MICRO_USD_PER_USD).lte(Number.MAX_SAFE_INTEGER);
}

/** Micro-dollars as the dollars JSON carries. One correctly rounded division, so 120000 prints as 0.12. */
export function fromMicroUsd(micro: MicroUsd): number {
  return micro / MICRO_USD_PER_USD;
}

/** A hundred thousand dollars. No clip costs as much: a larger bill is a mistake, which sums would carry on for good. */
const MAX_BILL_MICRO_USD: MicroUsd = 1e11;

/**
 * Upstream's `usage.cost` in micro-dollars, halves up. Reads the number's shortest decimal, which is what upstream
 * wrote, not its binary value. null for anything that is no bill of a clip (null, absent, negative, NaN, infinite, too
 * large): unknown is never zero.
 */
export function parseUsageCost(cost: number | null | undefined): MicroUsd | null {
  if (typeof cost !== 'number' || !Number.isFinite(cost) || cost < 0) return null;
  const micro = new Big(cost).times(MICRO_USD_PER_USD).round(0, HALF_UP).toNumber();
  return micro <= MAX_BILL_MICRO_USD ? micro : null;
}

function roundToMicroUsd(usd: Big, rounding: RoundingMode): MicroUsd {
  const micro = usd.times(MICRO_USD_PER_USD).round(0, rounding).toNumber();
  if (!Number.isSafeInteger(micro))
    throw new RangeError(`${usd.toString()} USD is more than can be kept exactly`);
  return micro;
}
