// The long parts of a routing answer in JSON, each written once for as long as what it says lives.

import { derived } from '../core/derived.ts';
import type { Reason } from '../core/eligibility.ts';
import type { LearnedEstimate } from '../core/learned-estimate.ts';
import type { Candidate, Ranking } from '../core/route.ts';
import { renderCandidate, renderEstimate } from './render.ts';

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

function writeCandidate(candidate: Candidate): string {
  const rest = JSON.stringify(renderCandidate(candidate));
  return `${rest.slice(0, -1)},"estimate":${writeEstimate(candidate.estimate)}}`;
}

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
