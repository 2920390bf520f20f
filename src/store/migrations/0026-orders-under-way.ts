// Orders under way: an order is known by its token from its beginning, and by its job once it has one.

import type { Migration } from './migrator.ts';

export const ordersUnderWayMigration: Migration = {
  version: 26,
  name: 'orders-under-way',
  // An older program finds the columns it writes, and the rows with a job that it looks for.
  minReader: 9,
  statements: [
    // Renamed first, so that nothing is written to the old table while it is copied.
    'alter table order_answers rename to order_answers_by_job',
    `create table order_answers (
      token text not null primary key,
      job_id text unique references jobs (id),
      client_id text not null,
      fingerprint text not null,
      created_at bigint not null,
      owner text not null,
      open_until bigint not null,
      answered_at bigint
    )`,
    `insert into order_answers (token, job_id, client_id, fingerprint, created_at, owner, open_until, answered_at)
      select token, job_id, client_id, fingerprint, created_at, owner, open_until, answered_at
      from order_answers_by_job`,
    'drop table order_answers_by_job',
    'create index order_answers_by_order on order_answers (client_id, fingerprint, created_at)',
    'create index order_answers_by_age on order_answers (created_at)',
  ],
};
