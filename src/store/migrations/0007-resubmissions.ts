// Finding the jobs that sent an intent again, from the one they sent again.

import type { Migration } from './migrator.ts';

export const resubmissionsMigration: Migration = {
  version: 7,
  name: 'resubmissions',
  statements: ['create index jobs_by_resubmit_of on jobs (resubmit_of) where resubmit_of is not null'],
};
