// Checks whether the storage accepts clips by storing a file: a disk that is full or missing shows in no other way.

import { setTimeout as sleep } from 'node:timers/promises';
import type { LastingAlarms } from '../runtime/alarms.ts';
import type { ClipStorage, StorageState } from './storage/port.ts';

export interface ArchiveHealthParts {
  readonly storage: Pick<ClipStorage, 'health'>;
  readonly clock: () => number;
  readonly alarms: LastingAlarms;
}

// Health checks come every few seconds, from many clients: they share one probe of the storage.
const FRESH_MS = 5_000;
// A network disk that is away does not refuse, it hangs; the probe must not, and those of Kubernetes give up at 1 s.
const PATIENCE_MS = 300;

const HANGING: StorageState = { ok: false, detail: 'does not respond' };

/**
 * Returns what looks; a look that is younger than five seconds is not repeated, and one that hangs is waited for once,
 * for all callers together. Never throws.
 */
export function createArchiveHealth({
  storage,
  clock,
  alarms,
}: ArchiveHealthParts): () => Promise<StorageState> {
  let known: { readonly state: StorageState; readonly at: number } | null = null;
  let looking: Promise<StorageState> | null = null;
  /** What was said aloud of the folder as it stands; null while it is well. */
  let told: string | null = null;

  function tell(state: StorageState): StorageState {
    const words = state.ok ? null : state.detail;
    if (words !== null) {
      const tellIt = words === told ? alarms.raiseWhile : alarms.raise;
      tellIt('archive_disk', { detail: words }, `the clip archive is unavailable: ${words}`);
    }
    told = words;
    return state;
  }

  /** Settles when the timeout ends, at the latest; the look goes on, and no other begins meanwhile. */
  function look(): Promise<StorageState> {
    const patience = new AbortController();
    const looked = storage.health().then((state) => {
      patience.abort();
      known = { state: tell(state), at: clock() };
      looking = null;
      return state;
    });
    const hung = sleep(PATIENCE_MS, HANGING, { ref: false, signal: patience.signal }).then(
      tell,
      () => looked,
    );
    return Promise.race([looked, hung]);
  }

  return async () => {
    if (known && clock() - known.at < FRESH_MS) return known.state;
    // A thread for each look at a disk that is away would soon be all the threads there are.
    looking ??= look();
    return looking;
  };
}
