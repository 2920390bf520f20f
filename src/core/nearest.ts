// The smallest changes of a clip spec that would admit models it refuses, each proved by judging the changed spec.

import type { VideoModel } from './catalog.ts';
import type { Reason, ReasonCode } from './eligibility.ts';
import { parseAspectRatio, parseSize, shortSideOf } from './frame-size.ts';
import type { ClipSpec, Routing } from './request.ts';

/** One way to be served: the fields to set (null = leave out) and the models that would then take the clip. */
export interface Nearest {
  readonly change: Readonly<Record<string, unknown>>;
  readonly admits: readonly string[];
}

interface Refused {
  readonly model: VideoModel;
  readonly reasons: readonly Reason[];
}

type Judge = (model: VideoModel, spec: ClipSpec, routing: Routing) => object;

interface Change {
  readonly field: string;
  readonly value: unknown;
  /** How much the caller gives up; 0 is nothing. */
  readonly distance: number;
}

const MOST = 5;

// What a caller set as policy is not ours to argue with, and a missing input cannot be made up.
const FIXED: ReadonlySet<ReasonCode> = new Set(['not_allowed', 'denied', 'missing_input', 'unpriceable']);

/**
 * At most five changes, least first: single fields, and pairs where single fields leave room. Only models that
 * stand refused are judged again, and only with changes to the fields they were refused for.
 */
export function findNearest(
  rejected: readonly Refused[],
  spec: ClipSpec,
  routing: Routing,
  judge: Judge,
): Nearest[] {
  const found = new Map<string, { change: Record<string, unknown>; distance: number; admits: string[] }>();
  for (const fields of [1, 2]) {
    if (found.size >= MOST) break;
    for (const { model, reasons } of rejected) {
      const changes = changesFor(reasons, spec);
      if (changes === null || changes.length !== fields) continue;
      for (const combination of combine(changes)) {
        const change = Object.fromEntries(combination.map(({ field, value }) => [field, value]));
        const key = JSON.stringify(change);
        const known = found.get(key);
        const changed = applyChange(spec, routing, change);
        if ('reasons' in judge(model, changed.spec, changed.routing)) continue;
        if (known) known.admits.push(model.id);
        else {
          const distance = combination.reduce((sum, { distance }) => sum + distance, 0);
          found.set(key, { change, distance, admits: [model.id] });
        }
      }
    }
  }
  return [...found.values()]
    .sort((a, b) => a.distance - b.distance || b.admits.length - a.admits.length)
    .slice(0, MOST)
    .map(({ change, admits }) => ({ change, admits }));
}

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

/** For each field at fault the values worth trying; null where no change of fields can help. */
function changesFor(reasons: readonly Reason[], spec: ClipSpec): Change[][] | null {
  const byField = new Map<string, Change[]>();
  for (const reason of reasons) {
    if (FIXED.has(reason.code)) return null;
    const field = reason.field === 'provider.options' ? 'provider' : reason.field;
    byField.set(field, valuesFor(reason, field, spec));
  }
  return [...byField.values()];
}

function combine(changes: readonly Change[][]): Change[][] {
  const [first = [], second] = changes;
  if (!second) return first.map((change) => [change]);
  return first.flatMap((one) => second.map((other) => [one, other]));
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

const drop = (field: string): Change => ({ field, value: null, distance: DROPPED[field] ?? 1 });

function valuesFor(reason: Reason, field: string, spec: ClipSpec): Change[] {
  const offered = reason.supported ?? [];
  const change = (value: unknown, distance: number): Change => ({ field, value, distance });
  switch (reason.code) {
    case 'unsupported_duration': {
      const asked = Number(reason.requested);
      const lengths = offered.map(Number);
      const shorter = lengths.filter((length) => length < asked).at(-1);
      const longer = lengths.find((length) => length > asked);
      const near = [longer, shorter].filter((length) => length !== undefined);
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
      const others = offered.map((name) =>
        change(name, 0.2 + Math.abs(Math.log2((parseAspectRatio(String(name)) ?? 1) / asked))),
      );
      return others.length > 0 ? others : [drop(field)];
    }
    case 'unsupported_size':
      return nearestSizes(String(reason.requested), offered.map(String)).map(({ size, distance }) =>
        change(size, distance),
      );
    case 'unsupported_audio':
      return [change(false, DROPPED['generate_audio'] ?? 1)];
    case 'over_budget':
    case 'too_slow': {
      const [needed] = offered.map(Number);
      const asked = Number(reason.requested);
      return needed === undefined ? [] : [change(needed, (needed - asked) / asked)];
    }
    default:
      return field in spec ? [drop(field)] : [];
  }
}

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
          distance: Math.abs(Math.log2(to.width / from.width)) + Math.abs(Math.log2(to.height / from.height)),
        },
      ];
    })
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3);
}
