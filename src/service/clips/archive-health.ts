// Whether the archive's folder takes files, found out by writing one: a disk that is full or away says so nowhere else.

import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Alarms } from '../runtime/alarms.ts';
import { checkWritable } from './clip-download.ts';

/** How the folder stands, in words that anybody may read. */
export interface ArchiveState {
  readonly ok: boolean;
  readonly detail: string;
}

interface Place {
  readonly dev: number;
  readonly ino: number;
}

export interface ArchiveHealthParts {
  readonly clock: () => number;
  readonly alarms: Alarms;
  /** Writes a file and finds out where it has gone; may take for ever. Rejects where none can be written. */
  readonly tryFolder?: (folder: string) => Promise<Place>;
}

// Probes come every few seconds, and from anybody: one look serves them all.
const FRESH_MS = 5_000;
// A network disk that is away does not refuse, it hangs; the probe must not, and those of Kubernetes give up at 1 s.
const PATIENCE_MS = 300;

const GOOD: ArchiveState = { ok: true, detail: 'takes files' };
const HANGING: ArchiveState = { ok: false, detail: 'does not respond' };
const MOVED: ArchiveState = {
  ok: false,
  detail:
    'is another disk than at first: clips are written to it, and those stored before are missing until the volume is back',
};

async function writeAndStat(folder: string): Promise<Place> {
  await checkWritable(folder);
  return stat(folder);
}

/**
 * Returns what looks; a look that is younger than five seconds is not repeated, and one that hangs is waited for once,
 * whoever asks meanwhile. Never throws.
 */
export function createArchiveHealth(
  { clock, alarms, tryFolder = writeAndStat }: ArchiveHealthParts,
  folder: string,
): () => Promise<ArchiveState> {
  let first: Place | null = null;
  let known: { readonly state: ArchiveState; readonly at: number } | null = null;
  let looking: Promise<ArchiveState> | null = null;
  /** What was said aloud of the folder as it stands; null while it is well. */
  let told: string | null = null;

  async function findState(): Promise<ArchiveState> {
    try {
      const place = await tryFolder(folder);
      first ??= place;
      // Under an unmounted volume is a folder of the same name. One that was made anew stays on its disk, and a volume
      // mounted anew keeps the number of its folder.
      return first.dev === place.dev || first.ino === place.ino ? GOOD : MOVED;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return { ok: false, detail: `takes no files (${code ?? 'unknown'})` };
    }
  }

  function tell(state: ArchiveState): ArchiveState {
    const words = state.ok ? null : state.detail;
    if (words !== null && words !== told) {
      alarms.raise('archive_disk', { detail: words }, `ARCHIVE_DIR ${words}`);
    }
    told = words;
    return state;
  }

  /** Settled when patience is at an end, at the latest; the look goes on, and nobody begins another meanwhile. */
  function look(): Promise<ArchiveState> {
    const patience = new AbortController();
    const looked = findState().then((state) => {
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
