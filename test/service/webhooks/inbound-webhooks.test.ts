// Webhooks against the real store: nothing is bound that upstream has not confirmed, nothing terminal is touched.

import { afterEach, describe, expect, it } from 'vitest';
import type { JobChange } from '../../../src/core/job/job.ts';
import type { PollResult } from '../../../src/core/job/poll-result.ts';
import { parseWebhook, type SignatureFault } from '../../../src/outbound/openrouter/webhook.ts';
import { createAlarms } from '../../../src/service/runtime/alarms.ts';
import { createInboundWebhooks } from '../../../src/service/webhooks/inbound-webhooks.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

let store: JobStore | undefined;
afterEach(() => store?.close());

const COMPLETED: PollResult = {
  kind: 'answer',
  status: 'completed',
  generationId: 'g',
  outputCount: 1,
  costUsd: 0.12,
  isByok: false,
  error: null,
};
const NONCE = 'a'.repeat(32);
const KEEP = { keep: true, leaseMs: 60_000 } as const;
const SUBMITTING: JobChange = { status: 'submitting', submittedAt: 1 };
const UNKNOWN: readonly JobChange[] = [SUBMITTING, { status: 'submission_unknown' }];
const bound = (...more: JobChange[]): JobChange[] => [
  SUBMITTING,
  { status: 'pending', upstreamId: 'u1' },
  ...more,
];

async function setUp(
  steps: readonly JobChange[],
  options: { polls?: (PollResult | Error)[]; fault?: () => SignatureFault | null; held?: boolean } = {},
) {
  let now = 1_000_000;
  const opened = await openSqliteStore({ file: ':memory:', clock: () => now });
  store = opened;
  const polled: string[] = [];
  const log = createRecordedLog();
  const inbox = createInboundWebhooks({
    store: opened,
    upstream: {
      poll: async (id) => {
        polled.push(id);
        const answer = options.polls?.shift() ?? COMPLETED;
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    findSignatureFault: options.fault ?? null,
    parse: parseWebhook,
    clock: () => now,
    alarms: createAlarms({ log, monotonic: () => 0 }),
    log,
  });
  const created = await opened.createJob(
    {
      id: 'job_1',
      clientId: 'studio',
      model: 'a/b',
      request: { model: 'a/b' },
      nonce: NONCE,
      expectedMs: null,
      estimatedMicroUsd: null,
      idempotency: null,
    },
    'me',
    60_000,
  );
  if (created.kind !== 'created') throw new Error(created.kind);
  const { lease } = created.claim;
  for (const step of steps) await opened.saveStep(lease, step, KEEP);
  if (!options.held) await opened.saveStep(lease, {}, { keep: false, runInMs: null });
  return {
    store: opened,
    inbox,
    lease,
    polled,
    log,
    alarms: () =>
      log.lines.flatMap(({ level, details }) =>
        level === 'error' && 'alarm' in details ? [details.alarm] : [],
      ),
    job: () => opened.findJob('job_1'),
    receive: (upstreamId = 'u1', status = 'completed', nonce = NONCE) =>
      inbox.receive({
        nonce,
        rawBody: Buffer.from(JSON.stringify({ data: { id: upstreamId, status } })),
        signature: undefined,
      }),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('a webhook for a job whose submit is unknown', () => {
  it('is kept, confirmed by a poll, and only then believed', async () => {
    const t = await setUp(UNKNOWN);
    await t.receive();
    expect(t.polled).toEqual([]);
    expect(await t.job()).toMatchObject({ status: 'submission_unknown', upstreamId: null });
    await (await t.inbox.tick()).settled;
    expect(t.polled).toEqual(['u1']);
    // Its end is not taken from the webhook: the poller asks.
    expect(await t.job()).toMatchObject({ status: 'pending', upstreamId: 'u1', generationId: 'g' });
    expect(await t.store.nextDueInMs()).toBe(0);
    expect(await t.store.nextWebhookInMs()).toBeNull();
  });

  it.each<[string, PollResult]>([
    ['upstream does not know', { kind: 'missing' }],
    ['cannot be asked for', { kind: 'failed', reason: '503' }],
  ])('binds nothing that %s, and is tried again until it is confirmed', async (_name, answer) => {
    const t = await setUp(UNKNOWN, { polls: [answer, answer, COMPLETED] });
    await t.receive();
    await (await t.inbox.tick()).settled;
    expect(await t.job()).toMatchObject({ status: 'submission_unknown', upstreamId: null });
    await (await t.inbox.tick()).settled;
    expect(t.polled).toHaveLength(1);
    t.pass(2_000);
    await (await t.inbox.tick()).settled;
    t.pass(2_000);
    await (await t.inbox.tick()).settled;
    expect(await t.job()).toMatchObject({ status: 'pending', upstreamId: 'u1' });
  });

  it('leaves after a day even where looking into it fails every time', async () => {
    const t = await setUp(UNKNOWN, { polls: [new Error('a bug'), new Error('a bug')] });
    await t.receive();
    await (await t.inbox.tick()).settled;
    expect(t.alarms()).toEqual([]);
    t.pass(24 * 60 * 60_000);
    await (await t.inbox.tick()).settled;
    expect(t.polled).toHaveLength(2);
    expect(t.alarms()).toEqual(['webhook_unconfirmed']);
    expect(await t.store.nextWebhookInMs()).toBeNull();
  });

  it('outlives the process that took it', async () => {
    const t = await setUp(UNKNOWN, { polls: [{ kind: 'failed', reason: 'crash' }] });
    await t.receive();
    await (await t.inbox.tick()).settled;
    t.pass(60_000);
    // Another inbox on the same store: what was claimed and not dropped is handed out again.
    const other = createInboundWebhooks({
      store: t.store,
      upstream: { poll: async () => COMPLETED },
      findSignatureFault: null,
      parse: parseWebhook,
      clock: () => 0,
      alarms: createAlarms({ log: t.log, monotonic: () => 0 }),
      log: t.log,
    });
    await (await other.tick()).settled;
    expect(await t.job()).toMatchObject({ upstreamId: 'u1' });
  });

  it('is given up after a day with an alarm', async () => {
    const missing: PollResult = { kind: 'missing' };
    const t = await setUp(UNKNOWN, { polls: [missing, missing] });
    await t.receive();
    await (await t.inbox.tick()).settled;
    t.pass(24 * 60 * 60 * 1000);
    await (await t.inbox.tick()).settled;
    expect(t.alarms()).toEqual(['webhook_unconfirmed']);
    expect(await t.store.nextWebhookInMs()).toBeNull();
    expect(await t.job()).toMatchObject({ status: 'submission_unknown' });
  });

  it('is worth no more when it comes often, in any order', async () => {
    const t = await setUp(UNKNOWN);
    for (let i = 0; i < 5; i += 1) await t.receive();
    await (await t.inbox.tick()).settled;
    expect(t.polled).toEqual(['u1']);
    const after = await t.job();
    for (let i = 0; i < 5; i += 1) await t.receive();
    await (await t.inbox.tick()).settled;
    expect(await t.job()).toEqual(after);
    expect(t.alarms()).toEqual([]);
  });

  it('loses to an id that came first', async () => {
    const t = await setUp(UNKNOWN);
    await t.receive('u2');
    await t.store.bindUpstream('job_1', { upstreamId: 'u1', generationId: null });
    await (await t.inbox.tick()).settled;
    expect(await t.job()).toMatchObject({ upstreamId: 'u1' });
    expect(t.alarms()).toEqual(['webhook_other_id']);
  });
});

describe('a webhook that comes before the answer to the submit', () => {
  it('binds the id over the lease of the submit, which then finds it there', async () => {
    const t = await setUp([SUBMITTING], { held: true });
    await t.receive();
    await (await t.inbox.tick()).settled;
    expect(await t.job()).toMatchObject({ status: 'pending', upstreamId: 'u1' });
    expect(await t.store.saveStep(t.lease, { status: 'pending', upstreamId: 'u1' }, KEEP)).toBeNull();
  });

  it('stops a job that was taken for refused from being sent again', async () => {
    const t = await setUp([SUBMITTING, { status: 'queued' }], { held: true });
    await t.receive();
    await (await t.inbox.tick()).settled;
    expect(await t.job()).toMatchObject({ status: 'pending', upstreamId: 'u1' });
    expect(await t.store.saveStep(t.lease, { status: 'submitting' }, KEEP)).toBeNull();
  });
});

describe('a webhook for a job that is followed', () => {
  it('has it asked for now', async () => {
    const t = await setUp(bound());
    expect(await t.store.nextDueInMs()).toBeNull();
    await t.receive();
    expect(await t.store.nextDueInMs()).toBe(0);
    expect(await t.job()).toMatchObject({ status: 'pending' });
  });

  it('waits for a poll that is under way, which may have asked too early', async () => {
    const t = await setUp(bound(), { held: true });
    await t.receive();
    await t.store.saveStep(t.lease, {}, { keep: false, runInMs: 30_000 });
    t.pass(2_000);
    await (await t.inbox.tick()).settled;
    expect(await t.store.nextDueInMs()).toBe(0);
  });
});

describe('a webhook that contradicts', () => {
  it.each<[string, readonly JobChange[], [string, string], string]>([
    ['the id on record', bound(), ['u2', 'completed'], 'webhook_other_id'],
    ['the end on record', bound({ status: 'failed' }), ['u1', 'completed'], 'webhook_other_end'],
    ['a completed job', bound({ status: 'completed' }), ['u1', 'failed'], 'webhook_other_end'],
    ['a refusal', [SUBMITTING, { status: 'rejected' }], ['u1', 'completed'], 'webhook_after_close'],
    ['a write-off', [...UNKNOWN, { status: 'written_off' }], ['u1', 'completed'], 'webhook_after_close'],
    ['a job that was never sent', [], ['u1', 'completed'], 'webhook_before_submit'],
  ])('%s changes nothing and raises an alarm', async (_name, steps, [upstreamId, status], alarm) => {
    const t = await setUp(steps);
    const before = await t.job();
    await t.receive(upstreamId, status);
    await (await t.inbox.tick()).settled;
    expect(await t.job()).toEqual(before);
    expect(t.alarms()).toEqual([alarm]);
    expect(t.log.lines[0]?.details).toMatchObject({ job_id: 'job_1', said: { upstream_id: upstreamId } });
  });
});

describe('the door', () => {
  it('knows no other nonce', async () => {
    const t = await setUp(UNKNOWN);
    await expect(t.receive('u1', 'completed', 'b'.repeat(32))).rejects.toMatchObject({ code: 'not_found' });
  });

  it('looks at nothing before the signature', async () => {
    const t = await setUp(UNKNOWN, { fault: () => 'wrong' });
    await expect(t.receive()).rejects.toMatchObject({ code: 'webhook_refused' });
    await expect(t.receive('u1', 'completed', 'b'.repeat(32))).rejects.toMatchObject({
      code: 'webhook_refused',
    });
    await (await t.inbox.tick()).settled;
    expect(await t.job()).toMatchObject({ status: 'submission_unknown' });
  });

  it('refuses what it cannot read', async () => {
    const t = await setUp(UNKNOWN);
    const webhook = { nonce: NONCE, rawBody: Buffer.from('{}'), signature: undefined };
    await expect(t.inbox.receive(webhook)).rejects.toMatchObject({ code: 'malformed_body' });
  });

  it('says nothing is taken where nothing could be kept', async () => {
    const t = await setUp(UNKNOWN, { polls: [] });
    for (let i = 0; i < 8; i += 1) await t.receive(`u${i}`);
    await expect(t.receive('u9')).rejects.toMatchObject({ code: 'webhook_inbox_full', retryAfterS: 30 });
  });
});
