// What a run came to, as a plain table.

import { countBy, type Outcome } from './storm.ts';
import { ZERO_NAMES } from './verdict.ts';

const MOST_LINES = 12;

const row = (name: string, value: string | number): string =>
  `  ${name.padEnd(52)} ${String(value).padStart(9)}`;

/** @param title such as the stack's name and the seed. */
export function renderOutcome(title: string, outcome: Outcome): string {
  const { verdict, mishaps } = outcome;
  const evidence = ZERO_NAMES.flatMap((name) => verdict[name]);
  return [
    title,
    row('seconds', outcome.seconds.toFixed(1)),
    row('processes killed', outcome.deaths),
    row('processes paused beyond their leases', mishaps.pauses),
    row('database crashes', mishaps.databaseCrashes),
    row('full disks of the database', mishaps.fullDisks),
    row('upstream outages', mishaps.outages),
    row('backups restored over the store', mishaps.restores),
    row('well-signed webhooks that lied', outcome.forgeries),
    row('keys', outcome.keys),
    row('requests to buy', outcome.posts),
    row('orders of clients without keys', outcome.unkeyed.orders),
    row('  cut before they were answered', outcome.unkeyed.cut),
    row('  answers that were lost on their way', outcome.unkeyed.lost),
    row('submits that reached upstream', outcome.submits),
    row('jobs bought', outcome.bought),
    row('clips compared byte by byte', outcome.clipsCompared),
    ...[...outcome.statuses].map(([status, count]) => row(`jobs ${status}`, count)),
    row('unknown, truly never accepted', verdict.unknownNeverAccepted),
    row('unknown, accepted, no webhook was delivered', verdict.unknownAccepted.length),
    ...[...countBy(verdict.unknownAccepted)].map(([why, count]) => row(`  ${why}`, count)),
    '',
    row('KEYS PAID TWICE', verdict.paidTwice.length),
    row('PAID JOBS NOT BOUND AFTER THE WEBHOOKS', verdict.notBound.length),
    row('CLIENTS TOLD A WRONG JOB', verdict.toldWrong.length),
    row('JOBS NOT ENDED', verdict.notEnded.length),
    row('BUDGETS SPENT ABOVE THEIR LIMIT', verdict.spentAboveLimit.length),
    row('HOLDS WITHOUT A JOB, JOBS WITHOUT A HOLD', verdict.strayHolds.length),
    row('WINDOWS THAT DRIFTED FROM THEIR HOLDS', verdict.drift.length),
    row('ATTEMPTS SETTLED TWICE, NEVER OR WRONG', verdict.settledWrong.length),
    ...evidence.slice(0, MOST_LINES).map((line) => `    ! ${line}`),
    '',
  ].join('\n');
}

export function renderFaults({ faults }: Outcome): string {
  return ['  faults drawn', ...[...faults].map(([name, count]) => row(`  ${name}`, count)), ''].join('\n');
}
