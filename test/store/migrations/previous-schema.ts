// Rows as a Clipgate of schema version 8 wrote them, with whole bodies in jobs and attempts; and what must become of them.

import { expect } from 'vitest';
import type { JobStore } from '../../../src/store/ports/job-store.ts';

const PICTURE = `data:image/png;base64,${'QUJD'.repeat(400_000)}`;
const bodyOf = (model: string) => ({
  model,
  prompt: 'a fox «🦊»',
  input_references: [{ type: 'image_url', image_url: { url: PICTURE } }],
});
const CUT = { type: 'image_url', image_url: { url: 'data:image/png;base64,[1200000 bytes]' } };

const quote = (value: string | number | null) =>
  typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);
const insert = (table: string, row: Readonly<Record<string, string | number | null>>) =>
  `insert into ${table} (${Object.keys(row).join(', ')}) values (${Object.values(row).map(quote).join(', ')})`;

const job = (id: string, model: string, request: object, more: Readonly<Record<string, string | number>>) =>
  insert('jobs', {
    id,
    client_id: 'studio',
    model,
    request: JSON.stringify(request),
    created_at: 1,
    updated_at: 1,
    version: 1,
    output_count: 0,
    submit_attempts: 0,
    polls: 0,
    due_at: 1,
    lease_token: 0,
    ...more,
  });
const attempt = (number: number, model: string, request: object | null, more: object = {}) =>
  insert('job_attempts', {
    job_id: 'job_fallback',
    number,
    model,
    request: request && JSON.stringify(request),
    nonce: `attempt-${number}`,
    high_micro_usd: 1,
    ...more,
  });

const TERMS = JSON.stringify({ maxAttempts: 3, maxTotalMicroUsd: 1_000_000 });

/** SQL for both databases, at schema version 8. */
export const PREVIOUS_ROWS: readonly string[] = [
  job('job_plain', 'a/one', { model: 'a/one', prompt: 'a boat' }, { status: 'queued', nonce: 'n-plain' }),
  job('job_picture', 'a/one', bodyOf('a/one'), {
    status: 'pending',
    nonce: 'n-picture',
    upstream_id: 'gen-1',
  }),
  job('job_fallback', 'b/two', bodyOf('b/two'), {
    status: 'queued',
    nonce: 'n-fallback',
    attempt: 2,
    fallback: TERMS,
  }),
  attempt(1, 'a/one', null, { status: 'rejected' }),
  attempt(2, 'b/two', bodyOf('b/two')),
  attempt(3, 'c/three', { ...bodyOf('c/three'), seed: 7 }),
  insert('job_audit', {
    job_id: 'job_plain',
    version: 4,
    at: 7,
    actor: 'alice',
    action: 'attach',
    reason: 'Found on the invoice.',
    before_json: '{"status":"submission_unknown"}',
    after_json: '{"status":"pending"}',
  }),
];

/** The jobs of `PREVIOUS_ROWS` are served, and go on to the next candidate with its whole body. */
export async function expectPreviousJobsGoOn(store: JobStore): Promise<void> {
  expect((await store.getJob('job_plain', 'studio'))?.request).toEqual({ model: 'a/one', prompt: 'a boat' });
  expect(await store.loadBody('job_plain')).toEqual({ model: 'a/one', prompt: 'a boat' });
  expect((await store.getJob('job_picture', 'studio'))?.request).toMatchObject({ input_references: [CUT] });
  expect(await store.loadBody('job_picture')).toEqual(bodyOf('a/one'));

  const object = { kind: 'job', id: 'job_plain' } as const;
  expect(await store.listAudit({ since: 7, actor: 'alice', object, before: null, limit: 10 })).toEqual([
    {
      id: 'audit_job_plain_4',
      at: 7,
      actor: 'alice',
      keyId: null,
      requestId: null,
      reason: 'Found on the invoice.',
      action: 'attach',
      object,
      before: { status: 'submission_unknown' },
      after: { status: 'pending' },
    },
  ]);

  const claims = await store.claimDue('b', 10, 60_000);
  expect(claims.map(({ job: { id } }) => id).sort()).toEqual(['job_fallback', 'job_picture', 'job_plain']);
  const claim = claims.find(({ job: { id } }) => id === 'job_fallback');
  if (!claim) throw new Error('The job with a fallback was not due');
  expect(claim.job.request).toMatchObject({ model: 'b/two', input_references: [CUT] });
  expect(await store.loadBody('job_fallback')).toEqual(bodyOf('b/two'));
  const keep = { keep: true, leaseMs: 60_000 } as const;
  await store.saveStep(claim.lease, { status: 'submitting' }, keep);
  const next = await store.beginAttempt(claim.lease, { status: 'rejected' }, 3, keep);
  expect(next?.request).toMatchObject({ model: 'c/three', seed: 7, input_references: [CUT] });
  expect(await store.loadBody('job_fallback')).toEqual({ ...bodyOf('c/three'), seed: 7 });
}
