// The long parts of a routing answer in JSON, each written once for as long as what it says lives.

import type { VideoModel } from '../../core/catalog/catalog.ts';
import { memoizeByObject } from '../../core/memoize-by-object.ts';
import type { LearnedEstimate } from '../../core/pricing/learned-estimate.ts';
import type { Candidate } from '../../core/routing/candidate.ts';
import type { Reason } from '../../core/routing/eligibility.ts';
import type { Ranking } from '../../core/routing/plan-route.ts';
import { renderEstimate } from './render.ts';

/** `candidates` and `rejected` of a ranking; the same ranking gives the same texts. */
export function writeRanking({ candidates, rejected }: Ranking): { candidates: string; rejected: string } {
  const known = written.get(candidates);
  if (known) return known;
  const texts = { candidates: writeCandidates(candidates), rejected: writeRejected(rejected) };
  written.set(candidates, texts);
  return texts;
}

const written = new WeakMap<Ranking['candidates'], ReturnType<typeof writeRanking>>();

function writeCandidates(candidates: readonly Candidate[]): string {
  let before: Candidate | null = null;
  let rest = '';
  const texts = candidates.map((one) => {
    // Models that differ in name alone stand side by side.
    if (!before || !isAlike(one, before)) {
      before = one;
      rest = writeRest(one);
    }
    return `${writeModel(one.model)},"rank":${one.rank},${rest}`;
  });
  return `[${texts.join()}]`;
}

function isAlike(one: Candidate, other: Candidate): boolean {
  const [scores, others] = [one.scores, other.scores];
  const [expected, otherwise] = [one.expected, other.expected];
  return (
    one.estimate === other.estimate &&
    one.score === other.score &&
    scores.speed === others.speed &&
    scores.cost === others.cost &&
    scores.quality === others.quality &&
    scores.reliability === others.reliability &&
    one.lowestAdvertisedPrice === other.lowestAdvertisedPrice &&
    one.quality.value === other.quality.value &&
    one.quality.source === other.quality.source &&
    expected.p50S === otherwise.p50S &&
    expected.p90S === otherwise.p90S &&
    expected.source === otherwise.source &&
    expected.samples === otherwise.samples
  );
}

/**
 * All of a candidate but its model and rank. By hand, member by member: of thousands of small objects, making them for
 * JSON.stringify is most of the work.
 */
function writeRest(candidate: Candidate): string {
  const { score, scores, lowestAdvertisedPrice: lowest, quality, expected, estimate } = candidate;
  const { speed, cost, reliability } = scores;
  const { p50S, p90S, source, samples } = expected;
  return (
    `"score":${share(score)},` +
    `"scores":{"speed":${share(speed)},"cost":${share(cost)},"quality":${share(scores.quality)}` +
    `${reliability === undefined ? '' : `,"reliability":${share(reliability)}`}},` +
    `${lowest === undefined ? '' : `"lowest_advertised_price":${amount(lowest)},`}` +
    `"quality":{"value":${share(Math.round(quality.value * 1000) / 1000)},"source":"${quality.source}"},` +
    `"estimate":${writeEstimate(estimate)},` +
    `"expected_s":{"p50":${amount(p50S)},"p90":${amount(p90S)},"source":"${source}","samples":${samples}}}`
  );
}

/** The first member of a candidate, or of a refusal. */
const writeModel = memoizeByObject(({ id }: VideoModel): string => `{"model":${JSON.stringify(id)}`);

/** As JSON.stringify has it, which knows nothing but numbers that are finite. */
const amount = (value: number | null): string => (Number.isFinite(value) ? String(value) : 'null');

const THOUSANDTHS = Array.from({ length: 1001 }, (_, count) => String(count / 1000));

/** The same of a score, which mostly is from 0 to 1 and has three decimals: to write those is most of the work. */
function share(value: number): string {
  const count = Math.round(value * 1000);
  return (count / 1000 === value ? THOUSANDTHS[count] : undefined) ?? amount(value);
}

// Estimates are remembered by clip, and models that are alike share theirs: the working is half of an answer.
const writeEstimate = memoizeByObject((estimate: LearnedEstimate): string =>
  JSON.stringify(renderEstimate(estimate)),
);

const writeRejected = (rejected: Ranking['rejected']): string =>
  `[${rejected
    .map(({ model, reasons, isOfAbility }) => {
      const texts = isOfAbility ? writeLastingReasons(reasons) : writeReasons(reasons);
      return `${writeModel(model)},"reasons":${texts}}`;
    })
    .join()}]`;

const writeReasons = (reasons: readonly Reason[]): string => `[${reasons.map(writeReason).join()}]`;
const writeLastingReasons = memoizeByObject(writeReasons);

function writeReason({ code, field, requested, supported }: Reason): string {
  const list = supported === null ? 'null' : writeList(supported);
  return `{"code":"${code}","field":"${field}","requested":${JSON.stringify(requested)},"supported":${list}}`;
}

// Long lists are the catalog's own or the caller's, and stand in many reasons; short ones are sooner written than found.
const LONG = 4;
const writeLongList = memoizeByObject((list: readonly unknown[]): string => JSON.stringify(list));
const writeList = (list: readonly unknown[]): string =>
  list.length < LONG ? JSON.stringify(list) : writeLongList(list);
