// What became of jobs, for those who look back: the plan each was bought by, each attempt of its callback, what ended when.

import type { Migration } from './migrator.ts';

export const jobHistoryMigration: Migration = {
  version: 29,
  name: 'job-history',
  // Older programs write neither: their jobs have no plan, and their callbacks no attempts.
  minReader: 9,
  statements: [
    // Apart from the job, whose row is written again at every step.
    `create table job_plans (
      job_id text not null primary key,
      plan text not null
    )`,
    `create table callback_attempts (
      job_id text not null,
      number bigint not null,
      at bigint not null,
      event text not null,
      http_status bigint,
      error text,
      retry_at bigint,
      primary key (job_id, number)
    )`,
    // Counts of what has ended lately are read from it alone.
    'create index jobs_by_end on jobs (finished_at, client_id, status) where finished_at is not null',
  ],
};
