// What repairs a job: its attempts, webhooks that came too early, and what operators decided.

import type { Migration } from './migrator.ts';

export const repairMigration: Migration = {
  version: 3,
  name: 'repair',
  statements: [
    'alter table jobs add column attempt bigint not null default 1',
    'alter table jobs add column fallback text',
    'alter table jobs add column patience_ms bigint',
    'alter table jobs add column resubmit_of text',
    // A webhook brings its nonce and nothing else of ours.
    'create unique index jobs_by_nonce on jobs (nonce)',
    // What operators look for: few rows at any time, so that writing other jobs costs nothing.
    "create index jobs_unknown on jobs (id) where status = 'submission_unknown'",
    `create table job_attempts (
      job_id text not null references jobs (id),
      number bigint not null,
      model text not null,
      request text,
      nonce text not null,
      expected_ms bigint,
      estimated_micro_usd bigint,
      list_micro_usd bigint,
      high_micro_usd bigint,
      status text,
      upstream_id text,
      error text,
      started_at bigint,
      finished_at bigint,
      actual_micro_usd bigint,
      primary key (job_id, number)
    )`,
    'create unique index job_attempts_by_nonce on job_attempts (nonce)',
    // As for jobs: the id of an attempt that is over belongs to no other.
    'create unique index job_attempts_by_upstream_id on job_attempts (upstream_id) where upstream_id is not null',
    `create table webhook_inbox (
      nonce text not null,
      upstream_id text not null,
      status text not null,
      received_at bigint not null,
      due_at bigint not null,
      primary key (nonce, upstream_id, status)
    )`,
    'create index webhook_inbox_due on webhook_inbox (due_at)',
    // The version the job got by the decision: one decision each, written in the same transaction.
    `create table job_audit (
      job_id text not null references jobs (id),
      version bigint not null,
      at bigint not null,
      actor text not null,
      action text not null,
      reason text not null,
      before_json text not null,
      after_json text not null,
      primary key (job_id, version)
    )`,
  ],
};
