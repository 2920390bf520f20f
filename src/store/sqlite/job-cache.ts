// Recently read jobs, cached in memory: correct only where every write to the database passes through this process.

import { LRUCache } from 'lru-cache';
import type { Job } from '../../core/job/job.ts';
import type { JobStore } from '../ports/job-store.ts';

/** Prompts may be long: what the cache holds is bounded by its bytes, not by its jobs. */
const MAX_CHARACTERS = 32 * 1024 * 1024;

export interface JobCache {
  /** `getJob`, answering from memory what it can. Jobs are frozen, being shared by all who ask. */
  wrap(getJob: JobStore['getJob']): JobStore['getJob'];
  /** To be called for every change, after its commit and before any watcher is notified. */
  forget(jobIds: readonly string[]): void;
}

export function createJobCache(): JobCache {
  const jobs = new LRUCache<string, Job>({
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (job) => JSON.stringify(job).length,
  });
  let changes = 0;

  return {
    wrap: (getJob) => async (id, clientId) => {
      const known = jobs.get(id);
      if (known) return known.clientId === clientId ? known : null;
      const changesBefore = changes;
      const job = await getJob(id, clientId);
      // A change since then may have made this row the old one: then it is answered, but not kept.
      if (job && changes === changesBefore) jobs.set(id, Object.freeze(job));
      return job;
    },
    forget(jobIds) {
      changes += jobIds.length;
      for (const id of jobIds) jobs.delete(id);
    },
  };
}
