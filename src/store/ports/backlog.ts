// What the service asks of a store about work that waits longer than it should, whichever replica ought to do it.

/** Milliseconds since the oldest one fell due; 0 where none is. */
export interface Waiting {
  readonly due: number;
  readonly oldestMs: number;
}

export interface Backlog {
  /** Steps of jobs that no process has taken up. */
  readonly steps: Waiting;
  /** Callbacks that no process has sent: those that wait for their next attempt are not due. */
  readonly callbacks: Waiting;
  /** Completed jobs whose clips are still to be stored: how many ended longer ago than asked, and the first of all. */
  readonly clips: { readonly late: number; readonly oldestMs: number };
}

export interface BacklogStore {
  /** @param lateClipMs since the end of its job a clip is late. */
  readBacklog(lateClipMs: number): Promise<Backlog>;
}
