// Removes a job's clips and erases its request; what was begun is finished after a crash, and the line of money stays.

import type { JobStore } from '../../store/ports/job-store.ts';
import type { Log } from '../runtime/log.ts';
import type { ClipStorage } from './storage/port.ts';

export interface Erasure {
  /**
   * Removes every clip of a job that has ended, from the storage and from its record; none is fetched or stored for it
   * from then on. False where there is no such job, or it has not ended. Safe to repeat.
   * @throws ClipStorageError where a clip could not be removed: the job counts as removed, and the rest is tried again.
   */
  removeClips(jobId: string): Promise<boolean>;
  /** Erases prompt, media and options of a job that has ended. False where there was nothing to erase. */
  eraseBody(jobId: string): Promise<boolean>;
}

export interface ErasureParts {
  readonly store: Pick<JobStore, 'beginClipRemoval' | 'endClipRemoval' | 'eraseBody'>;
  readonly storage: Pick<ClipStorage, 'remove'>;
  readonly log: Log;
}

export function createErasure({ store, storage, log }: ErasureParts): Erasure {
  return {
    async removeClips(jobId) {
      // Marked first, files second, rows last: after a crash between two of them a row still names what is to be removed.
      const files = await store.beginClipRemoval(jobId);
      if (files === null) return false;
      for (const file of files) await storage.remove(file);
      await store.endClipRemoval(jobId);
      if (files.length > 0)
        log.info({ job_id: jobId, clips: files.length }, 'the clips of a job were removed');
      return true;
    },
    async eraseBody(jobId) {
      const isErased = await store.eraseBody(jobId);
      if (isErased) log.info({ job_id: jobId }, 'the request of a job was erased');
      return isErased;
    },
  };
}
