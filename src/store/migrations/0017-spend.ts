// Spend: the caller's tags and reference of each job, a ledger line per attempt that ended, hourly sums of the ledger.

import type { Migration } from './migrator.ts';

const COLUMNS = `job_id, attempt, client_id, key_id, model, tags, reference, ordered_at, submitted_at, ended_at,
  settled_at, spent_at, closed_at, estimated_micro_usd, ceiling_micro_usd, billed_micro_usd, is_byok, state,
  generation_id, bill_due_at`;

/** What an attempt adds to every sum it is in: an unknown bill counts as unknown and with its ceiling, never as 0. */
const COUNTS = `1 as jobs, coalesce(billed_micro_usd, 0) as billed_micro_usd,
  case when submitted_at is null or state in ('rejected', 'not_accepted') then 0
    else coalesce(estimated_micro_usd, 0) end as estimated_micro_usd,
  case when billed_micro_usd is null then coalesce(ceiling_micro_usd, 0) else 0 end as held_micro_usd,
  case when billed_micro_usd is null then 1 else 0 end as unknown_jobs`;

/** Each line once as a whole, and once for each of its tags. */
const countsOf = (basis: string, at: string) => `
  select '${basis}' as basis, l.${at} as at, l.job_id, l.attempt, l.client_id, coalesce(l.key_id, '') as key_id,
    l.model, case when l.tags is null then 'untagged' else 'tagged' end as part, '' as tag, ${COUNTS}
  from ledger as l
  union all
  select '${basis}' as basis, l.${at} as at, l.job_id, l.attempt, l.client_id, coalesce(l.key_id, '') as key_id,
    l.model, 'tag' as part, t.tag, ${COUNTS}
  from ledger as l join job_tags as t on t.job_id = l.job_id`;

/** Of a job under way nothing is billed yet: what it may cost is held, and unknown only once its submit is. */
const OPEN = `j.id as job_id, j.attempt, j.client_id, coalesce(j.key_id, '') as key_id, j.model,
  coalesce(j.submitted_at, j.created_at) as at, 1 as jobs, coalesce(j.estimated_micro_usd, 0) as estimated_micro_usd,
  coalesce(j.ceiling_micro_usd, 0) as held_micro_usd,
  case when j.status = 'submission_unknown' then 1 else 0 end as unknown_jobs`;

export const spendMigration: Migration = {
  version: 17,
  name: 'spend',
  // An older program ends attempts without a line: `spend rebuild` adds what it left out.
  minReader: 9,
  statements: [
    // JSON of the tags in order, null for none.
    'alter table jobs add column tags text',
    'alter table jobs add column reference text',
    `create table job_tags (
      job_id text not null,
      tag text not null,
      client_id text not null,
      created_at bigint not null,
      primary key (job_id, tag)
    )`,
    // Newest first under each filter: of one client, and of all.
    'create index job_tags_by_client on job_tags (client_id, tag, created_at, job_id)',
    'create index job_tags_by_tag on job_tags (tag, created_at, job_id)',
    'create index jobs_by_time on jobs (created_at, id)',
    'create index jobs_by_status on jobs (status, created_at, id)',
    'create index jobs_by_model on jobs (model, created_at, id)',
    'create index jobs_by_key on jobs (key_id, created_at, id) where key_id is not null',
    'create index jobs_by_reference on jobs (reference, client_id, created_at, id) where reference is not null',
    // Jobs under way are few: spend counts them as they stand.
    'create index jobs_open on jobs (client_id, created_at) where finished_at is null',
    `create table ledger (
      job_id text not null,
      attempt bigint not null,
      client_id text not null,
      key_id text,
      model text not null,
      tags text,
      reference text,
      ordered_at bigint not null,
      submitted_at bigint,
      ended_at bigint not null,
      settled_at bigint,
      spent_at bigint not null,
      closed_at bigint not null,
      estimated_micro_usd bigint,
      ceiling_micro_usd bigint,
      billed_micro_usd bigint,
      is_byok bigint,
      state text not null,
      generation_id text,
      bill_due_at bigint,
      primary key (job_id, attempt)
    )`,
    // In the order of an export, and for the parts of an hour at the ends of a range.
    'create index ledger_by_time on ledger (spent_at, job_id, attempt)',
    'create index ledger_by_client on ledger (client_id, spent_at, job_id, attempt)',
    'create index ledger_by_settlement on ledger (closed_at)',
    'create index ledger_bills_due on ledger (bill_due_at) where bill_due_at is not null',
    `create table spend_hours (
      basis text not null,
      part text not null,
      hour bigint not null,
      client_id text not null,
      key_id text not null,
      model text not null,
      tag text not null,
      jobs bigint not null,
      billed_micro_usd bigint not null,
      estimated_micro_usd bigint not null,
      held_micro_usd bigint not null,
      unknown_jobs bigint not null,
      primary key (basis, part, hour, client_id, key_id, model, tag)
    )`,
    `create view ledger_counts as ${countsOf('submitted', 'spent_at')} union all ${countsOf('settled', 'closed_at')}`,
    `create view open_counts as
      select ${OPEN}, case when j.tags is null then 'untagged' else 'tagged' end as part, '' as tag
      from jobs as j where j.finished_at is null
      union all
      select ${OPEN}, 'tag' as part, t.tag
      from jobs as j join job_tags as t on t.job_id = j.id where j.finished_at is null`,
    // Ended attempts as their ledger lines would be.
    `create view ended_attempts as
      select id as job_id, attempt, client_id, key_id, model, tags, reference, created_at as ordered_at, submitted_at,
        finished_at as ended_at,
        case when actual_micro_usd is not null or submitted_at is null or status in ('rejected', 'not_accepted')
          then finished_at end as settled_at,
        coalesce(submitted_at, created_at) as spent_at, finished_at as closed_at, estimated_micro_usd,
        ceiling_micro_usd,
        coalesce(actual_micro_usd,
          case when submitted_at is null or status in ('rejected', 'not_accepted') then 0 end) as billed_micro_usd,
        is_byok, status as state, generation_id, cast(null as bigint) as bill_due_at
      from jobs where finished_at is not null
      union all
      select a.job_id, a.number as attempt, j.client_id, j.key_id, a.model, j.tags, j.reference,
        j.created_at as ordered_at, a.started_at as submitted_at, a.finished_at as ended_at,
        case when a.actual_micro_usd is not null or a.started_at is null or a.status = 'rejected'
          then a.finished_at end as settled_at,
        coalesce(a.started_at, j.created_at) as spent_at, a.finished_at as closed_at, a.estimated_micro_usd,
        a.high_micro_usd as ceiling_micro_usd,
        coalesce(a.actual_micro_usd, case when a.started_at is null or a.status = 'rejected' then 0 end)
          as billed_micro_usd,
        null as is_byok, a.status as state, null as generation_id, cast(null as bigint) as bill_due_at
      from job_attempts as a join jobs as j on j.id = a.job_id
      where a.status is not null and a.finished_at is not null and a.number < j.attempt`,
    `insert into ledger (${COLUMNS}) select ${COLUMNS} from ended_attempts`,
    `insert into spend_hours (basis, part, hour, client_id, key_id, model, tag, jobs, billed_micro_usd,
        estimated_micro_usd, held_micro_usd, unknown_jobs)
      select basis, part, at - at % 3600000, client_id, key_id, model, tag, sum(jobs), sum(billed_micro_usd),
        sum(estimated_micro_usd), sum(held_micro_usd), sum(unknown_jobs)
      from ledger_counts group by basis, part, at - at % 3600000, client_id, key_id, model, tag`,
  ],
};
