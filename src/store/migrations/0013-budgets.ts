// Budgets: what may be spent per window, what orders hold of it, and what their bills came to.

import type { Migration } from './migrator.ts';

export const budgetsMigration: Migration = {
  version: 13,
  name: 'budgets',
  // Older programs make jobs that ask no budget; there is none before this one runs.
  minReader: 9,
  statements: [
    // With which of its keys a client ordered; null for jobs from before, and where keys are not asked for.
    'alter table jobs add column key_id text',
    `create table budgets (
      id text not null primary key,
      scope_kind text not null,
      scope_id text,
      limit_micro_usd bigint not null,
      period text not null,
      time_zone text not null,
      hard bigint not null,
      thresholds text not null,
      unpriced_hold_micro_usd bigint,
      include_byok bigint not null,
      created_at bigint not null,
      deleted_at bigint
    )`,
    // Asked by every order.
    'create index budgets_in_use on budgets (scope_kind, scope_id) where deleted_at is null',
    // Written by every order under the budget: one row, found by its primary key.
    `create table budget_windows (
      budget_id text not null,
      starts_at bigint not null,
      settled_micro_usd bigint not null,
      held_micro_usd bigint not null,
      adjustment_micro_usd bigint not null,
      primary key (budget_id, starts_at)
    )`,
    `create table budget_holds (
      job_id text not null,
      attempt bigint not null,
      budget_id text not null,
      starts_at bigint not null,
      held_micro_usd bigint not null,
      state text not null,
      settled_micro_usd bigint,
      primary key (job_id, attempt, budget_id)
    )`,
    // What a window still holds: its sum is compared with the window's, and says which amounts are unknown.
    `create index budget_holds_open on budget_holds (budget_id, starts_at, job_id) where state = 'held'`,
    `create table budget_adjustments (
      id text not null primary key,
      budget_id text not null,
      starts_at bigint not null,
      at bigint not null,
      micro_usd bigint not null,
      reason text not null,
      actor text not null
    )`,
    'create index budget_adjustments_by_budget on budget_adjustments (budget_id, starts_at, at)',
    // Reported once across all replicas: the primary key decides who found it, `reported_at` who reports it.
    `create table budget_events (
      budget_id text not null,
      starts_at bigint not null,
      kind text not null,
      subject text not null,
      at bigint not null,
      reported_at bigint,
      primary key (budget_id, starts_at, kind, subject)
    )`,
    'create index budget_events_open on budget_events (at) where reported_at is null',
  ],
};
