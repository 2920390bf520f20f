// From what jobs cost, took and came to, what to expect of the next. Formulas and bounds: docs/concepts/scoring.md.

import { timeFactor } from './baseline-latency.ts';
import type { JobObservation } from './observation.ts';
import {
  type Band,
  bandFor,
  clampInto,
  quantile,
  type Sorted,
  sortWeighted,
  type Weighted,
} from './weighted-quantile.ts';

/** What a bill is of the list's estimate. */
export interface LearnedRatio {
  /** The likeliest; 1 where bills are as listed, or too few. */
  readonly value: number;
  /** The fifth of the bills below this, and the fifth above `high`, are left out of the range. */
  readonly low: number;
  readonly high: number;
  /** Bills it was learned from. */
  readonly samples: number;
  /** Enough bills that agree, so that the list alone need not be believed beside them. */
  readonly isSettled: boolean;
}

/** Seconds, for the base clip or for one kind of clip. */
export interface LearnedSpeed {
  /** Where the median is, whatever was believed before. */
  readonly band: Band;
  /** How many times the median nine in ten clips stay under; at least 1. */
  readonly tail: number;
  readonly samples: number;
}

/** What one model's jobs have taught. */
export interface ModelKnowledge {
  /** Of all kinds of clips together. */
  readonly ratio: LearnedRatio;
  /** By `priceKindOf`, where there is a bill. */
  readonly ratioByKind: ReadonlyMap<string, LearnedRatio>;
  /** All clips, each brought to the base clip; null while there are too few. */
  readonly speed: LearnedSpeed | null;
  /** By `kindOf`, where a kind of clip has enough of its own. In seconds of that kind. */
  readonly speedByKind: ReadonlyMap<string, LearnedSpeed>;
  readonly success: { readonly rate: number; readonly samples: number };
}

/** How many of a model's latest observations are looked at, and worth keeping in memory. */
export const OBSERVATIONS_PER_MODEL = 64;

// What is believed before there is evidence weighs as much as one and a half jobs: one job moves nothing, two that
// agree are believed.
const PRIOR_MASS = 1.5;
// Of each later job the earlier ones count less, halved every so many: prices change from one day to the next,
// speeds drift, failures are rare and take long to count.
const PRICE_HALF_LIFE = 4;
const SPEED_HALF_LIFE = 8;
const SUCCESS_HALF_LIFE = 16;
// A quiet model's past fades back into the prior.
const AGE_HALF_LIFE_MS = 30 * 24 * 60 * 60 * 1000;
// No bill seen was off by more than 2.2; ten times that is a unit misread, and must not run away with the estimates.
const MAX_RATIO = 20;
const SPREAD = 0.2;
const OWN_KIND_SAMPLES = 5;
// One client's bills may be of a plan, a region or a mishap of its own: for others they count once they are this many.
const MANY_BILLS = 8;
// Bills that differ by no more agree: a frame more or less is a hundredth.
const AGREEMENT = 1.05;
/** How many times the median nine in ten clips stay under where too few were timed: recordings spread by 1.3 to 1.5. */
export const PRIOR_TAIL = 1.5;
/** How many jobs end with a clip where none were seen, and how many jobs that belief weighs. */
export const PRIOR_SUCCESS = { rate: 0.95, mass: 4 };

/**
 * What a model's observations teach. The order they come in does not matter, and only the latest
 * `OBSERVATIONS_PER_MODEL` do.
 * @param now epoch milliseconds.
 * @param clientId whose own bills count for themselves; null = what counts for every client.
 */
export function learnModel(
  observations: readonly JobObservation[],
  now: number,
  clientId: string | null = null,
): ModelKnowledge {
  const latest = [...observations].sort(newestFirst).slice(0, OBSERVATIONS_PER_MODEL);
  const timed = latest.filter(isTimed);
  const speedByKind = new Map<string, LearnedSpeed>();
  for (const [kind, clips] of groupBy(timed, (clip) => kindOf(clip.durationS, clip.resolution))) {
    if (clips.length < OWN_KIND_SAMPLES) continue;
    const speed = learnSpeed(clips, now, ({ tookMs }) => tookMs / 1000);
    if (speed) speedByKind.set(kind, speed);
  }
  return {
    ...learnRatios(latest.filter(isBilled), now, clientId),
    speed: learnSpeed(timed, now, (clip) => clip.tookMs / 1000 / timeFactor(clip.durationS, clip.resolution)),
    speedByKind,
    success: learnSuccess(latest, now),
  };
}

/** Clips that take about as long: of one length and resolution. */
export const kindOf = (durationS: number | null, resolution: string | null): string =>
  `${durationS ?? ''}|${resolution ?? ''}`;

export function newestFirst(a: JobObservation, b: JobObservation): number {
  return b.endedAt - a.endedAt || (a.jobId < b.jobId ? 1 : -1);
}

type Timed = JobObservation & { readonly tookMs: number };
type Billed = JobObservation & { readonly listMicroUsd: number; readonly billedMicroUsd: number };

const isTimed = (seen: JobObservation): seen is Timed => seen.status === 'completed' && seen.tookMs !== null;

/** A key of one's own pays elsewhere, a bill of zero or none says nothing, and without a list there is no ratio. */
const isBilled = (seen: JobObservation): seen is Billed =>
  seen.status === 'completed' &&
  seen.isByok !== true &&
  (seen.billedMicroUsd ?? 0) > 0 &&
  (seen.listMicroUsd ?? 0) > 0;

/** @param observations newest first. */
function weigh<T extends JobObservation>(
  observations: readonly T[],
  now: number,
  halfLife: number,
  read: (seen: T) => number,
): Weighted[] {
  return observations.map((seen, index) => ({
    value: read(seen),
    weight: 2 ** -(index / halfLife + Math.max(0, now - seen.endedAt) / AGE_HALF_LIFE_MS),
  }));
}

function learnRatios(bills: readonly Billed[], now: number, clientId: string | null) {
  const ratioByKind = new Map<string, LearnedRatio>();
  for (const [kind, ofKind] of groupBy(bills, ({ priceKind }) => priceKind)) {
    const counted = billsFor(clientId, ofKind);
    if (kind !== null && counted.length > 0) ratioByKind.set(kind, learnRatio(counted, now));
  }
  return { ratio: learnRatio(billsFor(clientId, bills), now), ratioByKind };
}

/** Those of several clients, or many, count for every client; else only one's own do. */
function billsFor(clientId: string | null, bills: readonly Billed[]): readonly Billed[] {
  const clients = new Set(bills.map((bill) => bill.clientId));
  if (clients.size > 1 || bills.length >= MANY_BILLS) return bills;
  return clientId !== null && clients.has(clientId) ? bills : [];
}

function learnRatio(bills: readonly Billed[], now: number): LearnedRatio {
  const weighted = weigh(bills, now, PRICE_HALF_LIFE, ({ billedMicroUsd, listMicroUsd }) =>
    Math.min(MAX_RATIO, Math.max(1 / MAX_RATIO, billedMicroUsd / listMicroUsd)),
  );
  const band = bandFor(sortWeighted(weighted), PRIOR_MASS);
  const value = band ? clampInto(band, 1) : 1;
  // Around the centre the prior counts as one that agrees with it: a single odd bill among many stays outside.
  const around = sortWeighted([...weighted, { value, weight: PRIOR_MASS }]);
  const low = Math.min(value, quantile(around, SPREAD) ?? value);
  const high = Math.max(value, quantile(around, 1 - SPREAD) ?? value);
  return {
    value: round4(value),
    low: round4(low),
    high: round4(high),
    samples: bills.length,
    isSettled: bills.length >= MANY_BILLS && high <= low * AGREEMENT,
  };
}

function learnSpeed(
  clips: readonly Timed[],
  now: number,
  secondsOf: (clip: Timed) => number,
): LearnedSpeed | null {
  const sorted = sortWeighted(weigh(clips, now, SPEED_HALF_LIFE, secondsOf));
  const band = bandFor(sorted, PRIOR_MASS);
  return band && { band, tail: learnTail(sorted), samples: clips.length };
}

/** Few clips say little of the slowest tenth: their tail is drawn towards the usual one, on a scale of factors. */
function learnTail(sorted: Sorted): number {
  const p50 = quantile(sorted, 0.5) ?? 0;
  const p90 = quantile(sorted, 0.9) ?? 0;
  if (p50 <= 0) return PRIOR_TAIL;
  const seen = Math.log(Math.max(1, p90 / p50)) * sorted.total;
  return Math.exp((seen + Math.log(PRIOR_TAIL) * PRIOR_MASS) / (sorted.total + PRIOR_MASS));
}

function learnSuccess(latest: readonly JobObservation[], now: number) {
  // A cancelled job says nothing of the model.
  const ended = latest.filter(({ status }) => status !== 'cancelled');
  let good = PRIOR_SUCCESS.rate * PRIOR_SUCCESS.mass;
  let all = PRIOR_SUCCESS.mass;
  for (const { value, weight } of weigh(ended, now, SUCCESS_HALF_LIFE, ({ status }) =>
    status === 'completed' ? 1 : 0,
  )) {
    good += value * weight;
    all += weight;
  }
  return { rate: good / all, samples: ended.length };
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

const round4 = (value: number): number => Number(value.toFixed(4));
