// The long parts of a routing answer in JSON, each written once for as long as what it says lives.

import { derived } from '../core/derived.ts';
import type { Reason } from '../core/eligibility.ts';
import type { LearnedEstimate } from '../core/learned-estimate.ts';
import type { Candidate, Ranking } from '../core/route.ts';
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

const writeCandidates = (candidates: readonly Candidate[]): string =>
  `[${candidates.map(writeCandidate).join()}]`;

// By hand, member by member: of thousands of small objects, making them for JSON.stringify is most of the work.
function writeCandidate(candidate: Candidate): string {
  const {
    model,
    rank,
    score,
    scores,
    lowestAdvertisedPrice: lowest,
    quality,
    expected,
    estimate,
  } = candidate;
  const { speed, cost, reliability } = scores;
  const { p50S, p90S, source, samples } = expected;
  return (
    `{"model":${JSON.stringify(model.id)},"rank":${rank},"score":${amount(score)},` +
    `"scores":{"speed":${amount(speed)},"cost":${amount(cost)},"quality":${amount(scores.quality)}` +
    `${reliability === undefined ? '' : `,"reliability":${amount(reliability)}`}},` +
    `${lowest === undefined ? '' : `"lowest_advertised_price":${amount(lowest)},`}` +
    `"quality":{"value":${amount(Math.round(quality.value * 1000) / 1000)},"source":"${quality.source}"},` +
    `"estimate":${writeEstimate(estimate)},` +
    `"expected_s":{"p50":${amount(p50S)},"p90":${amount(p90S)},"source":"${source}","samples":${samples}}}`
  );
}

/** As JSON.stringify has it, which knows nothing but numbers that are finite. */
const amount = (value: number | null): string => (Number.isFinite(value) ? String(value) : 'null');

// Estimates are remembered by clip, and models that are alike share theirs: the working is half of an answer.
const writeEstimate = derived((estimate: LearnedEstimate): string =>
  JSON.stringify(renderEstimate(estimate)),
);

function writeRejected(rejected: Ranking['rejected']): string {
  // Models that are alike are refused for the same reasons.
  const reasonTexts = new Map<readonly Reason[], string>();
  const textOf = (reasons: readonly Reason[]) => {
    let text = reasonTexts.get(reasons);
    if (text === undefined) {
      text = reasons.map(writeReason).join();
      reasonTexts.set(reasons, text);
    }
    return text;
  };
  return `[${rejected
    .map(({ model, reasons }) => `{"model":${JSON.stringify(model.id)},"reasons":[${textOf(reasons)}]}`)
    .join()}]`;
}

function writeReason({ code, field, requested, supported }: Reason): string {
  const list = supported === null ? 'null' : writeList(supported);
  return `${JSON.stringify({ code, field, requested }).slice(0, -1)},"supported":${list}}`;
}

// Long lists are the catalog's own and stay; short ones may be made for one answer, and are sooner written than found.
const LONG = 4;
const writeLongList = derived((list: readonly unknown[]): string => JSON.stringify(list));
const writeList = (list: readonly unknown[]): string =>
  list.length < LONG ? JSON.stringify(list) : writeLongList(list);
