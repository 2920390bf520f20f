// The scale that all bars of dollars share.

import type { Schemas } from '../schemas.ts';

type Candidate = Schemas['Candidate'];
type Rejected = Schemas['Rejected'];

export interface OverBudget {
  readonly model: string;
  /** What the clip may cost with it. */
  readonly ceilingUsd: number;
}

/** Models that a budget alone keeps out, cheapest first. */
export function listOverBudget(rejected: readonly Rejected[]): readonly OverBudget[] {
  return rejected
    .flatMap(({ model, reasons: [reason, ...more] }) => {
      const ceilingUsd = reason?.supported?.[0];
      const isIt = reason?.code === 'over_budget' && more.length === 0 && typeof ceilingUsd === 'number';
      return isIt ? [{ model, ceilingUsd }] : [];
    })
    .sort((one, other) => one.ceilingUsd - other.ceilingUsd);
}

const STEPS = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

/** The least round number that is not below an amount: the end of an axis. */
export function roundUp(usd: number): number {
  if (usd <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(usd));
  const step = STEPS.find((one) => one * power >= usd * 0.999_999) ?? 10;
  return Number((step * power).toPrecision(3));
}

/** The end of the scale on which every candidate, the budget and the cheapest of what it keeps out are seen. */
export function scaleOf(
  candidates: readonly Candidate[],
  overBudget: readonly OverBudget[],
  budgetUsd: number | null,
): number {
  const amounts = candidates.flatMap(({ estimate }) => [
    estimate.usd,
    estimate.high_usd,
    estimate.ceiling_usd,
  ]);
  const beyond = overBudget.map(({ ceilingUsd }) => ceilingUsd);
  return roundUp(Math.max(0, ...[...amounts, ...beyond, budgetUsd].filter((usd) => usd !== null)));
}
