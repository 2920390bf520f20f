// Spend as callers ask for it: sums over their calendar, and every line of the ledger in order.

import type { Calendar, CalendarUnit } from '../../core/accounts/calendar.ts';
import { createCalendar } from '../../core/accounts/calendar.ts';
import { type Interval, type SpendBasis, type SpendGroup, splitRange } from '../../core/accounts/spend.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { LedgerLine, SpendReport } from '../../store/ports/spend.ts';

export interface SpendQuestion {
  /** Null = every client's. */
  readonly clientId: string | null;
  readonly basis: SpendBasis;
  readonly groups: readonly SpendGroup[];
  readonly unit: CalendarUnit | 'none';
  /** IANA name: where days, weeks and months begin. */
  readonly timeZone: string;
  /** Epoch milliseconds; null = the beginning of the month that `until` is in. */
  readonly since: number | null;
  /** Null = now. */
  readonly until: number | null;
}

/** The range that was asked for with its sums, or why there are too many to answer. */
export type SpendAnswer =
  | { readonly kind: 'report'; readonly range: Interval; readonly report: SpendReport }
  | { readonly kind: 'empty_range' }
  | { readonly kind: 'range_too_long'; readonly maxDays: number }
  | { readonly kind: 'too_many_intervals'; readonly max: number }
  | { readonly kind: 'too_many_rows'; readonly max: number };

export interface Spend {
  sum(question: SpendQuestion): Promise<SpendAnswer>;
  /** Every attempt of a range by when it was submitted, read as it is taken. */
  lines(clientId: string | null, range: Interval): AsyncGenerator<LedgerLine>;
}

export interface SpendParts {
  readonly store: Pick<JobStore, 'sumSpend' | 'listLedger'>;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
// A leap year and a month of the next.
const MAX_DAYS = 400;
const MAX_INTERVALS = 1_000;
const MAX_ROWS = 10_000;
const PAGE = 500;

export function createSpend({ store, clock }: SpendParts): Spend {
  const rangeOf = (calendar: Calendar, { since, until }: SpendQuestion): Interval => {
    const endsAt = until ?? clock() + 1;
    return { startsAt: since ?? calendar.unitAt('month', endsAt - 1).startsAt, endsAt };
  };

  return {
    async sum(question) {
      const calendar = createCalendar(question.timeZone);
      const range = rangeOf(calendar, question);
      if (range.startsAt >= range.endsAt) return { kind: 'empty_range' };
      if (range.endsAt - range.startsAt > MAX_DAYS * DAY_MS)
        return { kind: 'range_too_long', maxDays: MAX_DAYS };
      const intervals = splitRange(calendar, question.unit, range, MAX_INTERVALS);
      if (!intervals) return { kind: 'too_many_intervals', max: MAX_INTERVALS };
      const { clientId, basis, groups } = question;
      const report = await store.sumSpend({ clientId, basis, groups, intervals, maxRows: MAX_ROWS });
      return report ? { kind: 'report', range, report } : { kind: 'too_many_rows', max: MAX_ROWS };
    },

    async *lines(clientId, range) {
      for (let after: LedgerLine | null = null; ; ) {
        const page: readonly LedgerLine[] = await store.listLedger({
          ...range,
          clientId,
          after,
          limit: PAGE,
        });
        yield* page;
        after = page.at(-1) ?? null;
        if (page.length < PAGE) return;
      }
    },
  };
}
