// Whether the answer to an order reached its client, and the format in which a client is called back.

import type { Migration } from './migrator.ts';

export const facesMigration: Migration = {
  version: 18,
  name: 'faces',
  // Older programs keep no such record, and call back in the one format there was.
  minReader: 9,
  statements: [
    `create table order_answers (
      job_id text not null primary key references jobs (id),
      client_id text not null,
      fingerprint text not null,
      created_at bigint not null,
      owner text not null,
      token text not null,
      open_until bigint not null,
      answered_at bigint
    )`,
    'create index order_answers_by_order on order_answers (client_id, fingerprint, created_at)',
    'create unique index order_answers_by_token on order_answers (token)',
    'create index order_answers_by_age on order_answers (created_at)',
    'alter table callbacks add column format text',
  ],
};
