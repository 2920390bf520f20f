// Quantiles of values that do not all count the same, and the one rule by which evidence moves a belief.

export interface Weighted {
  readonly value: number;
  /** Above 0. */
  readonly weight: number;
}

/** Evidence in ascending order with its total, ready to be asked. */
export interface Sorted {
  readonly ascending: readonly Weighted[];
  readonly total: number;
}

export function sortWeighted(values: readonly Weighted[]): Sorted {
  const ascending = [...values].sort((a, b) => a.value - b.value);
  return { ascending, total: ascending.reduce((sum, { weight }) => sum + weight, 0) };
}

/** The smallest value that at least `weight` of the evidence does not exceed; null without evidence. */
function valueAt({ ascending }: Sorted, weight: number): number | null {
  let sum = 0;
  for (const entry of ascending) {
    sum += entry.weight;
    // Sums of powers of one half are not exact: what is equal on paper must not be missed by a bit.
    if (sum >= weight - 1e-9) return entry.value;
  }
  return ascending.at(-1)?.value ?? null;
}

/** The value below which a share `q` (0 to 1) of the weight lies; null without evidence. */
export function quantile(sorted: Sorted, q: number): number | null {
  return valueAt(sorted, q * sorted.total);
}

/** Where a belief may stand in the light of evidence. */
export interface Band {
  readonly low: number;
  readonly high: number;
}

/**
 * The weighted median of the evidence and of one belief that weighs `mass`, whatever the belief is: it is the belief
 * brought into this band. Null while all evidence together weighs no more than the belief, which then stands.
 */
export function bandFor(sorted: Sorted, mass: number): Band | null {
  if (sorted.total <= mass) return null;
  const low = valueAt(sorted, (sorted.total - mass) / 2);
  const high = valueAt(sorted, (sorted.total + mass) / 2);
  return low === null || high === null ? null : { low, high };
}

export const clampInto = ({ low, high }: Band, belief: number): number =>
  Math.min(high, Math.max(low, belief));
