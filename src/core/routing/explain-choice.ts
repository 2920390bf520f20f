// Why the first candidate is first, in one sentence for a person.

import { likelyDollars } from '../pricing/learned-estimate.ts';
import type { Candidate } from './candidate.ts';
import type { Weights } from './score/guide.ts';

// More than two drawbacks is a list, not a sentence.
const DRAWBACKS = 2;
const CHEAPEST = 'cheapest';
const UNKNOWN_PRICE = 'its price is not known';
// A difference that would print as nothing.
const NO_USD = 0.00005;

/** One way in which models are better or worse than each other. */
interface Trait {
  readonly weight: number;
  readonly best: string;
  /** Higher is better. */
  readonly rate: (candidate: Candidate) => number;
  /** What `chosen` lacks beside `other`. */
  lack(chosen: Candidate, other: Candidate): string;
}

/**
 * What the first of `candidates` (best first) has over the rest and what it costs to choose it. Null without any.
 * @param considered how many models were looked at in all.
 */
export function explainChoice(
  candidates: readonly Candidate[],
  considered: number,
  weights: Weights,
  scoring: 'measured' | 'guide',
): string | null {
  const [chosen, second, ...rest] = candidates;
  if (!chosen) return null;
  const unknown = chosen.estimate.usd === null ? [UNKNOWN_PRICE] : [];
  if (!second) return [`the only one of ${considered} that fits`, ...unknown].join('; ');
  if (scoring === 'guide') {
    return [`first of ${candidates.length} that fit by the formula of OpenRouter's guide`, ...unknown].join(
      '; ',
    );
  }

  const others = [second, ...rest] as const;
  const merits: string[] = [];
  const drawbacks: { text: string; weight: number }[] = [];
  for (const trait of traitsOf(chosen, weights)) {
    const own = trait.rate(chosen);
    const { rival, best, worst } = extremesOf(others, trait);
    if (best > own) {
      if (trait.weight > 0) drawbacks.push({ text: trait.lack(chosen, rival), weight: trait.weight });
    } else if (worst < own) merits.push(trait.best);
  }
  const lead = merits.length > 0 ? listOf(merits) : 'best balance';
  const price = drawbacks
    .sort((a, b) => b.weight - a.weight)
    .slice(0, DRAWBACKS)
    .map(({ text }) => text);
  const doubts = [...doubtOf(candidates, merits), ...unknown];
  // Beside models with a price, an unknown one is a drawback already.
  return [...new Set([`${lead} of ${candidates.length} that fit`, ...doubts, ...price])].join('; ');
}

/** What is not known of the prices that `merits` speaks of. */
function doubtOf(candidates: readonly Candidate[], merits: readonly string[]): string[] {
  const unpriced = candidates.filter(({ estimate }) => estimate.usd === null).length;
  if (!merits.includes(CHEAPEST) || unpriced === 0) return [];
  return [`the price of ${unpriced} of them is not known`];
}

/** The best and the worst value among `others`, and the first in rank that has the best. */
function extremesOf(others: readonly [Candidate, ...Candidate[]], { rate }: Trait) {
  let [rival] = others;
  let best = rate(rival);
  let worst = best;
  for (const other of others) {
    const value = rate(other);
    worst = Math.min(worst, value);
    if (value <= best) continue;
    rival = other;
    best = value;
  }
  return { rival, best, worst };
}

function traitsOf(chosen: Candidate, weights: Weights): Trait[] {
  return [
    {
      weight: weights.cost,
      best: CHEAPEST,
      rate: ({ estimate }) => {
        const usd = likelyDollars(estimate);
        return usd === null ? -Infinity : -Math.round(usd / NO_USD) * NO_USD;
      },
      lack: (one, other) => {
        const [own, less] = [one.estimate.usd, other.estimate.usd];
        if (own === null || less === null) return UNKNOWN_PRICE;
        return `$${Number(own.minus(less).toNumber().toPrecision(2))} more than ${other.model.id}`;
      },
    },
    {
      weight: weights.speed,
      best: 'fastest',
      rate: ({ expected }) => -expected.p50S,
      lack: (one, other) => `${one.expected.p50S - other.expected.p50S} s slower than ${other.model.id}`,
    },
    {
      weight: weights.quality,
      best: chosen.quality.source === 'resolution' ? 'highest in resolution' : 'best rated',
      rate: ({ quality }) => quality.value,
      lack: (_, other) =>
        chosen.quality.source === 'resolution' && other.quality.source === 'resolution'
          ? `lower in resolution than ${other.model.id} can go`
          : `rated below ${other.model.id}`,
    },
  ];
}

const listOf = (words: readonly string[]): string =>
  words.length < 3 ? words.join(' and ') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
