// What a week came to, as a plain table.

import { sumOf } from './exposition.ts';
import type { Week } from './run.ts';
import { findDelays, judgeWeek } from './verdict.ts';

const MOST_LINES = 12;
const row = (name: string, value: string | number): string =>
  `  ${name.padEnd(62)} ${String(value).padStart(12)}`;
const dollars = (usd: number): string => `$${usd.toFixed(2)}`;

export function renderWeek(title: string, { record, skipped, seconds, clipsCompared }: Week): string {
  const verdict = judgeWeek(record);
  const billed = record.ledger.reduce((sum, { billed_usd }) => sum + (billed_usd ?? 0), 0);
  const forgotten = record.placed.filter(({ isForgotten }) => isForgotten).length;
  return [
    title,
    row('wall seconds', seconds.toFixed(0)),
    row('orders', record.placed.length),
    row('jobs bought', record.ledger.length),
    row('billed by the simulator', dollars(billed)),
    row(
      'clipgate_spend_usd_total, over all processes',
      dollars(sumOf(record.counters, 'clipgate_spend_usd_total')),
    ),
    row(`GET /spend, without ${forgotten} jobs that the restore forgot`, dollars(record.spend.totalUsd)),
    ...record.budgets.map(({ scope, period, spentUsd }) =>
      row(`budget of ${scope.id ?? 'everything'}, period ${period}`, dollars(spentUsd)),
    ),
    row('clips in the bucket', record.storedBytes.size),
    row('clips compared byte by byte', clipsCompared),
    '',
    ...findDelays(record).map(({ name, alarm, withinMs, tookMs }) =>
      row(
        `${name}: ${alarm}`,
        `${tookMs === null ? 'never' : `${(tookMs / 60_000).toFixed(1)}`} of ${withinMs / 60_000} min`,
      ),
    ),
    ...skipped.map((name) => row(`could not be staged here: ${name}`, '-')),
    '',
    ...Object.entries({
      'ALARMS NOT RAISED IN TIME': verdict.alarmsMissing,
      'ALARMS THAT NOTHING CALLED FOR': verdict.alarmsUnexpected,
      'KEYS PAID TWICE': verdict.paidTwice,
      'ORDERS NOT BOUGHT': verdict.notBought,
      'ACCOUNTS THAT DIFFER FROM THE SIMULATOR': verdict.misaccounted,
      'CLIPS LOST OR WRONG': verdict.clipsLost,
      'OTHER PROMISES BROKEN': verdict.other,
    }).flatMap(([name, list]) => [
      row(name, list.length),
      ...list.slice(0, MOST_LINES).map((line) => `    ! ${line}`),
    ]),
    '',
  ].join('\n');
}
