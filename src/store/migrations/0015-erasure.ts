// When a job's clips were removed and its request erased, on purpose and for good.

import type { Migration } from './migrator.ts';

export const erasureMigration: Migration = {
  version: 15,
  name: 'erasure',
  statements: [
    'alter table jobs add column clips_removed_at bigint',
    'alter table jobs add column body_erased_at bigint',
    // Oldest first, of those that still have something to lose.
    `create index jobs_with_clips_by_end on jobs (finished_at, id)
      where finished_at is not null and status = 'completed' and clips_removed_at is null`,
    `create index jobs_with_body_by_end on jobs (finished_at, id)
      where finished_at is not null and body_erased_at is null`,
  ],
  // An older program fetches a removed clip again where it is asked for, and has no other use for either.
  minReader: 9,
};
