// Ways to break a promise of ours by a line: each must be caught, or the harness is not worth its electricity.

import type { Edit } from './build.ts';
import type { StackName } from './stage.ts';

export interface Mutant {
  readonly name: string;
  readonly stack: StackName;
  readonly edits: readonly Edit[];
  /** The program tried in place of the gateway. */
  readonly entry?: string;
  /**
   * The zero that must catch it: what else is noticed does not count, and there is no fair weather before the storm.
   * Absent = any.
   */
  readonly caughtBy?: 'paidTwice' | 'toldWrong';
  /** What share of steps stands still past its lease; 0.02 unless the mutant needs more of it. */
  readonly pauseShare?: number;
}

const SUBMIT = 'src/outbound/openrouter/submit.ts';
const REJECTION = 'src/outbound/openrouter/rejection.ts';
const SUBMITTER = 'src/service/jobs/job-submitter.ts';
const POLLER = 'src/service/jobs/job-poller.ts';
const INBOX = 'src/service/webhooks/inbound-webhooks.ts';
const STEPS = 'src/store/queries/job-steps.ts';
const CREATION = 'src/store/queries/job-creation.ts';
const WINDOWS = 'src/store/queries/budget-windows.ts';
const SETTLEMENT = 'src/store/queries/budget-settlement.ts';
const POSTGRES = 'src/store/postgres/postgres.ts';

export const MUTANTS: readonly Mutant[] = [
  { name: 'the naive gateway', stack: 'sqlite', edits: [], entry: 'torture/naive-gateway.ts' },
  {
    name: 'a 5xx counts as not sent, and is sent again',
    stack: 'sqlite',
    caughtBy: 'paidTwice',
    edits: [
      {
        file: SUBMIT,
        from: "if (rejection) return { kind: 'rejected', ...rejection };\n  return { kind: 'unknown', reason };",
        to: "if (rejection) return { kind: 'rejected', ...rejection };\n  return { kind: status >= 500 ? 'not_sent' : 'unknown', reason };",
      },
    ],
  },
  {
    name: 'a 5xx counts as a refusal',
    stack: 'sqlite',
    edits: [
      {
        file: REJECTION,
        from: 'const answered = REASONS.get(status);',
        to: "const answered = status >= 500 || status === 408 ? 'invalid_input' : REASONS.get(status);",
      },
    ],
  },
  {
    name: 'a broken connection counts as not sent',
    stack: 'sqlite',
    edits: [
      {
        file: SUBMIT,
        from: "return connected ? { kind: 'unknown', reason: message } : { kind: 'not_sent', reason: message };",
        to: "return { kind: 'not_sent', reason: message };",
      },
    ],
  },
  {
    name: '`submitting` is written after sending',
    stack: 'sqlite',
    edits: [
      {
        file: SUBMITTER,
        from: 'const submitting = await store.saveStep(lease, sending, keep);',
        to: 'const early = await parts.upstream.submit(body, options.webhookUrlFor(job.nonce)); const submitting = await store.saveStep(lease, sending, keep);',
      },
      {
        file: SUBMITTER,
        from: 'const outcome = await parts.upstream.submit(body, options.webhookUrlFor(submitting.nonce));',
        to: 'const outcome = early;',
      },
    ],
  },
  {
    name: 'a commit that failed on a full disk counts as done',
    stack: 'sqlite',
    edits: [
      {
        file: 'src/store/sql/group-commit.ts',
        from: "await execute(connection, 'commit');",
        to: "await execute(connection, 'commit').catch(() => execute(connection, 'rollback').catch(() => undefined));",
      },
    ],
  },
  {
    name: 'an interrupted submit is sent again',
    stack: 'sqlite',
    caughtBy: 'paidTwice',
    edits: [
      {
        file: POLLER,
        from: "{ status: 'submission_unknown', error: { code: 'submission_unknown', message: UNKNOWN_MESSAGE } },\n          { keep: false, runInMs: null },",
        to: "{ status: 'queued' }, { keep: false, runInMs: 0 },",
      },
    ],
  },
  {
    name: 'an unknown outcome is queued again',
    stack: 'sqlite',
    edits: [
      {
        file: SUBMITTER,
        from: "persist(job, lease, { status: 'submission_unknown', error }, { keep: false, runInMs: null });",
        to: "persist(job, lease, { status: 'queued' }, { keep: false, runInMs: 0 });",
      },
    ],
  },
  {
    name: 'an unknown frees its idempotency key',
    stack: 'sqlite',
    edits: [
      {
        file: 'src/core/job/job.ts',
        from: "status === 'rejected' || status === 'not_accepted';",
        to: "status === 'rejected' || status === 'not_accepted' || status === 'submission_unknown';",
      },
    ],
  },
  {
    name: 'the idempotency row is not written',
    stack: 'sqlite',
    edits: [
      {
        file: CREATION,
        from: "if ((await insertKey(db, row)).length > 0) return { kind: 'ours', resubmitOf: null };",
        to: "if (insertKey) return { kind: 'ours', resubmitOf: null };",
      },
    ],
  },
  {
    name: 'identical orders sent again are bought again',
    stack: 'sqlite',
    caughtBy: 'paidTwice',
    edits: [
      {
        file: 'src/service/orders/resent-orders.ts',
        from: 'fingerprint,\n        owner,',
        to: 'fingerprint: fingerprint + answer.token,\n        owner,',
      },
    ],
  },
  {
    name: 'a restored store buys at once',
    stack: 'sqlite',
    caughtBy: 'toldWrong',
    edits: [
      {
        file: 'src/service/jobs/submission-hold.ts',
        from: 'hold = await store.getSubmissionHold();',
        to: 'hold = (await store.getSubmissionHold()) && null;',
      },
    ],
  },
  {
    name: 'no fencing token is checked in saveStep',
    stack: 'postgres',
    pauseShare: 0.3,
    edits: [
      { file: STEPS, from: "\n    .where('lease_owner', '=', lease.owner)", to: '' },
      { file: STEPS, from: "\n    .where('lease_token', '=', lease.token)", to: '' },
    ],
  },
  {
    name: 'a pause that is no whole number is refused by PostgreSQL, with the id that comes with it',
    stack: 'postgres',
    edits: [
      {
        file: 'src/core/job/advance.ts',
        from: 'return Math.round(Math.min(maxMs, jitter(bounded, random, POLL_JITTER)));',
        to: 'return Math.min(maxMs, jitter(bounded, random, POLL_JITTER));',
      },
      { file: 'src/store/sql/lease-columns.ts', from: 'Math.round(ms)', to: 'ms' },
    ],
  },
  {
    name: 'PostgreSQL acknowledges before it has written',
    stack: 'postgres',
    edits: [
      {
        file: POSTGRES,
        from: "options: '-c default_transaction_isolation",
        to: "options: '-c synchronous_commit=off -c default_transaction_isolation",
      },
      { file: POSTGRES, from: "if (fsync !== 'off' && commits !== 'off') continue;", to: 'continue;' },
    ],
  },
  {
    name: 'a webhook is believed without a look upstream',
    stack: 'sqlite',
    edits: [{ file: INBOX, from: "if (seen.kind !== 'answer') {", to: "if (seen.kind === 'failed') {" }],
  },
  {
    name: 'a webhook that is not confirmed at once is dropped',
    stack: 'sqlite',
    edits: [
      {
        file: INBOX,
        from: 'if (await process(webhook)) return store.dropWebhook(webhook);',
        to: 'if ((await process(webhook)) || webhook) return store.dropWebhook(webhook);',
      },
    ],
  },
  {
    name: 'a first "not found" ends the job',
    stack: 'sqlite',
    edits: [
      {
        file: 'src/core/job/advance.ts',
        from: 'const LOST_AFTER_MS = 3 * 60 * 60 * 1000;',
        to: 'const LOST_AFTER_MS = 0;',
      },
      {
        file: 'src/core/job/advance.ts',
        from: 'const LOST_AFTER_POLLS = 5;',
        to: 'const LOST_AFTER_POLLS = 1;',
      },
    ],
  },
  {
    name: 'jobs are shown to whoever asks',
    stack: 'postgres',
    edits: [
      {
        file: 'src/store/queries/job-reads.ts',
        from: ".where('id', '=', params.id)\n      .where('client_id', '=', params.clientId),",
        to: ".where('id', '=', params.id),",
      },
    ],
  },
  {
    name: 'a budget is looked at, then charged',
    stack: 'postgres',
    edits: [
      {
        file: WINDOWS,
        from: '    const [held] = await hold(db, order);',
        to: `    const seen = await db.selectFrom('budget_windows').selectAll().where('budget_id', '=', budget.id)
    .where('starts_at', '=', startsAt).executeTakeFirst();
    if (seen && seen.settled_micro_usd + seen.held_micro_usd + microUsd > budget.limitMicroUsd + seen.adjustment_micro_usd) return null;
    const [held] = await hold(db, order);`,
      },
      { file: WINDOWS, from: 'isSoft: budget.hard ? 0 : 1 }', to: 'isSoft: 1 }' },
    ],
  },
  {
    name: 'a hold is made after its job, and not with it',
    stack: 'sqlite',
    edits: [
      {
        file: CREATION,
        from: 'const ask = () => admit(db, {',
        to: 'const ask = async () => Math.random() < 0.1 ? 0 : admit(db, {',
      },
    ],
  },
  {
    name: 'an unknown bill releases its hold',
    stack: 'sqlite',
    edits: [
      {
        file: 'src/core/job/bill.ts',
        from: 'end.submittedAt === null ? 0 : null;',
        to: 'end.submittedAt === null ? 0 : 0;',
      },
    ],
  },
  {
    name: 'a refusal keeps what other budgets held for it',
    stack: 'sqlite',
    edits: [
      {
        file: 'src/store/sql/group-commit.ts',
        from: "      await execute(db, 'rollback to unit');",
        to: '',
      },
    ],
  },
  {
    name: 'an order that comes again holds again',
    stack: 'sqlite',
    edits: [
      {
        file: CREATION,
        from: "    if (key && key.kind !== 'ours') return { value: key, changed: [] };",
        to: `    if (key && key.kind !== 'ours') {
      if (options.isTransaction) await admit(db, { jobId: id, clientId, keyId: intent.keyId ?? null, ceilingMicroUsd: intent.ceilingMicroUsd ?? 0 });
      return { value: key, changed: [] };
    }`,
      },
    ],
  },
  {
    name: 'an end that is written twice is settled twice',
    stack: 'sqlite',
    edits: [
      {
        file: SETTLEMENT,
        from: "\n    .where('budget_holds.state', 'in', states)",
        to: '',
      },
      {
        file: SETTLEMENT,
        from: "const before = settled_micro_usd ?? 0;\n    if (state !== 'held' && amount === before) continue;",
        to: 'const before = 0;',
      },
      {
        file: SETTLEMENT,
        from: "\n      .where('state', '=', state)\n      .where('settled_micro_usd', settled_micro_usd === null ? 'is' : '=', settled_micro_usd)\n      .returning('budget_id')",
        to: "\n      .returning('budget_id')",
      },
      {
        file: 'src/store/queries/end-attempt.ts',
        from: '  await settleHolds(db, dialect, end);',
        to: '  await settleHolds(db, dialect, end); await settleHolds(db, dialect, end);',
      },
    ],
  },
  {
    name: 'a day begins where the server stands, not where its budget does',
    stack: 'sqlite',
    edits: [
      {
        file: 'src/store/queries/budget-admission.ts',
        from: 'calendarOf(budget.timeZone)',
        to: "calendarOf(process.env['TZ'] ?? 'UTC')",
      },
    ],
  },
  {
    name: 'a bill is counted, and its hold stays',
    stack: 'sqlite',
    edits: [
      {
        file: SETTLEMENT,
        from: "heldMicroUsd: state === 'held' ? -held_micro_usd : 0",
        to: 'heldMicroUsd: 0',
      },
    ],
  },
];
