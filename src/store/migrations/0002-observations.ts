// What ended jobs taught, and beside what a job was said to cost what the price list alone said.

import type { Migration } from './migrator.ts';

export const observationsMigration: Migration = {
  version: 2,
  name: 'observations',
  statements: [
    'alter table jobs add column list_micro_usd bigint',
    `create table observations (
      job_id text not null primary key,
      model text not null,
      status text not null,
      ended_at bigint not null,
      took_ms bigint,
      duration_s bigint,
      resolution text,
      sound bigint,
      list_micro_usd bigint,
      billed_micro_usd bigint,
      is_byok bigint
    )`,
    // Which models ended jobs recently, from the index alone; then the newest of each.
    'create index observations_by_time on observations (ended_at, model)',
    'create index observations_by_model on observations (model, ended_at, job_id)',
  ],
};
