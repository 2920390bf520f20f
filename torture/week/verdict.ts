// Whether a week was seen as it was: its alarms, and its money by five accounts of it, each against the simulator's.

import type { LedgerEntry } from '../../src/simulator/index.ts';
import { keyOf } from '../orders.ts';
import { findPaidTwice } from '../verdict.ts';
import type { WeekClient, WeekOrder } from './calendar.ts';
import { type Samples, sumBy, sumOf } from './exposition.ts';
import type { EndLine, RaisedAlarm } from './stage.ts';

/** An incident as it happened. Times are epoch milliseconds. */
export interface Happening {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly alarms: Readonly<Record<string, number>>;
  readonly mayRaise: readonly string[];
  readonly echoMs: number;
}

/** What became of an order. */
export interface Placed {
  readonly order: WeekOrder;
  /** Every job that it was told of; the last is the one that was bought. */
  readonly jobIds: readonly string[];
  /** When it was accepted; null = never. */
  readonly acceptedAt: number | null;
  /** True where a restore has made the database forget it. */
  readonly isForgotten: boolean;
}

export interface ExportLine {
  readonly job_id: string;
  readonly client: string;
  readonly status: string;
  readonly ordered_at: string;
  readonly billed_usd: number | null;
}

export interface BudgetView {
  readonly scope: { readonly kind: string; readonly id?: string };
  readonly period: string;
  readonly spentUsd: number;
  readonly heldUsd: number;
  /** Start of the window that is shown. */
  readonly startsAt: number;
}

/** Everything that was seen of a week, when all its jobs have ended. */
export interface WeekRecord {
  readonly happenings: readonly Happening[];
  readonly alarms: readonly RaisedAlarm[];
  readonly ends: readonly EndLine[];
  readonly ledger: readonly LedgerEntry[];
  readonly placed: readonly Placed[];
  readonly lines: readonly ExportLine[];
  /** `GET /spend`. */
  readonly spend: { readonly totalUsd: number; readonly byClient: ReadonlyMap<string, number> };
  /** Sums over all lives of the gateway. */
  readonly counters: Samples;
  /** The last scrape. */
  readonly gauges: Samples;
  readonly budgets: readonly BudgetView[];
  /** Bytes of the objects in the bucket, by job. */
  readonly storedBytes: ReadonlyMap<string, number>;
  /** What was wrong with clips that were compared byte by byte. */
  readonly wrongClips: readonly string[];
  readonly accusations: readonly string[];
}

export interface WeekVerdict {
  readonly alarmsMissing: readonly string[];
  readonly alarmsUnexpected: readonly string[];
  readonly paidTwice: readonly string[];
  readonly notBought: readonly string[];
  /** Accounts that differ from the simulator's ledger. */
  readonly misaccounted: readonly string[];
  readonly clipsLost: readonly string[];
  readonly other: readonly string[];
}

const LOOK_MS = 120_000;

export function judgeWeek(record: WeekRecord): WeekVerdict {
  return {
    alarmsMissing: findMissing(record),
    alarmsUnexpected: findUnexpected(record),
    paidTwice: findPaidTwice(record.ledger, () => 1),
    notBought: findNotBought(record),
    misaccounted: findMisaccounted(record),
    clipsLost: findLost(record),
    other: record.accusations,
  };
}

export const weekHolds = (verdict: WeekVerdict): boolean =>
  Object.values(verdict).every((list: readonly string[]) => list.length === 0);

const clockOf = (at: number): string => new Date(at).toISOString().slice(5, 19).replace('T', ' ');

/** How long each promised alarm took, for the report; null = it was not raised. */
export function findDelays({ happenings, alarms }: WeekRecord) {
  return happenings.flatMap(({ name, from, to, echoMs, alarms: promised }) =>
    Object.entries(promised).map(([alarm, withinMs]) => {
      const first = alarms.find(
        (one) => one.alarm === alarm && one.at >= from && one.at <= to + echoMs + LOOK_MS,
      );
      return { name, alarm, withinMs, tookMs: first ? first.at - from : null };
    }),
  );
}

function findMissing(record: WeekRecord): string[] {
  return findDelays(record).flatMap(({ name, alarm, withinMs, tookMs }) =>
    tookMs !== null && tookMs <= withinMs
      ? []
      : [
          `${alarm} ${tookMs === null ? 'was not raised' : `came after ${tookMs / 1000} s, not ${withinMs / 1000} s`}: ${name}`,
        ],
  );
}

function findUnexpected({ happenings, alarms }: WeekRecord): string[] {
  return alarms
    .filter(
      ({ alarm, at }) =>
        !happenings.some(
          ({ from, to, echoMs, alarms: promised, mayRaise }) =>
            at >= from && at <= to + echoMs + LOOK_MS && (alarm in promised || mayRaise.includes(alarm)),
        ),
    )
    .map(({ alarm, at }) => `${alarm} at ${clockOf(at)}`);
}

function findNotBought({ placed, ledger }: WeekRecord): string[] {
  const bought = new Set(ledger.map(({ body }) => keyOf(body)));
  return placed.flatMap(({ order, jobIds }) =>
    bought.has(order.key) && jobIds.length > 0 ? [] : [`${order.key} of ${order.client} was never bought`],
  );
}

/** Micro-dollars: sums of dollars in binary fractions are not to be compared. */
const micro = (usd: number | null | undefined): number => Math.round((usd ?? 0) * 1e6);
const usd = (microUsd: number): string => (microUsd / 1e6).toFixed(6);

function findMisaccounted(record: WeekRecord): string[] {
  const { placed, ledger, lines, ends, counters, gauges, spend, budgets, alarms } = record;
  const found: string[] = [];
  const compare = (what: string, theirs: number, ours: number, show: (value: number) => string = usd) => {
    if (theirs !== ours) found.push(`${what}: ${show(ours)}, by the simulator ${show(theirs)}`);
  };
  const whole = (value: number) => String(value);

  const billedOf = new Map(ledger.map((entry) => [keyOf(entry.body), micro(entry.billed_usd)]));
  const keyOfJob = new Map(
    placed.flatMap(({ order, jobIds }) => jobIds.map((id) => [id, order.key] as const)),
  );
  const known = placed.filter(({ isForgotten }) => !isForgotten);
  const sumFor = (some: readonly Placed[]) =>
    some.reduce((sum, { order }) => sum + (billedOf.get(order.key) ?? 0), 0);
  const clients = new Set<WeekClient>(placed.map(({ order }) => order.client));

  // The ledger of attempts, line by line.
  const lineOf = new Map<string, number>();
  for (const { job_id, billed_usd } of lines) {
    const key = keyOfJob.get(job_id);
    if (key === undefined) found.push(`the ledger has ${job_id}, which no order was told of`);
    else lineOf.set(key, (lineOf.get(key) ?? 0) + micro(billed_usd));
  }
  for (const { order } of known)
    compare(`the ledger about ${order.key}`, billedOf.get(order.key) ?? 0, lineOf.get(order.key) ?? 0);

  // The lines of jobs' ends: each bill is said once, those that a restore forgot included.
  const saidOf = new Map<string, number>();
  for (const { jobId, billedUsd } of ends) {
    const key = keyOfJob.get(jobId);
    if (key === undefined) found.push(`a line says that ${jobId} ended, which no order was told of`);
    else saidOf.set(key, (saidOf.get(key) ?? 0) + micro(billedUsd));
  }
  for (const { order } of placed)
    compare(`the lines about ${order.key}`, billedOf.get(order.key) ?? 0, saidOf.get(order.key) ?? 0);

  // Sums: what a restore forgot was counted before, and is in no database.
  const counted = sumBy(counters, 'clipgate_spend_usd_total', 'client');
  for (const client of clients) {
    const own = (some: readonly Placed[]) => some.filter(({ order }) => order.client === client);
    compare(`clipgate_spend_usd_total of ${client}`, sumFor(own(placed)), micro(counted.get(client)));
    compare(`GET /spend of ${client}`, sumFor(own(known)), micro(spend.byClient.get(client)));
  }
  compare('GET /spend', sumFor(known), micro(spend.totalUsd));
  const total = ledger.reduce((sum, { billed_usd }) => sum + micro(billed_usd), 0);
  compare('what orders were billed', total, sumFor(placed));
  compare('clipgate_spend_usd_total', total, micro(sumOf(counters, 'clipgate_spend_usd_total')));

  const spentGauges = [...gauges].filter(([name]) => name.startsWith('clipgate_budget_spent_usd{'));
  for (const budget of budgets) {
    const { scope, period, spentUsd, heldUsd, startsAt } = budget;
    const of = `the budget of ${scope.id ?? 'everything'} per ${period}`;
    const own = known.filter(
      ({ order, acceptedAt }) =>
        (scope.kind === 'all' || order.client === scope.id) && (acceptedAt ?? 0) >= startsAt,
    );
    compare(of, sumFor(own), micro(spentUsd));
    compare(`what ${of} holds`, 0, micro(heldUsd));
  }
  compare(
    'clipgate_budget_spent_usd',
    budgets.reduce((sum, { spentUsd }) => sum + micro(spentUsd), 0),
    spentGauges.reduce((sum, [, value]) => sum + micro(value), 0),
  );

  const zero = [
    'clipgate_budget_held_usd',
    'clipgate_budget_drift_usd',
    'clipgate_jobs',
    'clipgate_archive_backlog',
  ];
  for (const name of zero) compare(name, 0, sumOf(gauges, name), whole);
  compare('clipgate_jobs_ended_total', ends.length, sumOf(counters, 'clipgate_jobs_ended_total'), whole);
  const outcomes = sumBy(counters, 'clipgate_submits_total', 'outcome');
  const lost = ledger.filter(({ answer }) => answer.kind !== 'sent').length;
  compare('submits accepted', ledger.length - lost, outcomes.get('accepted') ?? 0, whole);
  compare('submits with an unknown outcome', lost, outcomes.get('unknown') ?? 0, whole);
  for (const [alarm, count] of sumBy(counters, 'clipgate_alarms_total', 'alarm'))
    compare(
      `clipgate_alarms_total of ${alarm}`,
      alarms.filter((one) => one.alarm === alarm).length,
      count,
      whole,
    );
  return found;
}

function findLost({ placed, ledger, gauges, storedBytes, wrongClips }: WeekRecord): string[] {
  const completed = new Set(
    ledger.filter(({ status }) => status === 'completed').map(({ body }) => keyOf(body)),
  );
  const lost: string[] = [...wrongClips];
  let bytes = 0;
  for (const { order, jobIds, isForgotten } of placed) {
    if (!completed.has(order.key)) continue;
    const stored = storedBytes.get(jobIds.at(-1) ?? '');
    if (stored === undefined) lost.push(`the clip of ${order.key} is not in the bucket`);
    else if (!isForgotten) bytes += stored;
  }
  const said = sumOf(gauges, 'clipgate_archive_bytes');
  if (said !== bytes) lost.push(`clipgate_archive_bytes says ${said}, the bucket has ${bytes}`);
  return lost;
}
