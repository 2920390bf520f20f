// What the service asks of a store about what ended jobs taught.

import type { JobObservation } from '../../core/learning/observation.ts';

export interface ObservationStore {
  /** Keeps what an ended job taught; of a job that has been kept before, the first word stands. */
  saveObservation(observation: JobObservation): Promise<void>;
  /** Of each model the newest observations of jobs that ended at `since` (epoch milliseconds) or later. */
  listObservations(since: number, perModel: number): Promise<JobObservation[]>;
  /** Removes observations of jobs that ended before (epoch milliseconds), at most `limit`; resolves to how many. */
  purgeObservations(before: number, limit: number): Promise<number>;
}
