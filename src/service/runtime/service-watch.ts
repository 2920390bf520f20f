// Watches for lost service: OpenRouter refuses the key or has no credits, the catalog ages, no submit is accepted.

import type { SubmitOutcome } from '../../outbound/openrouter/submit.ts';
import type { Alarms } from './alarms.ts';

export interface ServiceWatch {
  /** To be called with the outcome of every submit. */
  submitEnded(outcome: SubmitOutcome): void;
  /** Looks at what only time can tell. */
  sweep(): void;
  start(): void;
  stop(): void;
}

export interface ServiceWatchParts {
  /** Age of the catalog in seconds; null = it was never loaded. */
  readonly catalogAgeS: () => number | null;
  /** Milliseconds of any origin that never go back. */
  readonly monotonic: () => number;
  readonly alarms: Alarms;
}

const CATALOG_AGE_MS = 60 * 60_000;
const NO_ACCEPT_MS = 10 * 60_000;
/** Fewer refusals than this may be the fault of what was ordered. */
const MIN_REFUSED = 3;
const SWEEP_MS = 30_000;
/** While something lasts it is raised again, so that it is not taken for over. */
const REPEAT_MS = 5 * 60_000;

export function createServiceWatch({ catalogAgeS, monotonic, alarms }: ServiceWatchParts): ServiceWatch {
  const began = monotonic();
  const raisedAt = new Map<string, number>();
  let refusedSince: number | null = null;
  let refused = 0;
  let lastRefusedAt = 0;
  let timer: NodeJS.Timeout | undefined;

  function raise(alarm: Parameters<Alarms['raise']>[0], fields: object, message: string): void {
    const last = raisedAt.get(alarm);
    if (last !== undefined && monotonic() - last < REPEAT_MS) return;
    raisedAt.set(alarm, monotonic());
    alarms.raise(alarm, fields, message);
  }

  function sweep(): void {
    const now = monotonic();
    const ageS = catalogAgeS();
    const isOld = ageS === null ? now - began >= CATALOG_AGE_MS : ageS * 1000 >= CATALOG_AGE_MS;
    if (isOld) raise('catalog_stale', { age_s: ageS }, 'the catalog was not refreshed for an hour');
    // Nothing is tried any more: the last minutes say nothing.
    if (refusedSince !== null && now - lastRefusedAt >= NO_ACCEPT_MS) refusedSince = null;
    if (refusedSince === null) {
      refused = 0;
    } else if (refused >= MIN_REFUSED && now - refusedSince >= NO_ACCEPT_MS) {
      raise('no_submit_accepted', { submits: refused }, 'no submit was accepted for ten minutes');
    }
  }

  return {
    submitEnded(outcome) {
      if (outcome.kind === 'accepted') {
        refusedSince = null;
        refused = 0;
        return;
      }
      lastRefusedAt = monotonic();
      refusedSince ??= lastRefusedAt;
      refused += 1;
      if (outcome.kind !== 'rejected') return;
      if (outcome.reason === 'key_invalid')
        raise('upstream_key_refused', {}, 'OpenRouter refuses the key of this gateway');
      if (outcome.reason === 'insufficient_credits' && !outcome.temporary)
        raise('upstream_credits_exhausted', {}, 'OpenRouter has no credits left for the key of this gateway');
    },
    sweep,
    start() {
      timer = setInterval(sweep, SWEEP_MS);
    },
    stop: () => clearInterval(timer),
  };
}
