// What is kept of a plan with the job it was bought by: who chose the model and among which, and how its price was worked out.

import type { Big } from 'big.js';
import type { ExpectedTime } from '../learning/expected-time.ts';
import type { LearnedEstimate } from '../pricing/learned-estimate.ts';
import type { Eligible } from './evaluate.ts';
import type { Ranking } from './plan-route.ts';
import type { Scores, Weights } from './score/guide.ts';

/** An estimate in plain dollars. */
interface KeptEstimate extends Pick<LearnedEstimate, 'certainty' | 'reason' | 'learned'> {
  readonly usd: number | null;
  readonly lowUsd: number | null;
  readonly highUsd: number | null;
  readonly ceilingUsd: number | null;
  readonly lines: readonly {
    readonly sku: string;
    readonly unit: string;
    readonly quantity: number;
    readonly unitUsd: number;
    readonly usd: number;
  }[];
}

/** A model that could make the clip, in the order of the ranking. */
interface KeptCandidate {
  readonly model: string;
  readonly usd: number | null;
  readonly ceilingUsd: number | null;
  readonly p50S: number;
  readonly score: number;
  readonly scores: Scores;
}

export interface PurchasePlan {
  /** Who named the model: the router, the order itself, or the quote it was bought by. */
  readonly chosenBy: 'router' | 'order' | 'quote';
  /** Why the router chose it; null where it did not. */
  readonly why: string | null;
  readonly estimate: KeptEstimate;
  readonly expected: ExpectedTime;
  /** Null without a ranking, as the lists are empty. */
  readonly weights: Weights | null;
  /** Best first. */
  readonly candidates: readonly KeptCandidate[];
  readonly rejected: readonly { readonly model: string; readonly codes: readonly string[] }[];
  /** How many models more there were than fit. */
  readonly cut: number;
}

/** Characters of its JSON: one row of the store, whatever the catalog comes to. */
export const MAX_PLAN_CHARACTERS = 8_000;

const dollars = (usd: Big | null): number | null => usd?.toNumber() ?? null;

function keepEstimate({ certainty, reason, learned, lines, ...amounts }: LearnedEstimate): KeptEstimate {
  return {
    usd: dollars(amounts.usd),
    lowUsd: dollars(amounts.lowUsd),
    highUsd: dollars(amounts.highUsd),
    ceilingUsd: dollars(amounts.ceilingUsd),
    certainty,
    ...(reason !== undefined && { reason }),
    ...(learned !== undefined && { learned }),
    lines: lines.map(({ sku, unit, quantity, unitUsd, usd }) => ({
      sku,
      unit,
      quantity,
      unitUsd: unitUsd.toNumber(),
      usd: usd.toNumber(),
    })),
  };
}

/**
 * The plan as JSON: models that do not fit into its characters are left out, refused ones and the last of the ranking
 * first. Holds nothing of the request but what its price was worked out of.
 * @param ranking which the choice is from; null = there was none.
 */
export function writePurchasePlan(
  choice: Eligible,
  chosenBy: PurchasePlan['chosenBy'],
  ranking: Pick<Ranking, 'candidates' | 'rejected' | 'weights' | 'why'> | null,
): string {
  const candidates = (ranking?.candidates ?? []).map(({ model, estimate, expected, score, scores }) => ({
    model: model.id,
    usd: dollars(estimate.usd),
    ceilingUsd: dollars(estimate.ceilingUsd),
    p50S: expected.p50S,
    score: round4(score),
    scores: roundScores(scores),
  }));
  const rejected = (ranking?.rejected ?? []).map(({ model, reasons }) => ({
    model: model.id,
    codes: [...new Set(reasons.map(({ code }) => code))],
  }));
  const write = (ofCandidates: number, ofRejected: number): string => {
    const plan: PurchasePlan = {
      chosenBy,
      why: chosenBy === 'router' ? (ranking?.why ?? null) : null,
      estimate: keepEstimate(choice.estimate),
      expected: choice.expected,
      weights: ranking?.weights ?? null,
      candidates: candidates.slice(0, ofCandidates),
      rejected: rejected.slice(0, ofRejected),
      cut: Math.max(0, candidates.length - ofCandidates) + Math.max(0, rejected.length - ofRejected),
    };
    return JSON.stringify(plan);
  };
  let [ofCandidates, ofRejected] = [candidates.length, rejected.length];
  let text = write(ofCandidates, ofRejected);
  while (text.length > MAX_PLAN_CHARACTERS && ofCandidates + ofRejected > 0) {
    if (ofRejected > 0) ofRejected = Math.floor(ofRejected / 2);
    else ofCandidates = Math.floor(ofCandidates / 2);
    text = write(ofCandidates, ofRejected);
  }
  return text;
}

const round4 = (value: number): number => Math.round(value * 10_000) / 10_000;

const roundScores = ({ speed, cost, quality, reliability }: Scores): Scores => ({
  speed: round4(speed),
  cost: round4(cost),
  quality: round4(quality),
  ...(reliability !== undefined && { reliability: round4(reliability) }),
});
