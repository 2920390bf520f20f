// Stops buying while too many submits end with nobody knowing how, and tries one before it buys again.

import { pauseMs, type SubmitCounts, shouldPause, WINDOW_MS } from '../../core/job/submit-breaker.ts';
import type { Alarms } from '../runtime/alarms.ts';
import type { Log } from '../runtime/log.ts';

/** How a submit ended, as far as the road to upstream is concerned. */
export type SubmitReport =
  /** Upstream answered, yes or no. */
  | 'answered'
  | 'unknown'
  /** Nothing left this machine. */
  | 'not_sent';

export type Admission =
  /** Go ahead, and report once how it went; later reports of the same submit count for nothing. */
  | { readonly kind: 'admitted'; report(ended: SubmitReport): void }
  | { readonly kind: 'paused'; readonly retryInMs: number };

/** One process's own: every replica has its own road, and learns from its own submits. */
export interface SubmitBreaker {
  /** Asked before each submit. After a pause exactly one is let through as a trial. */
  admit(): Admission;
  /** Milliseconds until it is worth asking again; null where a submit would be admitted now. */
  pausedMs(): number | null;
  /** For people: how things stand. */
  describe(): string;
}

type State =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly until: number; readonly failedTrials: number }
  | { readonly kind: 'trial'; readonly failedTrials: number };

const BUCKET_MS = 10_000;
const TRIAL_RETRY_MS = 5_000;

export function createSubmitBreaker(parts: {
  readonly clock: () => number;
  readonly alarms: Alarms;
  readonly log: Log;
}): SubmitBreaker {
  const { clock, alarms, log } = parts;
  let state: State = { kind: 'closed' };
  let buckets: { readonly since: number; submits: number; unknown: number }[] = [];

  function count(ended: 'answered' | 'unknown'): void {
    const now = clock();
    const last = buckets.at(-1);
    const current = last && now - last.since < BUCKET_MS ? last : { since: now, submits: 0, unknown: 0 };
    if (current !== last) buckets.push(current);
    current.submits += 1;
    if (ended === 'unknown') current.unknown += 1;
  }

  function counts(): SubmitCounts {
    const from = clock() - WINDOW_MS;
    buckets = buckets.filter(({ since }) => since > from);
    return buckets.reduce(
      (sum, { submits, unknown }) => ({ submits: sum.submits + submits, unknown: sum.unknown + unknown }),
      { submits: 0, unknown: 0 },
    );
  }

  function pause(failedTrials: number): void {
    const forMs = pauseMs(failedTrials);
    state = { kind: 'open', until: clock() + forMs, failedTrials };
    alarms.raise(
      'submissions_paused',
      { for_ms: forMs, ...counts() },
      'too many submits end with nobody knowing how: nothing is bought until a trial is answered',
    );
  }

  function report(ended: SubmitReport, trial: (State & { kind: 'trial' }) | null): void {
    if (ended !== 'not_sent') count(ended);
    if (trial) {
      if (ended === 'answered') {
        state = { kind: 'closed' };
        // What was unknown is known to be over: it must not pause us a second time.
        buckets = [];
        log.info({}, 'a trial submit was answered: buying again');
      } else {
        // A trial that never left has shown nothing: the next comes after as long a pause.
        pause(ended === 'unknown' ? trial.failedTrials + 1 : trial.failedTrials);
      }
    } else if (ended === 'unknown' && state.kind === 'closed' && shouldPause(counts())) pause(0);
  }

  function pausedMs(): number | null {
    if (state.kind === 'trial') return TRIAL_RETRY_MS;
    if (state.kind === 'closed' || clock() >= state.until) return null;
    return state.until - clock();
  }

  return {
    pausedMs,
    admit() {
      const retryInMs = pausedMs();
      if (retryInMs !== null) return { kind: 'paused', retryInMs };
      let trial: (State & { kind: 'trial' }) | null = null;
      if (state.kind === 'open') {
        trial = { kind: 'trial', failedTrials: state.failedTrials };
        state = trial;
      }
      let reported = false;
      return {
        kind: 'admitted',
        report(ended) {
          if (reported) return;
          reported = true;
          report(ended, trial);
        },
      };
    },
    describe() {
      const { submits, unknown } = counts();
      const lately = `${unknown} of ${submits} submits unknown in five minutes`;
      if (state.kind === 'closed') return `open: ${lately}`;
      const wait = pausedMs();
      if (state.kind === 'trial') return `paused: one trial is under way; ${lately}`;
      return `paused: ${wait === null ? 'the next is a trial' : `a trial in ${Math.ceil(wait / 1000)} s`}; ${lately}`;
    },
  };
}
