// Days, weeks and months begin where the zone's own clocks say: daylight saving, midnights that do not exist, year's end.

import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { createCalendar, isTimeZone, type Period } from '../../../src/core/accounts/calendar.ts';

const at = (iso: string) => Date.parse(iso);
const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

describe('a window', () => {
  test.each<[string, Period, string, string, string]>([
    // zone, period, at, starts, ends
    ['UTC', 'day', '2026-11-28T00:00:00Z', '2026-11-28T00:00:00Z', '2026-11-29T00:00:00Z'],
    ['UTC', 'day', '2026-11-28T23:59:59.999Z', '2026-11-28T00:00:00Z', '2026-11-29T00:00:00Z'],
    ['UTC', 'week', '2026-11-29T12:00:00Z', '2026-11-23T00:00:00Z', '2026-11-30T00:00:00Z'],
    ['UTC', 'week', '2026-11-30T00:00:00Z', '2026-11-30T00:00:00Z', '2026-12-07T00:00:00Z'],
    ['UTC', 'month', '2026-12-31T23:59:59Z', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['UTC', 'month', '2028-02-29T12:00:00Z', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z'],
    // Berlin: UTC+1 in winter, +2 in summer; a day of 23 hours and one of 25.
    ['Europe/Berlin', 'day', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'],
    ['Europe/Berlin', 'day', '2026-10-25T12:00:00Z', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z'],
    ['Europe/Berlin', 'month', '2026-03-31T21:59:59Z', '2026-02-28T23:00:00Z', '2026-03-31T22:00:00Z'],
    ['Europe/Berlin', 'week', '2026-03-29T22:30:00Z', '2026-03-29T22:00:00Z', '2026-04-05T22:00:00Z'],
    ['America/New_York', 'day', '2026-03-08T12:00:00Z', '2026-03-08T05:00:00Z', '2026-03-09T04:00:00Z'],
    ['America/New_York', 'day', '2026-11-01T12:00:00Z', '2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z'],
    ['America/New_York', 'month', '2026-11-01T03:59:59Z', '2026-10-01T04:00:00Z', '2026-11-01T04:00:00Z'],
    // Santiago puts its clocks forward at midnight: the day begins at 01:00.
    ['America/Santiago', 'day', '2026-09-06T12:00:00Z', '2026-09-06T04:00:00Z', '2026-09-07T03:00:00Z'],
    // And back at midnight: 23:00 to 24:00 comes twice, and both belong to the day before.
    ['America/Santiago', 'day', '2026-04-05T03:30:00Z', '2026-04-04T03:00:00Z', '2026-04-05T04:00:00Z'],
    ['Asia/Kolkata', 'day', '2026-11-28T18:29:59Z', '2026-11-27T18:30:00Z', '2026-11-28T18:30:00Z'],
    ['Asia/Kathmandu', 'day', '2026-11-28T18:15:00Z', '2026-11-28T18:15:00Z', '2026-11-29T18:15:00Z'],
    ['Pacific/Kiritimati', 'month', '2026-11-30T10:00:00Z', '2026-11-30T10:00:00Z', '2026-12-31T10:00:00Z'],
    ['Pacific/Pago_Pago', 'day', '2026-11-28T10:59:59Z', '2026-11-27T11:00:00Z', '2026-11-28T11:00:00Z'],
    // Lord Howe moves by half an hour.
    ['Australia/Lord_Howe', 'day', '2026-04-05T02:00:00Z', '2026-04-04T13:00:00Z', '2026-04-05T13:30:00Z'],
  ])('in %s, a %s at %s, runs from %s to %s', (zone, period, now, starts, ends) => {
    const window = createCalendar(zone).windowAt(period, at(now));
    expect([iso(window.startsAt), iso(window.endsAt)]).toEqual([iso(at(starts)), iso(at(ends))]);
  });

  it('without a period is one since the epoch and has no end', () => {
    expect(createCalendar('UTC').windowAt('none', at('2026-11-28T12:00:00Z'))).toEqual({
      startsAt: 0,
      endsAt: null,
    });
  });

  it('contains its time, and the next one begins where it ends, in every zone and at every time', () => {
    const zones = Intl.supportedValuesOf('timeZone');
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom('day' as const, 'week' as const, 'month' as const),
        fc.integer({ min: at('2015-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z') }),
        (zone, period, now) => {
          const calendar = createCalendar(zone);
          const { startsAt, endsAt } = calendar.unitAt(period, now);
          expect(startsAt).toBeLessThanOrEqual(now);
          expect(endsAt).toBeGreaterThan(now);
          expect(calendar.unitAt(period, startsAt)).toEqual({ startsAt, endsAt });
          expect(calendar.unitAt(period, endsAt).startsAt).toBe(endsAt);
          expect(calendar.unitAt(period, endsAt - 1).startsAt).toBe(startsAt);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a time zone', () => {
  test.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+3'])('%s is one', (name) => {
    expect(isTimeZone(name)).toBe(true);
  });
  test.each(['', 'Mars/Base', '+02:00', 'Europe/ Berlin', 'UTC; drop table', '../etc/localtime', 'Berlin'])(
    '%s is none',
    (name) => {
      expect(isTimeZone(name)).toBe(false);
    },
  );
});
