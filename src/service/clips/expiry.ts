// Removes clips and requests that are older than they may be, and the oldest clips where all are too many bytes.

import { jitter } from '../../core/jitter.ts';
import type { ClipCount } from '../../store/ports/erasure.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { Log } from '../runtime/log.ts';
import { createLoop } from '../runtime/loop.ts';
import type { Erasure } from './erasure.ts';

/** Null = kept for good. */
export interface ExpiryLimits {
  readonly clipMs: number | null;
  readonly requestMs: number | null;
  readonly maxBytes: number | null;
}

/** What would go if it went now. */
export interface ExpiryPlan {
  /** Removed before, with files that the storage has not given up yet. */
  readonly begunClips: ClipCount;
  readonly oldClips: ClipCount;
  /** What more has to go for the rest to have room. */
  readonly excessClips: ClipCount;
  readonly oldRequests: number;
}

export interface Expiry {
  /** Removes one batch of each kind; resolves to the milliseconds to wait before the next. */
  tick(): Promise<number>;
  start(): void;
  stop(): Promise<void>;
}

type ExpiryStore = Pick<
  JobStore,
  | 'archiveStats'
  | 'listClipRemovals'
  | 'countClipRemovals'
  | 'listOldestClips'
  | 'countClips'
  | 'countOldestClips'
  | 'listOldestBodies'
  | 'countBodies'
>;

export interface ExpiryParts {
  readonly store: ExpiryStore;
  readonly erasure: Erasure;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly log: Log;
}

const BATCH = 20;
const SOON_MS = 500;
const REST_MS = 60 * 60_000;

/** Safe on any number of replicas: what one has removed the others find removed. */
export function createExpiry(
  { store, erasure, clock, random, log }: ExpiryParts,
  { clipMs, requestMs, maxBytes }: ExpiryLimits,
): Expiry {
  /** The oldest clips whose bytes together are what is too much. */
  async function findExcess(): Promise<string[]> {
    if (maxBytes === null) return [];
    let excess = (await bytesKept(store)) - maxBytes;
    if (excess <= 0) return [];
    const found: string[] = [];
    for (const { jobId, bytes } of await store.listOldestClips(clock(), BATCH)) {
      if (excess <= 0) break;
      found.push(jobId);
      excess -= bytes;
    }
    return found;
  }

  /** One that cannot be removed keeps none of the others. */
  async function removeAll(jobIds: readonly string[]): Promise<number> {
    let removed = 0;
    for (const jobId of jobIds) {
      try {
        await erasure.removeClips(jobId);
        removed += 1;
      } catch (error) {
        log.warn({ err: error, job_id: jobId }, 'could not remove the clips of a job: retrying');
      }
    }
    return removed;
  }

  async function tick(): Promise<number> {
    let isMore = false;
    const removeBatch = async (jobIds: readonly string[], size = BATCH) => {
      const removed = await removeAll(jobIds);
      isMore ||= removed > 0 && jobIds.length >= size;
    };
    await removeBatch(await store.listClipRemovals(BATCH));
    if (clipMs !== null) {
      const old = await store.listOldestClips(clock() - clipMs, BATCH);
      await removeBatch(old.map(({ jobId }) => jobId));
    }
    await removeBatch(await findExcess(), 1);
    if (requestMs !== null) {
      const old = await store.listOldestBodies(clock() - requestMs, BATCH);
      for (const jobId of old) await erasure.eraseBody(jobId);
      isMore ||= old.length === BATCH;
    }
    return isMore ? SOON_MS : jitter(REST_MS, random(), 0.5);
  }

  const loop = createLoop(
    tick,
    (error) => log.warn({ err: error }, 'could not remove expired clips and requests: retrying'),
    REST_MS,
  );
  return { tick, start: () => loop.start(), stop: () => loop.stop() };
}

/** What is on its way out needs no room: counting it would remove another clip for each that the storage holds on to. */
async function bytesKept(store: Pick<ExpiryStore, 'archiveStats' | 'countClipRemovals'>): Promise<number> {
  return (await store.archiveStats()).bytes - (await store.countClipRemovals()).bytes;
}

const NONE: ClipCount = { jobs: 0, bytes: 0 };

/** Reads only. */
export async function planExpiry(
  { store, clock }: Pick<ExpiryParts, 'clock'> & { readonly store: ExpiryStore },
  { clipMs, requestMs, maxBytes }: ExpiryLimits,
): Promise<ExpiryPlan> {
  const oldClips = clipMs === null ? NONE : await store.countClips(clock() - clipMs);
  const excess = maxBytes === null ? 0 : (await bytesKept(store)) - maxBytes;
  const oldest = excess > 0 ? await store.countOldestClips(excess) : NONE;
  return {
    begunClips: await store.countClipRemovals(),
    oldClips,
    // Both remove the oldest: one contains the other.
    excessClips: {
      jobs: Math.max(0, oldest.jobs - oldClips.jobs),
      bytes: Math.max(0, oldest.bytes - oldClips.bytes),
    },
    oldRequests: requestMs === null ? 0 : await store.countBodies(clock() - requestMs),
  };
}
