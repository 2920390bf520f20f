// Jobs that wait for others of their client or key to end, and how many of those run.

import type { Migration } from './migrator.ts';

export const waitingJobsMigration: Migration = {
  version: 16,
  name: 'waiting-jobs',
  // An older program starts no waiting job: they are started once a newer one runs.
  minReader: 9,
  statements: [
    // Since when a queued job waits for a slot; null once it has one.
    'alter table jobs add column waiting_since bigint',
    'create index jobs_waiting on jobs (client_id, waiting_since, id) where waiting_since is not null',
    // The condition stands in the query that counts them, word for word.
    `create index jobs_running on jobs (client_id)
      where status in ('queued', 'submitting', 'pending', 'in_progress', 'submission_unknown')`,
  ],
};
