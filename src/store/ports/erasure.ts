// What the service asks of a store to forget what a job was made of and what came of it; the line of money stays.

/** What the archive holds, for metrics and limits. */
export interface ArchiveStats {
  readonly clips: number;
  readonly bytes: number;
  /** Completed jobs whose clips are not all stored yet and are still tried. */
  readonly backlog: number;
}

/** Clips counted by the jobs that they are of. */
export interface ClipCount {
  readonly jobs: number;
  readonly bytes: number;
}

export interface ClipsOfJob {
  readonly jobId: string;
  readonly bytes: number;
}

export interface ErasureStore {
  archiveStats(): Promise<ArchiveStats>;
  /**
   * Marks the clips of a job that has ended as removed: from then on none is stored for it. Resolves to the files that
   * are to be removed from the storage, also where a removal was begun before and did not come to its end. Null where
   * there is no such job, or it has not ended.
   */
  beginClipRemoval(jobId: string): Promise<readonly string[] | null>;
  /** Forgets the files of a removal that was begun, once they are gone from the storage. */
  endClipRemoval(jobId: string): Promise<void>;
  /** Jobs whose removal was begun and not ended: by a process that died, or whose storage was away. */
  listClipRemovals(limit: number): Promise<string[]>;
  /** The same, all of them: `archiveStats` still has their clips. */
  countClipRemovals(): Promise<ClipCount>;
  /** Jobs with stored clips that ended before `before` (epoch milliseconds), oldest first. */
  listOldestClips(before: number, limit: number): Promise<ClipsOfJob[]>;
  /** Clips of jobs that ended before `before`. */
  countClips(before: number): Promise<ClipCount>;
  /** The clips of the oldest jobs, as many as are `bytes` together, or more: no job is counted in part. */
  countOldestClips(bytes: number): Promise<ClipCount>;
  /**
   * Erases prompt, media and options of a job that has ended, of every attempt of it, and keeps what its price depends
   * on. False where there is no such job, it has not ended, or it was erased before.
   */
  eraseBody(jobId: string): Promise<boolean>;
  /** Jobs with a request that ended before `before` (epoch milliseconds), oldest first. */
  listOldestBodies(before: number, limit: number): Promise<string[]>;
  countBodies(before: number): Promise<number>;
}
