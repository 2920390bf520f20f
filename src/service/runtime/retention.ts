// Deletes expired rows from the store, a few at a time. Jobs are the record of money spent, and stay.

import { jitter } from '../../core/jitter.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import { MEMORY_MS } from '../learning/model-stats.ts';
import type { Log } from './log.ts';
import { createLoop } from './loop.ts';

export interface Retention {
  /** Removes one batch of each kind; resolves to the milliseconds to wait before the next. */
  tick(): Promise<number>;
  start(): void;
  stop(): Promise<void>;
}

export interface RetentionParts {
  readonly store: Pick<
    JobStore,
    'purgeKeys' | 'purgeObservations' | 'purgeBodies' | 'purgeAnswers' | 'purgeSessions' | 'purgeQuotedClips'
  >;
  readonly clock: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly log: Log;
}

// Ten to twenty milliseconds of SQLite's one writer, of half a million keys: every row is a page of its own.
const BATCH = 100;
// A body may be tens of megabytes.
const BODIES = 2;
// Where there is more: millions a day, and nearly all of that writer's time is left to others.
const SOON_MS = 500;
const REST_MS = 60 * 60_000;
// Replicas' clocks differ, and what one has dropped another must not be about to read.
const MARGIN_MS = 24 * 60 * 60_000;

/** Safe on any number of replicas: what one is removing the others leave out. */
export function createRetention({ store, clock, random, log }: RetentionParts): Retention {
  async function tick(): Promise<number> {
    const keys = await store.purgeKeys(BATCH);
    const observations = await store.purgeObservations(clock() - MEMORY_MS - MARGIN_MS, BATCH);
    const bodies = await store.purgeBodies(BODIES);
    const answers = await store.purgeAnswers(BATCH);
    const sessions = await store.purgeSessions(clock() - MARGIN_MS, BATCH);
    const quotes = await store.purgeQuotedClips(BATCH);
    if (keys + observations + bodies + answers + sessions + quotes > 0)
      log.debug({ keys, observations, bodies, answers, sessions, quotes }, 'deleted expired rows');
    if ([keys, observations, answers, sessions, quotes].includes(BATCH) || bodies === BODIES) return SOON_MS;
    // Replicas that started together do not come together.
    return jitter(REST_MS, random(), 0.5);
  }

  const loop = createLoop(
    tick,
    (error) => log.warn({ err: error }, 'expired rows could not be deleted: retrying'),
    REST_MS,
  );

  return { tick, start: () => loop.start(), stop: () => loop.stop() };
}
