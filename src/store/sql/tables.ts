// The tables as our queries see them: times are epoch milliseconds, money integer micro-dollars, JSON is text.

import type { BudgetScope } from '../../core/accounts/budget.ts';
import type { Period } from '../../core/accounts/calendar.ts';
import type { CallbackFormat, CallbackState } from '../../core/callbacks/delivery.ts';
import type { ModelChange } from '../../core/catalog/catalog-changes.ts';
import type { JobStatus } from '../../core/job/job.ts';
import type { JobObservation } from '../../core/learning/observation.ts';

/** A job and, beside it, who may write it and when it wants attention. */
export interface JobTable {
  readonly id: string;
  readonly client_id: string;
  readonly key_id: string | null;
  readonly status: JobStatus;
  readonly model: string;
  /** JSON of what answers show of the body; of all of it where `body_hash` is null. */
  readonly request: string;
  /** The first attempt's body in `bodies`, and JSON of what makes the present one's of it. */
  readonly body_hash: string | null;
  readonly body_patch: string | null;
  readonly nonce: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly version: number;
  readonly submitted_at: number | null;
  readonly finished_at: number | null;
  readonly expected_ms: number | null;
  readonly estimated_micro_usd: number | null;
  readonly ceiling_micro_usd: number | null;
  readonly list_micro_usd: number | null;
  readonly actual_micro_usd: number | null;
  /** 0 or 1: SQLite knows no booleans. */
  readonly is_byok: number | null;
  readonly upstream_id: string | null;
  readonly generation_id: string | null;
  readonly output_count: number;
  readonly submit_attempts: number;
  readonly polls: number;
  readonly missing_since: number | null;
  readonly missing_polls: number;
  readonly unclear_since: number | null;
  readonly status_detail: string | null;
  readonly error: string | null;
  readonly attempt: number;
  readonly fallback: string | null;
  readonly patience_ms: number | null;
  readonly resubmit_of: string | null;
  readonly callback_url: string | null;
  /** When its client removed it from the list of videos. */
  readonly hidden_at: number | null;
  /** When a client that polls read that it had ended, where that is noted. */
  readonly end_read_at: number | null;
  readonly clips_removed_at: number | null;
  readonly body_erased_at: number | null;
  /** Since when it waits for other jobs to end; null where it does not. */
  readonly waiting_since: number | null;
  /** JSON of the tags; null = none. */
  readonly tags: string | null;
  readonly reference: string | null;
  /** As ordered; null also for jobs of before it was kept here. */
  readonly idempotency_key: string | null;
  readonly request_id: string | null;
  readonly traceparent: string | null;
  /** When anyone may claim it: the next step of a free job, the end of the lease of a held one, null for never. */
  readonly due_at: number | null;
  /** When it had fallen due before the present claim: what "oldest due first" is sorted by. */
  readonly claimed_due_at: number | null;
  readonly lease_owner: string | null;
  readonly lease_token: number;
}

interface IdempotencyKeyTable {
  readonly client_id: string;
  readonly key: string;
  readonly body_hash: string;
  readonly job_id: string;
  readonly created_at: number;
}

interface OutputTable {
  readonly job_id: string;
  readonly output_index: number;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly content_type: string;
}

export interface ObservationTable {
  readonly job_id: string;
  readonly model: string;
  readonly status: JobObservation['status'];
  readonly ended_at: number;
  readonly took_ms: number | null;
  readonly duration_s: number | null;
  readonly resolution: string | null;
  readonly sound: number | null;
  readonly list_micro_usd: number | null;
  readonly billed_micro_usd: number | null;
  readonly is_byok: number | null;
  readonly client_id: string | null;
  readonly price_kind: string | null;
}

interface DocumentTable {
  readonly key: string;
  readonly json: string;
  readonly saved_at: number;
}

export interface AttemptTable {
  readonly job_id: string;
  readonly number: number;
  readonly model: string;
  /** Null for the first: the job has it. */
  readonly request: string | null;
  readonly body_patch: string | null;
  readonly nonce: string;
  readonly expected_ms: number | null;
  readonly estimated_micro_usd: number | null;
  readonly list_micro_usd: number | null;
  readonly high_micro_usd: number | null;
  /** Null until it has ended. */
  readonly status: JobStatus | null;
  readonly upstream_id: string | null;
  readonly error: string | null;
  readonly started_at: number | null;
  readonly finished_at: number | null;
  readonly actual_micro_usd: number | null;
}

export interface WebhookInboxTable {
  readonly nonce: string;
  readonly upstream_id: string;
  readonly status: string;
  readonly received_at: number;
  readonly due_at: number;
}

/** Append only. What `audit_log` shows, beside the decisions on jobs that older programs wrote elsewhere. */
export interface AuditTable {
  readonly id: string;
  readonly at: number;
  readonly actor: string;
  readonly key_id: string | null;
  readonly action: string;
  readonly object_kind: string;
  readonly object_id: string;
  readonly reason: string | null;
  /** JSON of what the act changed, without secrets. */
  readonly before_json: string | null;
  readonly after_json: string | null;
  readonly request_id: string | null;
}

export interface ClientTable {
  readonly name: string;
  readonly models: string | null;
  readonly limits: string | null;
  /** JSON of sealed secrets. */
  readonly callback_secrets: string | null;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface KeyTable {
  readonly id: string;
  readonly client: string;
  readonly name: string | null;
  readonly sha256: string;
  readonly last4: string | null;
  readonly scopes: string;
  readonly models: string | null;
  readonly limits: string | null;
  readonly created_at: number;
  readonly created_by: string;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  readonly replaced_by: string | null;
  /** The first of the keys that replaced one another up to this one; null = it replaced none. */
  readonly line: string | null;
  readonly last_used_on: string | null;
}

interface SessionTable {
  readonly sha256: string;
  readonly key_sha256: string;
  readonly created_at: number;
  readonly expires_at: number;
  readonly last_used_at: number;
}

/** One row per alarm that is not over. */
interface AlarmCallTable {
  readonly alarm: string;
  /** The process that raised it first. */
  readonly instance: string;
  readonly began_at: number;
  /** When it was raised last. */
  readonly raised_at: number;
  readonly next_call: 'raised' | 'recovered';
  /** When the next call may be claimed: that of the recovery once the alarm has been quiet for long enough. */
  readonly due_at: number;
  readonly lease_owner: string | null;
  readonly lease_token: number;
}

interface IdempotentActTable {
  readonly actor: string;
  readonly key: string;
  readonly body_hash: string;
  readonly object_id: string;
  readonly created_at: number;
}

interface CatalogChangeTable {
  readonly changed_at: number;
  /** Within one fetch. */
  readonly position: number;
  readonly model: string;
  readonly kind: ModelChange['kind'];
  readonly fields: string;
}

/** Made with its job where that has a `callback_url`; under leases of its own. */
interface CallbackTable {
  readonly job_id: string;
  /** Of the URL: so many at once, and no more. */
  readonly host: string;
  readonly state: CallbackState;
  readonly event: JobStatus | null;
  readonly attempts: number;
  readonly last_error: string | null;
  readonly due_at: number | null;
  readonly lease_owner: string | null;
  readonly lease_token: number;
  /** Null = the gateway's own. */
  readonly format: CallbackFormat | null;
}

/** The plan that a job was bought by. */
interface JobPlanTable {
  readonly job_id: string;
  /** JSON of a `PurchasePlan`. */
  readonly plan: string;
}

interface CallbackAttemptTable {
  readonly job_id: string;
  /** From 1, over all events of the job. */
  readonly number: number;
  readonly at: number;
  readonly event: JobStatus;
  /** Null = there was no answer. */
  readonly http_status: number | null;
  readonly error: string | null;
  readonly retry_at: number | null;
}

/** Whether the answer to an order reached its client; under the token of the request that it is owed to. */
interface OrderAnswerTable {
  readonly token: string;
  /** Null while the order is not on record: without its row none comes of it. */
  readonly job_id: string | null;
  readonly client_id: string;
  readonly fingerprint: string;
  /** Tells identical orders apart: each is later than those that began before it. */
  readonly created_at: number;
  readonly owner: string;
  /** When the process that owes the answer must be dead; 0 = no process owes it any more. */
  readonly open_until: number;
  readonly answered_at: number | null;
}

interface QuotedClipTable {
  readonly id: string;
  readonly client_id: string;
  readonly created_at: number;
  readonly expires_at: number;
  readonly bytes: number;
  /** The one key that the clip may be bought under; null = none yet. */
  readonly idempotency_key: string | null;
  /** Null once it is bought. */
  readonly content: string | null;
}

interface BodyTable {
  /** SHA-256 of its JSON. */
  readonly hash: string;
  /** 1 once all of its parts are written. */
  readonly complete: number;
  /** Set until a job has it. */
  readonly unused_since: number | null;
}

interface BodyPartTable {
  readonly hash: string;
  readonly part: number;
  readonly data: string;
}

export interface BudgetTable {
  readonly id: string;
  readonly scope_kind: BudgetScope['kind'];
  readonly scope_id: string | null;
  readonly limit_micro_usd: number;
  readonly period: Period;
  readonly time_zone: string;
  /** 0 or 1, as below. */
  readonly hard: number;
  readonly thresholds: string;
  readonly unpriced_hold_micro_usd: number | null;
  readonly include_byok: number;
  readonly created_at: number;
  readonly deleted_at: number | null;
}

export interface BudgetWindowTable {
  readonly budget_id: string;
  readonly starts_at: number;
  readonly settled_micro_usd: number;
  readonly held_micro_usd: number;
  readonly adjustment_micro_usd: number;
}

export interface BudgetHoldTable {
  readonly job_id: string;
  readonly attempt: number;
  readonly budget_id: string;
  readonly starts_at: number;
  readonly held_micro_usd: number;
  readonly state: 'held' | 'settled' | 'released';
  readonly settled_micro_usd: number | null;
}

interface BudgetAdjustmentTable {
  readonly id: string;
  readonly budget_id: string;
  readonly starts_at: number;
  readonly at: number;
  readonly micro_usd: number;
  readonly reason: string;
  readonly actor: string;
}

export interface BudgetEventTable {
  readonly budget_id: string;
  readonly starts_at: number;
  readonly kind: 'threshold' | 'overrun';
  readonly subject: string;
  readonly at: number;
  readonly reported_at: number | null;
}

interface JobTagTable {
  readonly job_id: string;
  readonly tag: string;
  readonly client_id: string;
  readonly created_at: number;
}

/** One line per attempt that ended: changed by a later bill, never removed. */
export interface LedgerTable {
  readonly job_id: string;
  readonly attempt: number;
  readonly client_id: string;
  readonly key_id: string | null;
  readonly model: string;
  readonly tags: string | null;
  readonly reference: string | null;
  readonly ordered_at: number;
  readonly submitted_at: number | null;
  readonly ended_at: number;
  /** When the bill was known; null = it is not. */
  readonly settled_at: number | null;
  /** By which it is counted: when it was submitted, or else ordered. */
  readonly spent_at: number;
  /** By which it is counted as settled: when the bill was known, or else when it ended. */
  readonly closed_at: number;
  readonly estimated_micro_usd: number | null;
  readonly ceiling_micro_usd: number | null;
  readonly billed_micro_usd: number | null;
  readonly is_byok: number | null;
  readonly state: JobStatus;
  readonly generation_id: string | null;
  /** When upstream is to be asked for the bill next; null = never. */
  readonly bill_due_at: number | null;
}

interface SpendSums {
  readonly jobs: number;
  readonly billed_micro_usd: number;
  readonly estimated_micro_usd: number;
  readonly held_micro_usd: number;
  readonly unknown_jobs: number;
}

interface SpendKey {
  readonly client_id: string;
  /** Empty for none, as `tag` is. */
  readonly key_id: string;
  readonly model: string;
  /** Attempts without tags, those with some as a whole, and those once for each tag. */
  readonly part: 'untagged' | 'tagged' | 'tag';
  readonly tag: string;
}

interface SpendHourTable extends SpendKey, SpendSums {
  readonly basis: 'submitted' | 'settled';
  readonly hour: number;
}

interface LedgerCountTable extends SpendKey, SpendSums {
  readonly basis: 'submitted' | 'settled';
  readonly at: number;
  readonly job_id: string;
  readonly attempt: number;
}

interface MigrationTable {
  readonly version: number;
  readonly name: string;
  readonly applied_at: number;
  /** The newest schema of which an older program must know to use this one. Null = this one; absent before version 9. */
  readonly min_reader?: number | null;
}

export interface Tables {
  readonly jobs: JobTable;
  readonly idempotency_keys: IdempotencyKeyTable;
  readonly outputs: OutputTable;
  readonly observations: ObservationTable;
  readonly documents: DocumentTable;
  readonly bodies: BodyTable;
  readonly body_parts: BodyPartTable;
  readonly job_attempts: AttemptTable;
  readonly webhook_inbox: WebhookInboxTable;
  readonly clients: ClientTable;
  readonly keys: KeyTable;
  readonly sessions: SessionTable;
  readonly alarm_calls: AlarmCallTable;
  readonly idempotent_acts: IdempotentActTable;
  readonly audit: AuditTable;
  /** A view: to be read, never written. */
  readonly audit_log: AuditTable;
  readonly catalog_changes: CatalogChangeTable;
  readonly job_plans: JobPlanTable;
  readonly callbacks: CallbackTable;
  readonly callback_attempts: CallbackAttemptTable;
  readonly order_answers: OrderAnswerTable;
  readonly quoted_clips: QuotedClipTable;
  readonly budgets: BudgetTable;
  readonly budget_windows: BudgetWindowTable;
  readonly budget_holds: BudgetHoldTable;
  readonly budget_adjustments: BudgetAdjustmentTable;
  readonly budget_events: BudgetEventTable;
  readonly job_tags: JobTagTable;
  readonly ledger: LedgerTable;
  readonly spend_hours: SpendHourTable;
  /** Views: to be read, never written. */
  readonly ledger_counts: LedgerCountTable;
  readonly ended_attempts: LedgerTable;
  readonly schema_migrations: MigrationTable;
}
