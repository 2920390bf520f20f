// Watches for lost service: a refused key, no credits, no submit accepted, an old or unreadable catalog, a store that is away, work that waits.

import type { SubmitOutcome } from '../../outbound/openrouter/submit.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { StoreFault } from '../../store/ports/store-health.ts';
import type { LastingAlarms } from './alarms.ts';
import type { Log } from './log.ts';
import { createLoop } from './loop.ts';

export interface ServiceWatch {
  /** To be called with the outcome of every submit. */
  submitEnded(outcome: SubmitOutcome): void;
  /** To be called when the store fails. */
  storeFailed(fault: StoreFault, cause: unknown): void;
  /** Looks at what only time can tell, and at what lasts. */
  sweep(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

export interface ServiceWatchParts {
  /** Null = it was never loaded. */
  readonly catalog: () => { readonly ageS: number; readonly unreadable: number } | null;
  readonly store: Pick<JobStore, 'ping' | 'readBacklog'>;
  /** Milliseconds of any origin that never go back. */
  readonly monotonic: () => number;
  readonly alarms: LastingAlarms;
  readonly log: Log;
}

const CATALOG_AGE_MS = 60 * 60_000;
const NO_ACCEPT_MS = 10 * 60_000;
/** Fewer refusals than this may be the fault of what was ordered. */
const MIN_REFUSED = 3;
const SWEEP_MS = 30_000;
const STEP_LAG_MS = 60_000;
const CALLBACK_LAG_MS = 5 * 60_000;
// One clip may be late for its own reasons, which have alarms of their own; many are late for one reason.
const LATE_CLIP_MS = 30 * 60_000;
const MANY_LATE_CLIPS = 10;
// Clips are tried for a week: there is time left to act.
const OLD_CLIP_MS = 24 * 60 * 60_000;

const STORE_ALARMS = { unavailable: 'store_unavailable', corrupt: 'store_corrupt' } as const;

export function createServiceWatch(parts: ServiceWatchParts): ServiceWatch {
  const { store, monotonic, alarms, log } = parts;
  const began = monotonic();
  let refusedSince: number | null = null;
  let refused = 0;
  let lastRefusedAt = 0;
  let fault: StoreFault | null = null;

  function watchCatalog(now: number): void {
    const catalog = parts.catalog();
    const ageMs = catalog ? catalog.ageS * 1000 : now - began;
    if (ageMs >= CATALOG_AGE_MS) {
      alarms.raiseWhile(
        'catalog_stale',
        { age_s: catalog?.ageS ?? null },
        'the catalog was not refreshed for an hour',
      );
    }
    if (catalog && catalog.unreadable > 0) {
      alarms.raiseWhile(
        'catalog_unreadable',
        { count: catalog.unreadable },
        'parts of the catalog still cannot be parsed',
      );
    }
  }

  function watchSubmits(now: number): void {
    // Nothing is tried any more: the last minutes say nothing.
    if (refusedSince !== null && now - lastRefusedAt >= NO_ACCEPT_MS) refusedSince = null;
    if (refusedSince === null) {
      refused = 0;
    } else if (refused >= MIN_REFUSED && now - refusedSince >= NO_ACCEPT_MS) {
      alarms.raiseWhile('no_submit_accepted', { submits: refused }, 'no submit was accepted for ten minutes');
    }
  }

  /** True where the store works. */
  async function watchStore(): Promise<boolean> {
    try {
      await store.ping();
      fault = null;
      return true;
    } catch (error) {
      if (fault) alarms.raiseWhile(STORE_ALARMS[fault], { err: error }, 'the database still cannot be used');
      else log.warn({ err: error }, 'the database could not be looked at');
      return false;
    }
  }

  async function watchBacklog(): Promise<void> {
    const { steps, callbacks, clips } = await store.readBacklog(LATE_CLIP_MS);
    if (steps.oldestMs >= STEP_LAG_MS) {
      alarms.raiseWhile(
        'poll_lag',
        { due: steps.due, oldest_s: Math.floor(steps.oldestMs / 1000) },
        'steps of jobs wait longer than a minute',
      );
    }
    if (callbacks.oldestMs >= CALLBACK_LAG_MS) {
      alarms.raiseWhile(
        'callback_backlog',
        { due: callbacks.due, oldest_s: Math.floor(callbacks.oldestMs / 1000) },
        'callbacks wait longer than five minutes to be sent',
      );
    }
    if (clips.late >= MANY_LATE_CLIPS || clips.oldestMs >= OLD_CLIP_MS) {
      alarms.raiseWhile(
        'archive_backlog',
        { late: clips.late, oldest_s: Math.floor(clips.oldestMs / 1000) },
        'clips are not stored long after their jobs ended',
      );
    }
  }

  async function sweep(): Promise<void> {
    watchCatalog(monotonic());
    watchSubmits(monotonic());
    if (await watchStore()) await watchBacklog();
  }

  const loop = createLoop(
    async () => {
      await sweep();
      return SWEEP_MS;
    },
    (error) => log.warn({ err: error }, 'the service could not be watched: trying again'),
    SWEEP_MS,
  );

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
        alarms.raiseWhile('upstream_key_refused', {}, 'OpenRouter refuses the key of this gateway');
      if (outcome.reason === 'insufficient_credits' && !outcome.temporary)
        alarms.raiseWhile(
          'upstream_credits_exhausted',
          {},
          'OpenRouter has no credits left for the key of this gateway',
        );
    },
    storeFailed(failed, cause) {
      fault = failed;
      alarms.raise(STORE_ALARMS[failed], { err: cause }, 'the database failed');
    },
    sweep,
    start: () => loop.start(),
    stop: () => loop.stop(),
  };
}
