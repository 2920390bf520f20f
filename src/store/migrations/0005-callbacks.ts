// The callback URL of a job, and its delivery status.

import type { Migration } from './migrator.ts';

export const callbacksMigration: Migration = {
  version: 5,
  name: 'callbacks',
  statements: [
    'alter table jobs add column callback_url text',
    `create table callbacks (
      job_id text not null primary key references jobs (id),
      host text not null,
      state text not null,
      event text,
      attempts bigint not null,
      last_error text,
      due_at bigint,
      lease_owner text,
      lease_token bigint not null
    )`,
    // Claims, without a look at the rows of hosts that are left out.
    'create index callbacks_due on callbacks (due_at, job_id, host) where due_at is not null',
    'create index callbacks_leased on callbacks (lease_owner) where lease_owner is not null',
    // What may still bring news: as many as there are jobs under way, however many have ended.
    "create index callbacks_open on callbacks (job_id) where event is null or event = 'submission_unknown'",
  ],
};
