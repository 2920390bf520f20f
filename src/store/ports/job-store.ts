// Everything the service asks of a store, whatever database is behind it. Every promise that resolves is durable.

import type { AccountStore } from './accounts.ts';
import type { AlarmCallStore } from './alarm-calls.ts';
import type { AnswerStore } from './answers.ts';
import type { AttemptStore } from './attempts.ts';
import type { AuditStore } from './audit.ts';
import type { BacklogStore } from './backlog.ts';
import type { BodyStore } from './bodies.ts';
import type { BudgetStore } from './budgets.ts';
import type { CallbackStore } from './callbacks.ts';
import type { CatalogStore } from './catalog.ts';
import type { DocumentStore } from './documents.ts';
import type { ErasureStore } from './erasure.ts';
import type { JobActStore } from './job-acts.ts';
import type { JobRecords } from './jobs.ts';
import type { ObservationStore } from './observations.ts';
import type { OutputStore } from './outputs.ts';
import type { QuotedClipStore } from './quoted-clips.ts';
import type { ReconciliationStore } from './reconciliation.ts';
import type { SessionStore } from './sessions.ts';
import type { SpendStore } from './spend.ts';
import type { StoreHealth } from './store-health.ts';
import type { SubmissionHoldStore } from './submission-hold.ts';
import type { WebhookInbox } from './webhook-inbox.ts';

/** The parts of the service ask for those members they use: `Pick<JobStore, ...>`. */
export type JobStore = JobRecords &
  AlarmCallStore &
  AnswerStore &
  AttemptStore &
  AccountStore &
  AuditStore &
  BacklogStore &
  BodyStore &
  WebhookInbox &
  ReconciliationStore &
  CallbackStore &
  BudgetStore &
  CatalogStore &
  DocumentStore &
  ErasureStore &
  ObservationStore &
  OutputStore &
  SessionStore &
  QuotedClipStore &
  SpendStore &
  JobActStore &
  StoreHealth &
  SubmissionHoldStore & {
    close(): Promise<void>;
  };
