// The job store over any database that runs our queries.

import { LRUCache } from 'lru-cache';
import type { CreateResult } from '../ports/jobs.ts';
import { createAlarmCalls, releaseAlarmCalls } from '../queries/alarm-calls.ts';
import { createAudit } from '../queries/audit.ts';
import { createBacklog } from '../queries/backlog.ts';
import { createBodies, describeBodies } from '../queries/bodies.ts';
import { prepareAdmission } from '../queries/budget-admission.ts';
import { createCalendars } from '../queries/budget-windows.ts';
import { createBudgets } from '../queries/budgets.ts';
import { createCallbackAttempts } from '../queries/callback-attempts.ts';
import { createCallbackClaims } from '../queries/callback-claims.ts';
import { createCallbackRecords, releaseCallbacks } from '../queries/callback-records.ts';
import { createCatalogHistoryStore } from '../queries/catalog-history.ts';
import { createClientStore } from '../queries/clients.ts';
import { createDocuments } from '../queries/documents.ts';
import { mayEndAttempt } from '../queries/end-attempt.ts';
import { createErasure } from '../queries/erasure.ts';
import { createJobActs } from '../queries/job-acts.ts';
import { createJobAttempts } from '../queries/job-attempts.ts';
import { prepareJobCreation } from '../queries/job-creation.ts';
import { prepareJobLeases } from '../queries/job-leases.ts';
import { createJobReads } from '../queries/job-reads.ts';
import { bindUpstream, hideJob, makeDue, noteEndRead, saveStep, withdrawJob } from '../queries/job-steps.ts';
import { createKeyStore } from '../queries/keys.ts';
import { createObservations } from '../queries/observations.ts';
import { createOrderAnswers, releaseAnswers } from '../queries/order-answers.ts';
import { createOutputs } from '../queries/outputs.ts';
import { createPurge } from '../queries/purge.ts';
import { createQuotedClips } from '../queries/quoted-clips.ts';
import { createReconciliation } from '../queries/reconciliation.ts';
import { createRunningJobs } from '../queries/running-jobs.ts';
import { createSessionStore } from '../queries/sessions.ts';
import { createSpend } from '../queries/spend.ts';
import { createSubmissionHoldStore } from '../queries/submission-hold.ts';
import { createWebhookInbox } from '../queries/webhook-inbox.ts';
import type { Database, Queries } from './database.ts';
import type { UnguardedStore } from './guard-store.ts';

const WRITE_CHECK = JSON.stringify('x'.repeat(4096));

type Made = Extract<CreateResult, { readonly budgeted: boolean }>;

const isNew = (result: CreateResult | null): result is Made =>
  result?.kind === 'created' || result?.kind === 'waiting';

/** The database's schema must be in place; closing the store closes the database. */
export function createJobStore(database: Database): UnguardedStore {
  const { reader, dialect, write, writeOne, writeShared } = database;
  const calendarOf = createCalendars();
  const createJob = prepareJobCreation(reader, dialect, prepareAdmission(reader, dialect, calendarOf));
  /** Clients whose last order a budget was asked about: only how the next is written hangs on it. */
  const budgeted = new LRUCache<string, true>({ max: 10_000 });
  const documents = createDocuments(database);
  const bodies = createBodies(database);
  const leases = prepareJobLeases(reader, dialect);
  let closing: Promise<void> | null = null;

  return {
    ...createJobReads(database),
    ...createOutputs(database),
    ...createErasure(database),
    ...documents,
    ...createSubmissionHoldStore(database),
    loadBody: bodies.loadBody,
    purgeBodies: bodies.purgeBodies,
    ...createOrderAnswers(database),
    ...createQuotedClips(database),
    ...createJobAttempts(database),
    ...createWebhookInbox(database),
    ...createReconciliation(database),
    ...createAlarmCalls(database),
    ...createBacklog(database),
    ...createAudit(database),
    ...createKeyStore(database),
    ...createClientStore(database),
    ...createSessionStore(database),
    onAccountsChanged: (listener) => database.onAccountsChanged(listener),
    ...createCatalogHistoryStore(database),
    ...createObservations(database),
    ...createPurge(database),
    ...createBudgets(database, calendarOf),
    ...createRunningJobs(database),
    ...createSpend(database),
    ...createJobActs(database),
    ...createCallbackRecords(database),
    ...createCallbackClaims(database),
    ...createCallbackAttempts(database),
    async createJob(intent, owner, leaseMs) {
      const { text, attempts } = describeBodies([
        intent.request,
        ...(intent.fallback?.others.map(({ request }) => request) ?? []),
      ]);
      const hash = text === null ? null : await bodies.keep(text);
      // Without a key, other candidates, a callback, tags, a plan and a body apart it is a single insert.
      const single =
        intent.idempotency === null &&
        !intent.fallback &&
        !intent.callbackUrl &&
        !intent.tags?.length &&
        !intent.answer &&
        !intent.plan &&
        !intent.resubmitOf &&
        !intent.slots?.length &&
        hash === null;
      const create =
        (isTransaction: boolean, isBudgeted = false) =>
        (db: Queries) =>
          createJob(db, intent, { hash, attempts }, { owner, leaseMs, isTransaction, isBudgeted });
      const { clientId } = intent;
      if (!budgeted.has(clientId)) {
        const made = await (single ? writeOne(create(false)) : write(create(true)));
        if (isNew(made) && made.budgeted) budgeted.set(clientId, true);
        if (made) return made;
      }
      // Orders under one budget wait for its row: together they wait for one commit.
      const order = [clientId, intent.keyId ?? '', intent.idempotency?.key ?? ''].join(' ');
      const made = await writeShared(create(true, true), order);
      if (!made) throw new Error(`Creating job ${intent.id} in a transaction came to nothing`);
      if (isNew(made) && !made.budgeted) budgeted.delete(clientId);
      else budgeted.set(clientId, true);
      return made;
    },
    claimDue: (owner, limit, leaseMs, turns) =>
      writeOne((db) => leases.claimDue(db, owner, limit, leaseMs, turns)),
    async correctDueTimes(longest) {
      if (!(await leases.hasWrongDueTimes(reader, longest))) return 0;
      return writeOne((db) => leases.correctDueTimes(db, longest));
    },
    saveStep(lease, change, after) {
      const run = mayEndAttempt(change) ? write : writeOne;
      return run((db) => saveStep(db, dialect, lease, change, after));
    },
    bindUpstream: (jobId, bound) => writeOne((db) => bindUpstream(db, dialect, jobId, bound)),
    withdrawJob: (jobId, owner) => write((db) => withdrawJob(db, dialect, jobId, owner)),
    noteEndRead: (id) => writeOne((db) => noteEndRead(db, dialect, id)),
    hideJob: (id, clientId) => writeOne((db) => hideJob(db, dialect, id, clientId)),
    makeDue: (jobId) => writeOne((db) => makeDue(db, dialect, jobId)),
    releaseLeases: (owner) =>
      write(async (db) => {
        await releaseCallbacks(db, dialect, owner);
        await releaseAnswers(db, owner);
        await releaseAlarmCalls(db, dialect, owner);
        return leases.release(db, owner);
      }),
    nextDueInMs: (exceptClients = []) => leases.nextDueInMs(reader, exceptClients),
    onJobChanged: (listener) => database.onJobChanged(listener),
    // As large as an order without pictures.
    ping: () => documents.saveDocument('write_check', WRITE_CHECK),
    close() {
      closing ??= database.close();
      return closing;
    },
  };
}
