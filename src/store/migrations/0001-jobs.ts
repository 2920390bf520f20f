// The first schema: jobs with their leases, idempotency keys, archived outputs, kept documents.

import type { Migration } from './migrator.ts';

export const jobsMigration: Migration = {
  version: 1,
  name: 'jobs',
  statements: [
    `create table jobs (
      id text not null primary key,
      client_id text not null,
      status text not null,
      model text not null,
      request text not null,
      nonce text not null,
      created_at bigint not null,
      updated_at bigint not null,
      version bigint not null,
      submitted_at bigint,
      finished_at bigint,
      expected_ms bigint,
      estimated_micro_usd bigint,
      actual_micro_usd bigint,
      is_byok bigint,
      upstream_id text,
      generation_id text,
      output_count bigint not null,
      submit_attempts bigint not null,
      polls bigint not null,
      error text,
      due_at bigint,
      claimed_due_at bigint,
      lease_owner text,
      lease_token bigint not null
    )`,
    // Claims, and how long until the next one.
    'create index jobs_due on jobs (due_at, id) where due_at is not null',
    'create index jobs_leased on jobs (lease_owner) where lease_owner is not null',
    // Newest first, plain and under each filter.
    'create index jobs_by_client on jobs (client_id, created_at, id)',
    'create index jobs_by_client_status on jobs (client_id, status, created_at, id)',
    'create index jobs_by_client_model on jobs (client_id, model, created_at, id)',
    // What changed while the line to the database was down.
    'create index jobs_by_update on jobs (updated_at)',
    // One paid video belongs to one intent: two jobs with one upstream id would hand a client another's clip.
    'create unique index jobs_by_upstream_id on jobs (upstream_id) where upstream_id is not null',
    // No foreign key to jobs: the key is written before its job so that the primary key decides a race, and a
    // deferred check would fail at COMMIT, together with every neighbour of the group.
    `create table idempotency_keys (
      client_id text not null,
      key text not null,
      body_hash text not null,
      job_id text not null,
      created_at bigint not null,
      primary key (client_id, key)
    )`,
    `create table outputs (
      job_id text not null references jobs (id),
      output_index bigint not null,
      file text not null,
      bytes bigint not null,
      sha256 text not null,
      content_type text not null,
      primary key (job_id, output_index)
    )`,
    `create table documents (
      key text not null primary key,
      json text not null,
      saved_at bigint not null
    )`,
  ],
};
