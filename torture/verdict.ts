// Whether we lied, by the ledger of upstream and the rows of budgets: the counts that must be zero, and what explains the rest.

import type { LedgerEntry } from '../src/simulator/index.ts';
import type { Misaccounts } from './accounts.ts';
import { isFallback, keyOf } from './orders.ts';
import { type SeenJob, TERMINAL } from './shop.ts';

export interface Verdict extends Misaccounts {
  readonly paidTwice: readonly string[];
  /** Paid for and of no job, although upstream's webhook was taken; or of a job that says otherwise. */
  readonly notBound: readonly string[];
  readonly toldWrong: readonly string[];
  /** Neither ended nor unknown for good reason. */
  readonly notEnded: readonly string[];
  /** Bought, the answer was lost, and no webhook was ever taken: nothing could have told us. What became of each. */
  readonly unknownAccepted: readonly string[];
  readonly unknownNeverAccepted: number;
}

/** What the ledger's words mean in ours. */
const ENDS: Readonly<Record<string, string>> = { dead: 'failed' };

const wasTold = (entry: LedgerEntry): boolean =>
  entry.webhooks.some(({ status }) => status !== null && status >= 200 && status < 300);

/**
 * Keys with more bought jobs than were wanted. Another candidate may follow one that failed, where the order allows it.
 * @param wantedOf how many clips a key may buy.
 */
export function findPaidTwice(ledger: readonly LedgerEntry[], wantedOf: (key: string) => number): string[] {
  const counts = new Map<string, number>();
  for (const { body, status } of ledger) {
    if (status === 'failed' && isFallback(body)) continue;
    const key = keyOf(body) ?? 'no key at all';
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts]
    .filter(([key, count]) => count > wantedOf(key))
    .map(([key, count]) => `${key} was paid ${count} times, for ${wantedOf(key)} wanted`);
}

/**
 * Judges the jobs of all clients as they stand when everything has had its time.
 * @param accusations what clients noticed on the way. @param misaccounts what budgets say wrong.
 * @param wantedOf how many clips a key may buy.
 */
export function judge(
  ledger: readonly LedgerEntry[],
  jobs: readonly SeenJob[],
  accusations: readonly string[],
  misaccounts: Misaccounts,
  wantedOf: (key: string) => number,
): Verdict {
  const upstreamIds = ({ upstream, attempts = [] }: SeenJob) =>
    [upstream.id, ...attempts.map(({ upstream_id }) => upstream_id)].flatMap((id) => id ?? []);
  const byUpstreamId = new Map(jobs.flatMap((job) => upstreamIds(job).map((id) => [id, job] as const)));
  const bought = new Map(ledger.map((entry) => [entry.job_id, entry]));
  const unbound = ledger.filter((entry) => !byUpstreamId.has(entry.job_id));
  const unknown = jobs.filter(({ status }) => status === 'submission_unknown');
  const unknownOf = new Map(unknown.map((job) => [keyOf(job.request), job]));

  const excused = unbound.filter((entry) => unknownOf.has(keyOf(entry.body)) && !wasTold(entry));
  const notBound = unbound
    .filter((entry) => !excused.includes(entry))
    .map((entry) => {
      const seen = jobs.filter((job) => keyOf(job.request) === keyOf(entry.body)).map((job) => job.status);
      const webhooks = entry.webhooks.map(({ status, error }) => status ?? error).join(', ');
      return `${keyOf(entry.body)} was paid as ${entry.job_id} (answered ${entry.answer.kind} ${entry.answer.status}, webhooks: ${webhooks || 'none'}), its jobs are: ${seen.join(', ') || 'none'}`;
    });

  const toldWrong = [...accusations];
  for (const job of jobs) {
    if (job.upstream.id === null) continue;
    const entry = bought.get(job.upstream.id);
    if (!entry) toldWrong.push(`${job.id} claims ${job.upstream.id}, which was never bought`);
    else if (keyOf(entry.body) !== keyOf(job.request)) {
      toldWrong.push(`${job.id} of ${keyOf(job.request)} claims the clip of ${keyOf(entry.body)}`);
    } else if (TERMINAL.has(job.status) && job.status !== (ENDS[entry.status] ?? entry.status)) {
      toldWrong.push(`${job.id} is told as ${job.status}, and is ${entry.status}`);
    }
  }

  return {
    paidTwice: findPaidTwice(ledger, wantedOf),
    notBound,
    toldWrong,
    notEnded: jobs
      .filter(({ status }) => !TERMINAL.has(status) && status !== 'submission_unknown')
      .map((job) => `${job.id} of ${keyOf(job.request)} is still ${job.status}`),
    ...misaccounts,
    unknownAccepted: excused.map(describeSilence),
    unknownNeverAccepted:
      unknown.length - excused.length - notBound.filter((line) => / are: .*unknown/.test(line)).length,
  };
}

/** Why no webhook told of a job. */
function describeSilence({ webhooks, ready_at: readyAt }: LedgerEntry): string {
  if (readyAt === null) return 'the job never ends';
  if (webhooks.length === 0) return 'no webhook was sent';
  return `answered ${webhooks.map(({ status, error }) => status ?? error).join(', ')}`;
}

/** The counts that must be zero, with what each is called where it is not. */
export const ZEROS = {
  paidTwice: 'paid twice',
  notBound: 'not bound',
  toldWrong: 'told wrong',
  notEnded: 'not ended',
  spentAboveLimit: 'spent above limit',
  strayHolds: 'holds without job',
  drift: 'drift',
  settledWrong: 'settled twice or wrong',
} as const satisfies Partial<Record<keyof Verdict, string>>;

export const ZERO_NAMES = Object.keys(ZEROS) as (keyof typeof ZEROS)[];

/** True where no count that must be zero is more. */
export const holds = (verdict: Verdict): boolean => ZERO_NAMES.every((name) => verdict[name].length === 0);
