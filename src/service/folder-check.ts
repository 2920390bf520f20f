// Whether the archive's folder takes files, found out by writing one: a disk that is full or away says so nowhere else.

import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkWritable } from './clip-download.ts';
import type { Log } from './log.ts';

/** How the folder stands, in words that anybody may read. */
export interface FolderState {
  readonly ok: boolean;
  readonly detail: string;
}

interface Place {
  readonly dev: number;
  readonly ino: number;
}

// Probes come every few seconds, and from anybody: one look serves them all.
const FRESH_MS = 5_000;
// A network disk that is away does not refuse, it hangs; the probe must not.
const PATIENCE_MS = 2_000;

const GOOD: FolderState = { ok: true, detail: 'takes files' };
const HANGING: FolderState = { ok: false, detail: 'does not answer' };
const MOVED: FolderState = {
  ok: false,
  detail: 'is on another disk than at first: was its volume unmounted?',
};

/** Returns what looks; a look that is younger than five seconds is not repeated. Never throws. */
export function createFolderCheck(
  { clock, log }: { readonly clock: () => number; readonly log: Log },
  folder: string,
): () => Promise<FolderState> {
  let first: Place | null = null;
  let known: { readonly state: FolderState; readonly at: number } | null = null;
  let looking: Promise<FolderState> | null = null;

  async function findState(): Promise<FolderState> {
    try {
      await checkWritable(folder);
      const place = await stat(folder);
      first ??= place;
      // Under an unmounted volume is a folder of the same name. One that was made anew stays on its disk, and a volume
      // mounted anew keeps the number of its folder.
      return first.dev === place.dev || first.ino === place.ino ? GOOD : MOVED;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return { ok: false, detail: `takes no files (${code ?? 'unknown'})` };
    }
  }

  async function look(): Promise<FolderState> {
    const state = await findState();
    if (!state.ok && known?.state.ok !== false) {
      log.error({ alarm: 'archive_disk', detail: state.detail }, 'ARCHIVE_DIR takes no clips any more');
    }
    known = { state, at: clock() };
    looking = null;
    return state;
  }

  return async () => {
    if (known && clock() - known.at < FRESH_MS) return known.state;
    // One that hangs is waited for by all who come meanwhile: a thread each would be all the threads there are.
    looking ??= look();
    return Promise.race([looking, sleep(PATIENCE_MS, HANGING, { ref: false })]);
  };
}
