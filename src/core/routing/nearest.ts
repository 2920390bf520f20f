// The smallest changes of a clip spec that would admit models it refuses, each proved by judging the changed spec.

import type { VideoModel } from '../catalog/catalog.ts';
import type { ClipSpec, Routing } from '../clip/clip-spec.ts';
import { parseAspectRatio, parseSize, shortSideOf } from '../clip/resolution.ts';
import type { Reason, ReasonCode } from './eligibility.ts';
import type { Evaluator, Rejected } from './evaluate.ts';

/** One way to be served: the fields to set (null = leave out) and the models that would then take the clip. */
export interface Nearest {
  readonly change: Readonly<Record<string, unknown>>;
  readonly admits: readonly string[];
  /** What the clip is likely to cost with the cheapest of them, in dollars; null where no price is known. */
  readonly fromUsd: number | null;
}

/** A value for one field. */
interface Change {
  readonly field: string;
  readonly value: unknown;
  /** The same for the same value of the same field. */
  readonly key: string;
  /** How much the caller gives up; 0 is nothing. */
  readonly distance: number;
}

const MOST = 5;

// What a caller set as policy is not ours to argue with, and a missing input cannot be made up.
const FIXED: ReadonlySet<ReasonCode> = new Set(['not_allowed', 'denied', 'missing_input', 'unpriceable']);

// What a clip costs and takes hangs on all of it: a smaller one may be within a limit that was not touched.
const OF_THE_WHOLE: ReadonlySet<ReasonCode> = new Set(['over_budget', 'too_slow', 'unpriceable']);

/** Fields to set together. */
interface Suggestion {
  readonly change: Nearest['change'];
  readonly distance: number;
  /** The models it would suit. */
  readonly suits: VideoModel[];
}

/** A suggestion that makes at least one model eligible. */
interface Helpful extends Suggestion {
  /** In the catalog's order. */
  readonly admitted: readonly VideoModel[];
  /** Of those, where unknown is dearer than anything known; worked out when first asked for. */
  leastUsd(): number;
}

/**
 * At most five changes: the least first, of equals the one that costs least, then the one that helps most. Single
 * fields, then pairs while fewer than five are found. Only refused models are evaluated again, and only with
 * changes to the fields they were refused for.
 */
export function findNearest(
  rejected: readonly Rejected[],
  spec: ClipSpec,
  routing: Routing,
  evaluatorOf: (spec: ClipSpec, routing: Routing) => Evaluator,
): Nearest[] {
  const helpful: Helpful[] = [];
  for (const fields of [1, 2]) {
    if (helpful.length >= MOST) break;
    let largest = boundOf(helpful);
    for (const suggestion of suggest(rejected, fields)) {
      // Five that help make any larger one not worth a look; one as large as the fifth may still cost less.
      if (suggestion.distance > largest) break;
      const changed = applyChange(spec, routing, suggestion.change);
      const evaluator = evaluatorOf(changed.spec, changed.routing);
      // Those it would suit first: where a limit excludes every model, trying all models with all values takes too long.
      if (!suggestion.suits.some(evaluator.admits)) continue;
      helpful.push(tryOut(suggestion, rejected, evaluator));
      largest = boundOf(helpful);
    }
  }
  return helpful
    .sort(
      (a, b) =>
        a.distance - b.distance || a.leastUsd() - b.leastUsd() || b.admitted.length - a.admitted.length,
    )
    .slice(0, MOST)
    .map(({ change, admitted, leastUsd }) => ({
      change,
      admits: admitted.map(({ id }) => id),
      fromUsd: leastUsd() < Number.MAX_VALUE ? leastUsd() : null,
    }));
}

/** The distance of the last that would be kept; anything, while there are too few. */
function boundOf(helpful: readonly Helpful[]): number {
  const distances = helpful.map(({ distance }) => distance).sort((a, b) => a - b);
  return distances[MOST - 1] ?? Infinity;
}

/** Every model that a change admits, those included that another value would have suited better. */
function tryOut(suggestion: Suggestion, rejected: readonly Rejected[], evaluator: Evaluator): Helpful {
  const fields = Object.keys(suggestion.change);
  const touches = (reason: Reason) => fields.includes(fieldOf(reason)) || OF_THE_WHOLE.has(reason.code);
  const admitted = rejected
    .filter(({ model, reasons }) => reasons.every(touches) && evaluator.admits(model))
    .map(({ model }) => model);
  let least: number | null = null;
  return {
    ...suggestion,
    admitted,
    leastUsd: () =>
      (least ??= Math.min(...admitted.map((model) => evaluator.usdOf(model) ?? Number.MAX_VALUE))),
  };
}

/** What would suit one model or another by changing so many fields at once, least first. */
function suggest(rejected: readonly Rejected[], fields: number): Suggestion[] {
  const suggestions = new Map<string, Suggestion>();
  for (const { model, reasons } of rejected) {
    const [ones, others] = changesFor(reasons, fields);
    for (const one of ones ?? []) {
      for (const other of others ?? [null]) {
        const key = other ? `${one.key}&${other.key}` : one.key;
        const known = suggestions.get(key);
        if (known) known.suits.push(model);
        else suggestions.set(key, combine(one, other, model));
      }
    }
  }
  return [...suggestions.values()].sort((a, b) => a.distance - b.distance);
}

function combine(one: Change, other: Change | null, model: VideoModel): Suggestion {
  const suits = [model];
  if (!other) return { change: { [one.field]: one.value }, distance: one.distance, suits };
  return {
    change: { [one.field]: one.value, [other.field]: other.value },
    distance: one.distance + other.distance,
    suits,
  };
}

/** The field of the spec or routing that a change would set. */
const fieldOf = ({ field }: Reason) => (field === 'provider.options' ? 'provider' : field);

/** The spec and routing with the fields of a change set, or left out where it says null. */
export function applyChange(
  spec: ClipSpec,
  routing: Routing,
  change: Readonly<Record<string, unknown>>,
): { spec: ClipSpec; routing: Routing } {
  const changedSpec: Record<string, unknown> = { ...spec };
  const changedRouting: Record<string, unknown> = { ...routing };
  for (const [field, value] of Object.entries(change)) {
    const target = field === 'max_cost_usd' || field === 'max_wait_s' ? changedRouting : changedSpec;
    if (value === null) delete target[field];
    else target[field] = value;
  }
  return { spec: changedSpec as ClipSpec, routing: changedRouting as Routing };
}

/** For each of exactly so many fields at fault the values worth trying; none where no change of them can help. */
function changesFor(reasons: readonly Reason[], fields: number): (readonly Change[])[] {
  const byField = new Map<string, Reason>();
  for (const reason of reasons) {
    if (FIXED.has(reason.code)) return [];
    byField.set(fieldOf(reason), reason);
  }
  if (byField.size !== fields) return [];
  return [...byField.values()].map((reason) =>
    OF_THE_WHOLE.has(reason.code) ? valuesForLimit(reason) : valuesFor(reason),
  );
}

// What leaving a field out costs the caller, beside a duration that is off by its whole length (1).
const DROPPED: Readonly<Record<string, number>> = {
  seed: 0.1,
  resolution: 0.9,
  size: 0.9,
  aspect_ratio: 0.9,
  duration: 1.2,
  provider: 0.8,
  generate_audio: 1,
  input_references: 2,
  frame_images: 2,
};

const changeTo = (field: string, value: unknown, distance: number): Change => ({
  field,
  value,
  key: `${field}=${value}`,
  distance,
});

const drop = (field: string): Change => changeTo(field, null, DROPPED[field] ?? 1);

function valuesFor(reason: Reason): readonly Change[] {
  const field = fieldOf(reason);
  const offered = reason.supported ?? [];
  const change = (value: unknown, distance: number) => changeTo(field, value, distance);
  switch (reason.code) {
    case 'unsupported_duration': {
      const asked = Number(reason.requested);
      const longer = offered.find((length) => Number(length) > asked);
      const shorter = offered.findLast((length) => Number(length) < asked);
      const near = [longer, shorter].flatMap((length) => (length === undefined ? [] : [Number(length)]));
      return near.length > 0
        ? near.map((length) => change(length, Math.abs(length - asked) / asked))
        : [drop(field)];
    }
    case 'unsupported_resolution': {
      const asked = shortSideOf(String(reason.requested)) ?? 720;
      const others = offered.map((name) =>
        change(name, Math.abs(Math.log2((shortSideOf(String(name)) ?? 720) / asked))),
      );
      return others.length > 0 ? others : [drop(field)];
    }
    case 'unsupported_aspect_ratio': {
      const asked = parseAspectRatio(String(reason.requested)) ?? 1;
      const others = offered.map((name) => {
        const ratio = parseAspectRatio(String(name));
        // "auto" leaves the ratio to the model, as leaving the field out does.
        return change(
          name,
          ratio === null ? (DROPPED['aspect_ratio'] ?? 1) : 0.2 + Math.abs(Math.log2(ratio / asked)),
        );
      });
      return others.length > 0 ? others : [drop(field)];
    }
    case 'unsupported_size':
      return nearestSizes(String(reason.requested), offered.map(String)).map(({ size, distance }) =>
        change(size, distance),
      );
    case 'unsupported_upscale': {
      // Leaving the factor out would buy another kind of clip: only another factor helps.
      const asked = Number(reason.requested);
      const bounds = offered.flatMap((bound) => (bound === null ? [] : [Number(bound)]));
      const near = bounds.filter((bound) =>
        bounds.every((other) => distanceOf(bound, asked) <= distanceOf(other, asked)),
      );
      return near.slice(0, 1).map((bound) => change(bound, distanceOf(bound, asked)));
    }
    case 'unsupported_creativity':
      return offered.length > 0
        ? offered.map((value) => change(value, Math.abs(Number(value) - Number(reason.requested))))
        : [drop(field)];
    case 'unsupported_audio':
      return [change(false, DROPPED['generate_audio'] ?? 1)];
    default:
      return [drop(field)];
  }
}

function valuesForLimit({ field, requested, supported }: Reason): Change[] {
  const [needed] = supported?.map(Number) ?? [];
  const asked = Number(requested);
  return needed === undefined ? [] : [changeTo(field, needed, (needed - asked) / asked)];
}

const distanceOf = (value: number, asked: number): number => Math.abs(Math.log2(value / asked));

function nearestSizes(asked: string, offered: readonly string[]): { size: string; distance: number }[] {
  const from = parseSize(asked);
  if (!from) return [];
  return offered
    .flatMap((size) => {
      const to = parseSize(size);
      if (!to) return [];
      return [
        {
          size,
          // Half as large in both is nearer than turned on its side.
          distance: Math.hypot(Math.log2(to.width / from.width), Math.log2(to.height / from.height)),
        },
      ];
    })
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3);
}
