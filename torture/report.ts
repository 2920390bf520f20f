// What a run came to, as a plain table.

import { countBy, type Outcome } from './storm.ts';

const MOST_LINES = 12;

const row = (name: string, value: string | number): string =>
  `  ${name.padEnd(52)} ${String(value).padStart(9)}`;

/** @param title such as the stack's name and the seed. */
export function renderOutcome(title: string, outcome: Outcome): string {
  const { verdict, mishaps } = outcome;
  const evidence = [
    verdict.paidTwice,
    verdict.notBound,
    verdict.toldWrong,
    verdict.notEnded,
    verdict.misaccounted,
  ].flat();
  return [
    title,
    row('seconds', outcome.seconds.toFixed(1)),
    row('processes killed', outcome.deaths),
    row('processes paused beyond their leases', mishaps.pauses),
    row('database crashes', mishaps.databaseCrashes),
    row('upstream outages', mishaps.outages),
    row('well-signed webhooks that lied', outcome.forgeries),
    row('keys', outcome.keys),
    row('requests to buy', outcome.posts),
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
    row('BUDGETS THAT SAY OTHERWISE THAN THEIR JOBS', verdict.misaccounted.length),
    ...evidence.slice(0, MOST_LINES).map((line) => `    ! ${line}`),
    '',
  ].join('\n');
}

export function renderFaults({ faults }: Outcome): string {
  return ['  faults drawn', ...[...faults].map(([name, count]) => row(`  ${name}`, count)), ''].join('\n');
}
