// A circuit breaker for submits: pauses a model, a client or all while outcomes are unknown, and tries one before it resumes.

import {
  BREAKER_SCOPES,
  type BreakerScope,
  isInScope,
  pauseMs,
  type SubmitCounts,
  type SubmitTarget,
  shouldPause,
  sumOf,
  WINDOW_MS,
} from '../../core/job/submit-breaker.ts';
import type { Alarms } from '../runtime/alarms.ts';
import type { Log } from '../runtime/log.ts';

/** How a submit ended, as far as the path to upstream is concerned. */
export type SubmitReport =
  /** Upstream answered, yes or no. */
  | 'answered'
  | 'unknown'
  /** Nothing left this machine. */
  | 'not_sent';

export type Admission =
  /** Go ahead, and report once how it went; later reports of the same submit count for nothing. */
  | { readonly kind: 'admitted'; report(ended: SubmitReport): void }
  /** `scope` is what is paused: another model may be admitted where it is `pair` or `model`. */
  | { readonly kind: 'paused'; readonly retryInMs: number; readonly scope: BreakerScope };

/** A pause that a submit would meet. */
export interface Pause {
  readonly retryInMs: number;
  readonly scope: BreakerScope;
}

/** What is kept back at the moment, and why. */
export interface PausedSubmits {
  readonly scope: BreakerScope;
  /** Null where every model is paused. */
  readonly model: string | null;
  /** Null where every client is. */
  readonly client: string | null;
  /** For how long it has been so. */
  readonly forMs: number;
  /** Until the next submit is let through as a trial; 0 = the next is one, null = one is under way. */
  readonly trialInMs: number | null;
  readonly failedTrials: number;
  /** What it was paused for: of so many submits in five minutes so many had an unknown outcome. */
  readonly submits: number;
  readonly unknown: number;
}

/** One process's own: every replica has its own path to upstream, and learns from its own submits. */
export interface SubmitBreaker {
  /** Asked before each submit. After a pause one is let through as a trial. */
  admit(target: SubmitTarget): Admission;
  /** What keeps a submit back at the moment; null where it would be admitted now. */
  findPause(target: SubmitTarget): Pause | null;
  /** How many circuits of each scope are not closed. */
  countOpen(): Readonly<Record<BreakerScope, number>>;
  /** What is paused, widest first. */
  list(): readonly PausedSubmits[];
  /** For people: `accepting` or `paused`, and what is paused. Names models, never clients. */
  describe(): string;
}

type State =
  | { readonly kind: 'open'; readonly until: number }
  /** One trial is under way. */
  | { readonly kind: 'half-open' };

/** A breaker that is not closed; closed ones are not kept. */
interface Circuit {
  readonly scope: BreakerScope;
  readonly target: SubmitTarget;
  readonly state: State;
  /** When it was paused first, whatever trials failed since. */
  readonly since: number;
  /** What it was paused for. */
  readonly seen: { readonly submits: number; readonly unknown: number };
  readonly failedTrials: number;
  /** Whose trial failed last: others come first for the next. */
  readonly lastTrialBy: string | null;
}

interface Bucket {
  readonly since: number;
  readonly model: string;
  readonly client: string;
  submits: number;
  unknown: number;
}

const BUCKET_MS = 10_000;
const TRIAL_RETRY_MS = 5_000;
// A client whose trial failed leaves the next to others for so long: one that always fails does not speak for all.
const TURN_MS = 30_000;
// A pause that has passed for so long without a submit says nothing of today.
const FORGET_MS = 60 * 60 * 1000;

const namesModel = (scope: BreakerScope): boolean => scope === 'pair' || scope === 'model';
const namesClient = (scope: BreakerScope): boolean => scope === 'pair' || scope === 'client';

const keyOf = (scope: BreakerScope, { model, client }: SubmitTarget): string =>
  JSON.stringify([scope, namesModel(scope) ? model : '', namesClient(scope) ? client : '']);

export function createSubmitBreaker(parts: {
  readonly clock: () => number;
  readonly alarms: Alarms;
  readonly log: Log;
}): SubmitBreaker {
  const { clock, alarms, log } = parts;
  const circuits = new Map<string, Circuit>();
  let buckets: Bucket[] = [];

  function count(target: SubmitTarget, ended: 'answered' | 'unknown'): void {
    const now = clock();
    let current = buckets.findLast(
      (bucket) => now - bucket.since < BUCKET_MS && isInScope('pair', target, bucket),
    );
    if (!current) {
      current = { ...target, since: now, submits: 0, unknown: 0 };
      buckets = [...buckets.filter(({ since }) => since > now - WINDOW_MS), current];
    }
    current.submits += 1;
    if (ended === 'unknown') current.unknown += 1;
  }

  /** One entry for each client and model. */
  function counts(): SubmitCounts[] {
    const from = clock() - WINDOW_MS;
    const byPair = new Map<string, SubmitCounts>();
    for (const { since, model, client, submits, unknown } of buckets) {
      if (since <= from) continue;
      const key = keyOf('pair', { model, client });
      const sum = byPair.get(key) ?? { model, client, submits: 0, unknown: 0 };
      byPair.set(key, { ...sum, submits: sum.submits + submits, unknown: sum.unknown + unknown });
    }
    return [...byPair.values()];
  }

  function open(circuit: Omit<Circuit, 'state'>): void {
    const forMs = pauseMs(circuit.failedTrials);
    const { scope, target } = circuit;
    circuits.set(keyOf(scope, target), { ...circuit, state: { kind: 'open', until: clock() + forMs } });
    const affected = counts().filter((one) => isInScope(scope, target, one));
    alarms.raise(
      'submissions_paused',
      {
        scope,
        ...(namesModel(scope) ? { model: target.model } : {}),
        ...(namesClient(scope) ? { client: target.client } : {}),
        for_ms: forMs,
        ...sumOf(affected),
      },
      'too many submits have an unknown outcome: they are paused until a trial is answered',
    );
  }

  function close({ scope, target }: Circuit): void {
    circuits.delete(keyOf(scope, target));
    // What was unknown is known to be over: it must not open the breaker a second time.
    buckets = buckets.filter((bucket) => !isInScope(scope, target, bucket));
    log.info({ scope, model: target.model }, 'a trial submit was answered: submissions resume');
  }

  function report(target: SubmitTarget, ended: SubmitReport, trials: readonly Circuit[]): void {
    if (ended !== 'not_sent') count(target, ended);
    for (const trial of trials) {
      if (ended === 'answered') close(trial);
      // A trial that never left has shown nothing: the next comes after as long a pause.
      else {
        const failedTrials = trial.failedTrials + (ended === 'unknown' ? 1 : 0);
        open({ ...trial, failedTrials, lastTrialBy: target.client });
      }
    }
    if (ended !== 'unknown') return;
    const seen = counts();
    for (const scope of BREAKER_SCOPES) {
      if (circuits.has(keyOf(scope, target)) || !shouldPause(scope, target, seen)) continue;
      open({
        scope,
        target,
        since: clock(),
        seen: sumOf(seen.filter((one) => isInScope(scope, target, one))),
        failedTrials: 0,
        lastTrialBy: null,
      });
    }
  }

  /** The breakers that are not closed for a target, narrowest first. */
  function circuitsOf(target: SubmitTarget): Circuit[] {
    return BREAKER_SCOPES.flatMap((scope) => circuits.get(keyOf(scope, target)) ?? []).filter(isOfToday);
  }

  function isOfToday({ scope, target, state }: Circuit): boolean {
    if (state.kind === 'half-open' || clock() < state.until + FORGET_MS) return true;
    circuits.delete(keyOf(scope, target));
    return false;
  }

  /** Milliseconds for which a breaker keeps a client back; null where it would let it through as a trial. */
  function waitMs({ scope, state, lastTrialBy }: Circuit, client: string): number | null {
    if (state.kind === 'half-open') return TRIAL_RETRY_MS;
    const isShared = scope === 'model' || scope === 'all';
    const from = state.until + (isShared && lastTrialBy === client ? TURN_MS : 0);
    return clock() >= from ? null : from - clock();
  }

  function findPause(target: SubmitTarget): Pause | null {
    const pauses = circuitsOf(target).flatMap((circuit): Pause[] => {
      const retryInMs = waitMs(circuit, target.client);
      return retryInMs === null ? [] : [{ retryInMs, scope: circuit.scope }];
    });
    // Of several the widest counts: where all is paused, no other model is worth a try.
    const widest = pauses.at(-1);
    return widest
      ? { scope: widest.scope, retryInMs: Math.max(...pauses.map(({ retryInMs }) => retryInMs)) }
      : null;
  }

  return {
    findPause,
    admit(target) {
      const pause = findPause(target);
      if (pause) return { kind: 'paused', ...pause };
      const trials = circuitsOf(target);
      for (const circuit of trials) {
        circuits.set(keyOf(circuit.scope, circuit.target), { ...circuit, state: { kind: 'half-open' } });
      }
      let reported = false;
      return {
        kind: 'admitted',
        report(ended) {
          if (reported) return;
          reported = true;
          report(target, ended, trials);
        },
      };
    },
    countOpen() {
      const open = { pair: 0, model: 0, client: 0, all: 0 };
      for (const circuit of [...circuits.values()].filter(isOfToday)) open[circuit.scope] += 1;
      return open;
    },
    list() {
      const now = clock();
      return BREAKER_SCOPES.toReversed().flatMap((scope) =>
        [...circuits.values()]
          .filter((circuit) => circuit.scope === scope && isOfToday(circuit))
          .map(({ target, state, since, failedTrials, seen }) => ({
            scope,
            model: namesModel(scope) ? target.model : null,
            client: namesClient(scope) ? target.client : null,
            forMs: now - since,
            trialInMs: state.kind === 'half-open' ? null : Math.max(0, state.until - now),
            failedTrials,
            ...seen,
          })),
      );
    },
    describe() {
      const { submits, unknown } = sumOf(counts());
      const recent = `${unknown} of ${submits} submits unknown in five minutes`;
      const now = [...circuits.values()].filter(isOfToday);
      const whole = now.find(({ scope }) => scope === 'all');
      if (whole) return `paused: ${stateOf(whole)}; ${recent}`;
      const named = now
        .filter(({ scope }) => scope === 'model')
        .map((circuit) => `${circuit.target.model} (${stateOf(circuit)})`);
      const pairs = now
        .filter(({ scope }) => scope === 'pair')
        .map((circuit) => `${circuit.target.model} for one client (${stateOf(circuit)})`);
      const clients = now.filter(({ scope }) => scope === 'client').length;
      const paused = [
        ...named,
        ...pairs.slice(0, NAMED_AT_MOST),
        ...(pairs.length > NAMED_AT_MOST ? [`${pairs.length - NAMED_AT_MOST} more`] : []),
        ...(clients > 0 ? [`all models for ${clients} client${clients > 1 ? 's' : ''}`] : []),
      ];
      return paused.length > 0
        ? `accepting, but paused: ${paused.join(', ')}; ${recent}`
        : `accepting: ${recent}`;
    },
  };

  function stateOf({ state }: Circuit): string {
    if (state.kind === 'half-open') return 'half-open, a trial is under way';
    const waits = state.until - clock();
    return waits > 0 ? `open, a trial in ${Math.ceil(waits / 1000)} s` : 'open, the next submit is a trial';
  }
}

const NAMED_AT_MOST = 10;
