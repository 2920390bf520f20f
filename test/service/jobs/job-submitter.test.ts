// Buying: the intent is durable before the wire is touched, and no outcome is sent twice.

import { afterEach, describe, expect, it } from 'vitest';
import type { SubmitBody } from '../../../src/core/job/job.ts';
import { readRejection } from '../../../src/outbound/openrouter/rejection.ts';
import type { SubmitOutcome } from '../../../src/outbound/openrouter/submit.ts';
import { createJobFallback } from '../../../src/service/jobs/job-fallback.ts';
import { createJobSubmitter } from '../../../src/service/jobs/job-submitter.ts';
import { createSubmitBreaker } from '../../../src/service/jobs/submit-breaker.ts';
import { createAlarms } from '../../../src/service/runtime/alarms.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import type { JobIntent } from '../../../src/store/ports/jobs.ts';
import type { Claim } from '../../../src/store/ports/lease.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

let store: JobStore | undefined;
afterEach(() => store?.close());

const REQUEST: SubmitBody = { model: 'google/veo-3.1-lite', prompt: 'x' };
const ACCEPTED: SubmitOutcome = {
  kind: 'accepted',
  upstreamId: 'gen-vid-1',
  generationId: null,
  status: 'pending',
};
const NOT_SENT: SubmitOutcome = { kind: 'not_sent', reason: 'upstream cannot be reached (ECONNREFUSED)' };

const other = (model: string, nonce: string) => ({
  model,
  request: { model, prompt: 'x' },
  nonce,
  expectedMs: 1,
  estimatedMicroUsd: 1,
  listMicroUsd: 1,
  highMicroUsd: 100,
});
const fallback = {
  maxAttempts: 3,
  maxTotalMicroUsd: 1_000,
  highMicroUsd: 100,
  others: [other('b/two', 'n2'), other('c/three', 'n3')],
};

async function setUp(
  outcomes: (SubmitOutcome | (() => Promise<SubmitOutcome>))[],
  wrap: (store: JobStore) => JobStore = (s) => s,
  { callbackUrl = null, ...extras }: Partial<JobIntent> & { callbackUrl?: string | null } = {},
) {
  let now = 1_000;
  const real = await openSqliteStore({ file: ':memory:', clock: () => now });
  store = real;
  const wrapped = wrap(real);
  const log = createRecordedLog();
  const statusesAtSend: string[] = [];
  const bodies: SubmitBody[] = [];
  const submitter = createJobSubmitter(
    {
      store: wrapped,
      upstream: {
        async submit(body, webhookUrl) {
          bodies.push(webhookUrl === null ? body : { ...body, callback_url: webhookUrl });
          statusesAtSend.push((await real.getJob('job_1', 'studio'))?.status ?? 'missing');
          const outcome = outcomes.shift();
          if (!outcome) throw new Error('sent more often than the test foresaw');
          return typeof outcome === 'function' ? outcome() : outcome;
        },
      },
      holds: { current: () => null },
      traces: null,
      breaker: createSubmitBreaker({
        clock: () => now,
        alarms: createAlarms({ log, monotonic: () => 0 }),
        log,
      }),
      fallback: createJobFallback({ store: wrapped, log }),
      clock: () => now,
      random: () => 0,
      alarms: createAlarms({ log, monotonic: () => 0 }),
      sleep: async (ms) => {
        now += ms;
      },
      log,
    },
    { leaseMs: 150_000, pace: { minMs: 1_000, maxMs: 30_000 }, webhookUrlFor: () => callbackUrl },
  );
  const intent: JobIntent = {
    id: 'job_1',
    clientId: 'studio',
    model: REQUEST.model,
    request: REQUEST,
    nonce: 'n',
    expectedMs: 1,
    estimatedMicroUsd: 1,
    idempotency: { key: 'k', bodyHash: 'h' },
    ...extras,
  };
  const created = await real.createJob(intent, 'me', 150_000);
  if (created.kind !== 'created') throw new Error(created.kind);
  const claim: Claim = created.claim;
  return {
    submitter,
    intent,
    claim,
    store: real,
    now: () => now,
    statusesAtSend,
    bodies,
    log,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('the submitter', () => {
  it('sends the whole body, from the store or from its caller, and that of each candidate', async () => {
    const picture = { url: `data:image/png;base64,${'QUJD'.repeat(300_000)}` };
    const request: SubmitBody = { ...REQUEST, input_references: [picture] };
    const whole = (model: string) => ({ ...request, model });
    const planned = [{ ...other('b/two', 'n2'), request: whole('b/two') }];
    for (const given of [undefined, request]) {
      const t = await setUp([refused(404), ACCEPTED], (s) => s, {
        request,
        fallback: { ...fallback, others: planned },
      });
      expect(t.claim.job.request).not.toEqual(request);
      await t.submitter.submit(t.claim, given);
      expect(t.bodies).toEqual([request, whole('b/two')]);
      await t.store.close();
    }
  });

  it('has `submitting` durable before the request goes out', async () => {
    const t = await setUp([ACCEPTED]);
    const { job } = await t.submitter.submit(t.claim);
    expect(t.statusesAtSend).toEqual(['submitting']);
    expect(job).toMatchObject({ status: 'pending', upstreamId: 'gen-vid-1', submitAttempts: 1 });
  });

  it('tries again only what was proven not to be sent, three times at most, and then frees the key', async () => {
    const t = await setUp([NOT_SENT, NOT_SENT, NOT_SENT]);
    const { job, refusal } = await t.submitter.submit(t.claim);
    expect(t.statusesAtSend).toEqual(['submitting', 'submitting', 'submitting']);
    expect(job).toMatchObject({ status: 'rejected', error: { code: 'upstream_unreachable' } });
    expect(refusal).toMatchObject({ code: 'upstream_unreachable', details: { jobId: 'job_1' } });
    expect(await t.store.findIdempotent('studio', 'k')).toBeNull();
  });

  it('succeeds on a second attempt after one that was not sent', async () => {
    const t = await setUp([NOT_SENT, ACCEPTED]);
    expect((await t.submitter.submit(t.claim)).job).toMatchObject({ status: 'pending', submitAttempts: 2 });
  });

  it('never sends an unknown again, and keeps the key', async () => {
    const t = await setUp([{ kind: 'unknown', reason: 'upstream answered 502' }]);
    const { job, refusal } = await t.submitter.submit(t.claim);
    expect(refusal).toBeNull();
    expect(job).toMatchObject({ status: 'submission_unknown', error: { code: 'submission_unknown' } });
    expect(await t.store.claimDue('me', 10, 1_000)).toEqual([]);
    expect(await t.store.findIdempotent('studio', 'k')).toMatchObject({ job: { id: 'job_1' } });
  });

  it('shows the id of an accepted job that cannot be kept to whoever reads the log', async () => {
    const reason = 'upstream answered 202 with an id that cannot be used';
    const t = await setUp([{ kind: 'unknown', reason, oddId: '"a\\u0000b"' }]);
    expect((await t.submitter.submit(t.claim)).job).toMatchObject({
      status: 'submission_unknown',
      upstreamId: null,
    });
    expect(t.log.lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        details: { alarm: 'accepted_id_unusable', job_id: 'job_1', upstream_id: '"a\\u0000b"' },
      }),
    );
  });

  it.each<[number, string]>([
    [400, 'upstream_rejected'],
    [401, 'upstream_key_invalid'],
    [402, 'upstream_insufficient_credits'],
    [403, 'upstream_forbidden'],
    [404, 'upstream_not_found'],
    [413, 'upstream_too_large'],
    [422, 'upstream_rejected'],
    [429, 'upstream_rate_limited'],
  ])('tells a %i as %s', async (status, code) => {
    const metadata = { retry_after_seconds: 7.2, limit_source: 'openrouter_credits' };
    const t = await setUp([refused(status, metadata, null, "upstream's words")]);
    const { job, refusal } = await t.submitter.submit(t.claim);
    expect(job).toMatchObject({ status: 'rejected', error: { code } });
    expect(refusal).toMatchObject({ code, retryAfterS: 8, details: { limitSource: 'openrouter_credits' } });
    // Upstream's words go on only where they are about what the caller sent.
    expect(refusal?.message.includes("upstream's words")).toBe([400, 403, 404, 413, 422].includes(status));
  });

  it('attaches an id that comes after the lease was lost and the job declared unknown', async () => {
    const t = await setUp([
      async () => {
        t.pass(200_000);
        const [claim] = await t.store.claimDue('other', 1, 1_000);
        if (!claim) throw new Error('the lease should have run out');
        await t.store.saveStep(claim.lease, { status: 'submission_unknown' }, { keep: false, runInMs: null });
        return ACCEPTED;
      },
    ]);
    expect((await t.submitter.submit(t.claim)).job).toMatchObject({
      status: 'pending',
      upstreamId: 'gen-vid-1',
    });
  });

  it('goes on trying to write down an accepted id while the store is away, without sending again', async () => {
    let failures = 5;
    const t = await setUp([ACCEPTED], (real) => ({
      ...real,
      saveStep: (lease, change, after) => {
        if (change.upstreamId !== undefined && failures-- > 0) return Promise.reject(new Error('disk full'));
        return real.saveStep(lease, change, after);
      },
    }));
    expect((await t.submitter.submit(t.claim)).job).toMatchObject({ upstreamId: 'gen-vid-1' });
    expect(t.statusesAtSend).toHaveLength(1);
    // The id is in the log before it is in the store.
    expect(t.log.lines[0]).toMatchObject({ level: 'info', details: { upstream_id: 'gen-vid-1' } });
  });

  it('leaves a job unknown at once where upstream names an id that is taken, and says so', async () => {
    const t = await setUp([ACCEPTED, ACCEPTED]);
    await t.submitter.submit(t.claim);
    const second = await t.store.createJob(
      { ...t.intent, id: 'job_2', nonce: 'n2', idempotency: null },
      'me',
      150_000,
    );
    if (second.kind !== 'created') throw new Error(second.kind);
    const before = t.now();
    const { job, refusal } = await t.submitter.submit(second.claim);
    expect(refusal).toBeNull();
    expect(job).toMatchObject({ id: 'job_2', status: 'submission_unknown', upstreamId: null });
    expect(t.now()).toBe(before);
    expect(t.log.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { details: { alarm: 'accepted_id_taken', job_id: 'job_2', upstream_id: 'gen-vid-1' } },
    ]);
    expect(await t.store.getJob('job_1', 'studio')).toMatchObject({
      status: 'pending',
      upstreamId: 'gen-vid-1',
    });
  });

  it('never takes the id of an attempt that is over for that of the next', async () => {
    const t = await setUp([ACCEPTED, ACCEPTED], undefined, { fallback });
    await t.submitter.submit(t.claim);
    t.pass(60_000);
    const [claim] = await t.store.claimDue('me', 1, 150_000);
    if (!claim) throw new Error('it should be due');
    const keep = { keep: true, leaseMs: 150_000 } as const;
    const next = await t.store.beginAttempt(claim.lease, { status: 'failed' }, 2, keep);
    if (!next) throw new Error('it should have turned');
    const { job } = await t.submitter.submit({ job: next, lease: claim.lease });
    expect(job).toMatchObject({ status: 'submission_unknown', attempt: 2, upstreamId: null });
    expect(t.log.lines.at(-1)).toMatchObject({ details: { alarm: 'accepted_id_taken' } });
  });

  it('sends nothing where `submitting` cannot be made durable', async () => {
    const t = await setUp([], (real) => ({
      ...real,
      saveStep: () => Promise.reject(new Error('disk full')),
    }));
    await expect(t.submitter.submit(t.claim)).rejects.toThrow('disk full');
    expect(t.statusesAtSend).toEqual([]);
  });

  it('sends nothing where the lease was lost before', async () => {
    const t = await setUp([]);
    t.pass(200_000);
    await t.store.claimDue('other', 1, 1_000);
    await expect(t.submitter.submit(t.claim)).rejects.toMatchObject({ code: 'internal' });
    expect(t.statusesAtSend).toEqual([]);
  });

  it('drains: waits for the submit under way', async () => {
    let answer: (outcome: SubmitOutcome) => void = () => undefined;
    const t = await setUp([
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    ]);
    const submitted = t.submitter.submit(t.claim);
    let drained = false;
    const draining = t.submitter.drain().then(() => {
      drained = true;
    });
    await expect.poll(() => t.statusesAtSend.length).toBe(1);
    expect(drained).toBe(false);
    answer(ACCEPTED);
    await submitted;
    await draining;
    expect(drained).toBe(true);
  });

  it('tells upstream where to call back, and keeps that address out of what is stored', async () => {
    const t = await setUp([ACCEPTED], undefined, { callbackUrl: 'https://clips.example/hooks/openrouter/n' });
    const { job } = await t.submitter.submit(t.claim);
    expect(t.bodies).toEqual([{ ...REQUEST, callback_url: 'https://clips.example/hooks/openrouter/n' }]);
    expect(job.request).toEqual(REQUEST);
  });
});

const refused = (
  status: number,
  metadata: Record<string, unknown> | null = null,
  retryAfterS: number | null = null,
  message = 'No.',
): SubmitOutcome => {
  const sent = { body: REQUEST, webhookUrl: null };
  const rejection = readRejection(status, { message, metadata }, sent, retryAfterS);
  if (!rejection) throw new Error(`${status} is no refusal`);
  return { kind: 'rejected', ...rejection };
};
const IN_FLIGHT = refused(402, { limit_source: 'openrouter_in_flight_budget' }, 30);

describe('a refusal that holds only for now', () => {
  const patience = { patienceMs: 600_000 };

  it.each([
    ['the in-flight budget', IN_FLIGHT, 30_000],
    ['a 429 with Retry-After', refused(429, null, 17), 17_000],
    ['a 429 with the provider’s own hint', refused(429, { retry_after_seconds: 4.2 }), 5_000],
    ['a 429 that tells no time', refused(429), 2_000],
  ])('is waited out as told: %s', async (_name, outcome, waitMs) => {
    const t = await setUp([outcome, ACCEPTED], undefined, patience);
    const { job, refusal } = await t.submitter.submit(t.claim);
    expect(refusal).toBeNull();
    expect(job).toMatchObject({
      status: 'queued',
      submitAttempts: 0,
      error: { message: expect.any(String) },
    });
    t.pass(waitMs - 1);
    expect(await t.store.claimDue('me', 1, 1_000)).toEqual([]);
    t.pass(waitMs * 0.1 + 2);
    const [claim] = await t.store.claimDue('me', 1, 150_000);
    if (!claim) throw new Error('it should be due');
    expect((await t.submitter.submit(claim)).job).toMatchObject({ status: 'pending', error: null });
    expect(t.statusesAtSend).toEqual(['submitting', 'submitting']);
  });

  it('ends the job once the time told lies past its deadline', async () => {
    const t = await setUp([IN_FLIGHT, IN_FLIGHT], undefined, { patienceMs: 40_000 });
    await t.submitter.submit(t.claim);
    t.pass(33_000);
    const [claim] = await t.store.claimDue('me', 1, 150_000);
    if (!claim) throw new Error('it should be due');
    expect((await t.submitter.submit(claim)).job).toMatchObject({
      status: 'rejected',
      error: { code: 'upstream_insufficient_credits' },
    });
    expect(await t.store.findIdempotent('studio', 'k')).toBeNull();
  });

  it('ends the job at once where the caller waits for the answer', async () => {
    const t = await setUp([IN_FLIGHT]);
    const { job, refusal } = await t.submitter.submit(t.claim);
    expect(job.status).toBe('rejected');
    expect(refusal).toMatchObject({ code: 'upstream_insufficient_credits', retryAfterS: 30 });
  });

  it.each([
    ['no credits', refused(402, { limit_source: 'openrouter_credits' }, 30)],
    ['the key’s limit', refused(402, { limit_source: 'openrouter_key_limit' }, 30)],
    ['a 402 that names no limit', refused(402)],
    ['a bad request', refused(400, null, 30)],
  ])('is not every refusal: %s', async (_name, outcome) => {
    const t = await setUp([outcome], undefined, patience);
    expect((await t.submitter.submit(t.claim)).job.status).toBe('rejected');
  });

  it('gives a job that waited its three tries anew, and no more', async () => {
    const t = await setUp([NOT_SENT, IN_FLIGHT, NOT_SENT, NOT_SENT, NOT_SENT], undefined, patience);
    await t.submitter.submit(t.claim);
    t.pass(33_000);
    const [claim] = await t.store.claimDue('me', 1, 150_000);
    if (!claim) throw new Error('it should be due');
    expect((await t.submitter.submit(claim)).job).toMatchObject({
      status: 'rejected',
      error: { code: 'upstream_unreachable' },
    });
    expect(t.statusesAtSend).toHaveLength(5);
  });
});

describe('falling back', () => {
  const modelsOf = (bodies: readonly SubmitBody[]) => bodies.map(({ model }) => model);

  it('asks the next candidate under the same job, at once, while the caller waits', async () => {
    const t = await setUp([refused(404), refused(400), ACCEPTED], undefined, { fallback });
    const { job, refusal } = await t.submitter.submit(t.claim);
    expect(refusal).toBeNull();
    expect(modelsOf(t.bodies)).toEqual([REQUEST.model, 'b/two', 'c/three']);
    expect(job).toMatchObject({ id: 'job_1', status: 'pending', attempt: 3, model: 'c/three', nonce: 'n3' });
    expect((await t.store.getAttempts(['job_1'])).map(({ status }) => status)).toEqual([
      'rejected',
      'rejected',
      null,
    ]);
    // Each attempt was durable before it was sent.
    expect(t.statusesAtSend).toEqual(['submitting', 'submitting', 'submitting']);
  });

  it('ends with the refusal of the last', async () => {
    const t = await setUp([refused(404), refused(400), refused(413)], undefined, { fallback });
    const { job, refusal } = await t.submitter.submit(t.claim);
    expect(job).toMatchObject({ status: 'rejected', attempt: 3, error: { code: 'upstream_too_large' } });
    expect(refusal?.code).toBe('upstream_too_large');
  });

  it('never asks another after an unknown', async () => {
    const t = await setUp([refused(404), { kind: 'unknown', reason: 'reset' }], undefined, { fallback });
    expect((await t.submitter.submit(t.claim)).job).toMatchObject({
      status: 'submission_unknown',
      attempt: 2,
    });
    expect(t.bodies).toHaveLength(2);
  });

  it.each([
    ['our key', refused(401)],
    ['our credits', refused(402)],
    ['the input, flagged', refused(403, { reasons: ['violence'], flagged_input: 'x' })],
    ['OpenRouter’s own limit', refused(429)],
  ])('asks no other where the refusal is about %s', async (_name, outcome) => {
    const t = await setUp([outcome], undefined, { fallback });
    expect((await t.submitter.submit(t.claim)).job).toMatchObject({ status: 'rejected', attempt: 1 });
  });

  it('asks no other where upstream cannot be reached at all', async () => {
    const t = await setUp([NOT_SENT, NOT_SENT, NOT_SENT], undefined, { fallback });
    expect((await t.submitter.submit(t.claim)).job).toMatchObject({ status: 'rejected', attempt: 1 });
  });

  it('asks another where a provider takes no more, and waits for the last one', async () => {
    const busy = refused(429, { provider_name: 'Seed', retry_after_seconds: 9 });
    const t = await setUp([busy, busy, busy], undefined, { fallback, patienceMs: 600_000 });
    expect((await t.submitter.submit(t.claim)).job).toMatchObject({ status: 'queued', attempt: 3 });
  });

  it('holds on to a refusal until the store is back, and sends nothing twice meanwhile', async () => {
    let failures = 3;
    const t = await setUp(
      [refused(404), ACCEPTED],
      (real) => ({
        ...real,
        beginAttempt: (...args) =>
          failures-- > 0 ? Promise.reject(new Error('disk full')) : real.beginAttempt(...args),
      }),
      { fallback },
    );
    expect((await t.submitter.submit(t.claim)).job).toMatchObject({ status: 'pending', attempt: 2 });
    expect(t.bodies).toHaveLength(2);
  });

  it('goes on with a candidate whose turn was written while the answer was lost', async () => {
    let lost = 1;
    const t = await setUp(
      [refused(404), ACCEPTED],
      (real) => ({
        ...real,
        async beginAttempt(...args) {
          const begun = await real.beginAttempt(...args);
          if (lost-- > 0) throw new Error('Connection terminated unexpectedly');
          return begun;
        },
      }),
      { fallback },
    );
    expect((await t.submitter.submit(t.claim)).job).toMatchObject({ status: 'pending', attempt: 2 });
    expect(modelsOf(t.bodies)).toEqual([REQUEST.model, 'b/two']);
  });

  it('asks nobody once the lease is lost', async () => {
    const t = await setUp(
      [
        async () => {
          t.pass(200_000);
          await t.store.claimDue('other', 1, 1_000);
          return refused(404);
        },
      ],
      undefined,
      { fallback },
    );
    expect((await t.submitter.submit(t.claim)).job).toMatchObject({ status: 'submitting', attempt: 1 });
    expect(t.bodies).toHaveLength(1);
  });
});
