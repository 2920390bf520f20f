// Where days, weeks and months begin in a time zone, so that budgets and spend are counted by the reader's calendar.

/** How long a budget lasts before it starts anew; `none` never does. */
export const PERIODS = ['day', 'week', 'month', 'none'] as const;
export type Period = (typeof PERIODS)[number];

/** A stretch of time in epoch milliseconds: from `startsAt` up to, not including, `endsAt`; null = without end. */
export interface CalendarWindow {
  readonly startsAt: number;
  readonly endsAt: number | null;
}

export type CalendarUnit = 'hour' | 'day' | 'week' | 'month';

export interface Calendar {
  /** The budget window that contains `at`. `none` is one window since the epoch. */
  windowAt(period: Period, at: number): CalendarWindow;
  /** The calendar unit that contains `at`. Weeks begin on Monday. */
  unitAt(unit: CalendarUnit, at: number): { readonly startsAt: number; readonly endsAt: number };
}

interface CivilDate {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
// No zone is further from UTC than 14 hours; a day more covers a day that a zone left out (Samoa, 2011).
const SEARCH_MS = 15 * HOUR_MS + DAY_MS;
const MINUTE_MS = 60_000;

/** True for every IANA name (and alias) that this runtime knows; offsets such as `+02:00` are refused. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** @param timeZone an IANA name. @throws RangeError for a zone that `isTimeZone` refuses. */
export function createCalendar(timeZone: string): Calendar {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
  });

  function dateAt(at: number): CivilDate {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
    return {
      year: Number(parts.get('year')),
      month: Number(parts.get('month')),
      day: Number(parts.get('day')),
    };
  }

  /**
   * The first instant of a date: midnight, or the first minute after it where clocks go forward at midnight. Dates
   * never run backwards in a zone, so the instant is found by bisection; zones change their offset on whole minutes.
   */
  function startOf(date: CivilDate): number {
    const target = dayNumber(date);
    const midnightUtc = target * DAY_MS;
    let before = (midnightUtc - SEARCH_MS) / MINUTE_MS;
    let after = (midnightUtc + SEARCH_MS) / MINUTE_MS;
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (dayNumber(dateAt(middle * MINUTE_MS)) < target) before = middle;
      else after = middle;
    }
    return after * MINUTE_MS;
  }

  const between = (from: CivilDate, to: CivilDate) => ({ startsAt: startOf(from), endsAt: startOf(to) });

  function unitAt(unit: CalendarUnit, at: number): { readonly startsAt: number; readonly endsAt: number } {
    // An hour of the calendar is an hour of the clock even where the zone's offset is not whole: rows are stored by it.
    if (unit === 'hour') {
      const startsAt = Math.floor(at / HOUR_MS) * HOUR_MS;
      return { startsAt, endsAt: startsAt + HOUR_MS };
    }
    const today = dateAt(at);
    if (unit === 'month') {
      const first = { ...today, day: 1 };
      return between(first, toDate(dayNumber({ ...first, month: first.month + 1 })));
    }
    const days = unit === 'week' ? 7 : 1;
    const first = dayNumber(today) - (unit === 'week' ? weekday(dayNumber(today)) : 0);
    return between(toDate(first), toDate(first + days));
  }

  return {
    unitAt,
    windowAt: (period, at) => (period === 'none' ? { startsAt: 0, endsAt: null } : unitAt(period, at)),
  };
}

/** Days since 1970-01-01 of a proleptic Gregorian date; a month past December runs into the next year. */
const dayNumber = ({ year, month, day }: CivilDate): number => Date.UTC(year, month - 1, day) / DAY_MS;

function toDate(day: number): CivilDate {
  const date = new Date(day * DAY_MS);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** 0 for Monday. 1970-01-01 was a Thursday. */
const weekday = (day: number): number => (((day + 3) % 7) + 7) % 7;
