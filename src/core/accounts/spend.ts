// What was spent, as sums over stretches of time and groups: the stretches follow the reader's calendar.

import type { MicroUsd } from '../money.ts';
import type { Calendar, CalendarUnit } from './calendar.ts';

export const SPEND_GROUPS = ['client', 'key', 'model', 'tag'] as const;
export type SpendGroup = (typeof SPEND_GROUPS)[number];

/** By when an attempt was submitted, or by when its bill was known. */
export const SPEND_BASES = ['submitted', 'settled'] as const;
export type SpendBasis = (typeof SPEND_BASES)[number];

/** Sums over attempts. Money in micro-dollars. */
export interface SpendSums {
  readonly jobs: number;
  /** Bills that are known. */
  readonly billedMicroUsd: MicroUsd;
  /** What those that were or may have been bought were estimated to cost. */
  readonly estimatedMicroUsd: MicroUsd;
  /** The most that those without a known bill may cost, as far as that is known. */
  readonly heldMicroUsd: MicroUsd;
  /** Those that have ended, or may have, and whose bill is unknown. */
  readonly unknownJobs: number;
}

/** The sums of one stretch and group; null = not grouped by that, or none. */
export interface SpendRow extends SpendSums {
  readonly startsAt: number;
  readonly client: string | null;
  readonly keyId: string | null;
  readonly model: string | null;
  readonly tag: string | null;
}

/** From `startsAt` up to, not including, `endsAt`, in epoch milliseconds. */
export interface Interval {
  readonly startsAt: number;
  readonly endsAt: number;
}

/**
 * Cuts a range where units of the calendar begin: together the parts are the range, however days differ in length.
 * Null where there are more than `max`.
 */
export function splitRange(
  calendar: Calendar,
  unit: CalendarUnit | 'none',
  { startsAt, endsAt }: Interval,
  max: number,
): Interval[] | null {
  if (unit === 'none') return [{ startsAt, endsAt }];
  const parts: Interval[] = [];
  for (let at = startsAt; at < endsAt; ) {
    if (parts.length === max) return null;
    const next = Math.min(endsAt, calendar.unitAt(unit, at).endsAt);
    parts.push({ startsAt: at, endsAt: next });
    at = next;
  }
  return parts;
}
