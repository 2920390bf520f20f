// The repairing half of the store: attempts, nonces, early webhooks and decisions, over any database.

import type { ReconciliationStore } from '../ports/reconciliation.ts';
import type { Database } from '../sql/database.ts';
import { beginAttempt, toAttempt } from './job-attempts.ts';
import { resolveUnknown, toAuditEntry } from './job-resolution.ts';
import { JOB_COLUMNS, toJob } from './job-row.ts';
import { createWebhookInbox } from './webhook-inbox.ts';

export function createReconciliationRecords(database: Database): Omit<ReconciliationStore, 'findJob'> {
  const { reader, dialect, write, writeOne } = database;
  return {
    ...createWebhookInbox(database),

    async findByNonce(nonce) {
      const present = await reader
        .selectFrom('jobs')
        .select(JOB_COLUMNS)
        .where('nonce', '=', nonce)
        .executeTakeFirst();
      if (present) return { job: toJob(present), ended: null };
      const attempt = await reader
        .selectFrom('job_attempts')
        .selectAll()
        .where('nonce', '=', nonce)
        // A planned one has never been sent, so that nobody can have been told its nonce.
        .where('status', 'is not', null)
        .executeTakeFirst();
      if (!attempt) return null;
      const row = await reader
        .selectFrom('jobs')
        .select(JOB_COLUMNS)
        .where('id', '=', attempt.job_id)
        .executeTakeFirstOrThrow();
      return { job: toJob(row), ended: toAttempt(attempt) };
    },

    makeDue: (jobId) =>
      writeOne(async (db) => {
        const row = await db
          .updateTable('jobs')
          .set({ due_at: dialect.now() })
          .where('id', '=', jobId)
          .where('lease_owner', 'is', null)
          .where('status', 'in', ['pending', 'in_progress'])
          .returning('id')
          .executeTakeFirst();
        return { value: row !== undefined, changed: row ? [row.id] : [] };
      }),

    beginAttempt: (lease, ended, number, after) =>
      write((db) => beginAttempt(db, dialect, lease, ended, number, after)),

    async getAttempts(jobIds) {
      if (jobIds.length === 0) return [];
      const rows = await reader
        .selectFrom('job_attempts')
        .selectAll()
        .where('job_id', 'in', jobIds)
        .orderBy('job_id')
        .orderBy('number')
        .execute();
      return rows.map(toAttempt);
    },

    resolveUnknown: (jobId, resolution, by) =>
      write((db) => resolveUnknown(db, dialect, jobId, resolution, by)),

    async getAudit(jobId) {
      const rows = await reader
        .selectFrom('job_audit')
        .selectAll()
        .where('job_id', '=', jobId)
        .orderBy('version')
        .execute();
      return rows.map(toAuditEntry);
    },
  };
}
