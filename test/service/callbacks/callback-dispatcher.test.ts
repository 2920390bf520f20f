// The courier: nothing lost, nothing told twice at once, no host in another's way, an alarm where it gives up.

import { afterEach, describe, expect, it } from 'vitest';
import type { CallbackOutcome } from '../../../src/core/callbacks/delivery.ts';
import type { Job, JobStatus } from '../../../src/core/job/job.ts';
import { createSecret } from '../../../src/core/secret.ts';
import type { CallbackMessage } from '../../../src/outbound/client-urls/callback-sender.ts';
import { createCallbackDispatcher } from '../../../src/service/callbacks/callback-dispatcher.ts';
import { writeJobEvent } from '../../../src/service/callbacks/callback-message.ts';
import { createAlarms } from '../../../src/service/runtime/alarms.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite.ts';
import { createIdleJob, createJobIn } from '../../store/contract/store-under-test.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

const HOUR = 3_600_000;
const URL_A = 'https://hooks.example.com/clips?token=hush';
const OK: CallbackOutcome = { kind: 'answered', status: 200, retryAfterS: null };
const failed = (status: number, retryAfterS: number | null = null): CallbackOutcome => ({
  kind: 'answered',
  status,
  retryAfterS,
});

let store: JobStore | undefined;
afterEach(() => store?.close());

type Send = (message: CallbackMessage) => CallbackOutcome | Promise<CallbackOutcome>;

async function setUp(
  send: Send = () => OK,
  options: { perHost?: number; concurrency?: number; secrets?: string[] } = {},
) {
  let now = 1_790_000_000_000;
  const opened = await openSqliteStore({ file: ':memory:', clock: () => now });
  store = opened;
  const sent: CallbackMessage[] = [];
  const log = createRecordedLog();
  const createCourier = (owner: string) =>
    createCallbackDispatcher(
      {
        store: opened,
        sender: {
          send: async (message) => {
            sent.push(message);
            return send(message);
          },
        },
        secretsOf: async () => (options.secrets ?? ['whsec_x']).map(createSecret),
        write: async (job) => writeJobEvent(job, { id: job.id, status: job.status, request: job.request }),
        monotonic: () => now,
        alarms: createAlarms({ log, monotonic: () => 0 }),
        random: () => 0,
        metrics: { callbackEnded: () => undefined },
        log,
      },
      { owner, concurrency: options.concurrency ?? 16, perHost: options.perHost ?? 2, leaseMs: 60_000 },
    );
  const courier = createCourier('me');
  return {
    store: opened,
    sent,
    log,
    courier,
    createCourier,
    pass: (ms: number) => {
      now += ms;
    },
    end: async (status: JobStatus = 'completed', callbackUrl = URL_A, clientId = 'studio') => {
      const id = await createIdleJob(opened, status, { callbackUrl, clientId });
      courier.notice(id);
      return id;
    },
    round: async () => {
      const { claimed, settled } = await courier.tick();
      await settled;
      return claimed;
    },
    stateOf: async (id: string) => (await opened.getCallbacks([id]))[0],
  };
}

describe('a round', () => {
  it('tells a job that has ended, once', async () => {
    const t = await setUp();
    const id = await t.end();
    expect(await t.round()).toBe(1);
    expect(await t.round()).toBe(0);
    expect(t.sent).toHaveLength(1);
    const [message] = t.sent;
    expect(message).toMatchObject({ url: URL_A, id: `${id}_completed` });
    expect(JSON.parse(message?.body ?? '')).toMatchObject({
      type: 'job.completed',
      timestamp: '2026-09-21T14:13:20.000Z',
      data: { id, status: 'completed' },
    });
    expect(await t.stateOf(id)).toMatchObject({ state: 'delivered', attempts: 1 });
  });

  it('finds without a hint what ended while nobody was there', async () => {
    const t = await setUp();
    await createIdleJob(t.store, 'failed', { callbackUrl: URL_A });
    await t.round();
    expect(t.sent).toHaveLength(1);
  });

  it('looks at everything again after a minute, for hints that were lost', async () => {
    const t = await setUp();
    await t.round();
    await createIdleJob(t.store, 'failed', { callbackUrl: URL_A });
    expect(await t.round()).toBe(0);
    t.pass(60_000);
    expect(await t.round()).toBe(1);
  });

  it('looks at everything again where a hint could not be followed', async () => {
    const t = await setUp();
    await t.round();
    const courier = createCallbackDispatcher(
      {
        store: {
          ...t.store,
          raiseCallbacks: (ids) => (ids ? Promise.reject(new Error('away')) : t.store.raiseCallbacks(ids)),
        },
        sender: { send: async () => OK },
        secretsOf: async () => [createSecret('whsec_x')],
        write: async (job) => writeJobEvent(job, {}),
        monotonic: () => 0,
        alarms: createAlarms({ log: t.log, monotonic: () => 0 }),
        random: () => 0,
        metrics: { callbackEnded: () => undefined },
        log: t.log,
      },
      { owner: 'other', concurrency: 8, perHost: 2, leaseMs: 60_000 },
    );
    await courier.tick();
    courier.notice(await createIdleJob(t.store, 'failed', { callbackUrl: URL_A }));
    await expect(courier.tick()).rejects.toThrow('away');
    const { claimed, settled } = await courier.tick();
    await settled;
    expect(claimed).toBe(1);
  });
});

describe('a receiver that fails', () => {
  it('is tried ten times over three days under one id, then an alarm sounds', async () => {
    const t = await setUp(() => failed(500));
    const id = await t.end();
    await t.round();
    const schedule = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
    for (const seconds of schedule) {
      t.pass(seconds * 1_000 - 1);
      expect(await t.round()).toBe(0);
      t.pass(1);
      expect(await t.round()).toBe(1);
    }
    t.pass(1_000 * HOUR);
    expect(await t.round()).toBe(0);
    expect(t.sent).toHaveLength(10);
    expect(new Set(t.sent.map((message) => message.id))).toEqual(new Set([`${id}_completed`]));
    expect(new Set(t.sent.map((message) => message.body)).size).toBe(1);
    expect(await t.stateOf(id)).toEqual({
      jobId: id,
      state: 'dead',
      event: 'completed',
      attempts: 10,
      lastError: 'answered 500',
      nextAt: null,
    });
    const alarms = t.log.lines.filter(({ details }) => 'alarm' in details);
    expect(alarms).toMatchObject([
      { level: 'error', details: { alarm: 'callback_dead', job_id: id, host: 'hooks.example.com' } },
    ]);
    expect(JSON.stringify(t.log.lines)).not.toContain('hush');
  });

  it('is believed when it says 410', async () => {
    const t = await setUp(() => failed(410));
    const id = await t.end();
    await t.round();
    t.pass(1_000 * HOUR);
    expect(await t.round()).toBe(0);
    expect(await t.stateOf(id)).toMatchObject({ state: 'gone' });
  });

  it('is given the time it asks for', async () => {
    const t = await setUp(() => failed(429, 3_600));
    await t.end();
    await t.round();
    t.pass(HOUR - 1);
    expect(await t.round()).toBe(0);
    t.pass(1);
    expect(await t.round()).toBe(1);
  });

  it('waits in its own line: another host is told meanwhile', async () => {
    let open: (outcome: CallbackOutcome) => void = () => undefined;
    const hang = new Promise<CallbackOutcome>((resolve) => {
      open = resolve;
    });
    const t = await setUp(({ url }) => (url.includes('slow') ? hang : OK));
    for (let i = 0; i < 20; i++) await t.end('completed', 'https://slow.example/');
    const fast: string[] = [];
    for (let i = 0; i < 20; i++) fast.push(await t.end('completed', 'https://fast.example/'));
    // Claimed as many as there is room for; each call that ends makes room.
    const rounds = [await t.courier.tick()];
    for (let i = 0; i < 30; i++) {
      await new Promise(setImmediate);
      rounds.push(await t.courier.tick());
    }
    for (const id of fast) expect(await t.stateOf(id)).toMatchObject({ state: 'delivered' });
    expect(t.sent.filter(({ url }) => url.includes('slow'))).toHaveLength(2);
    open(OK);
    await Promise.all(rounds.map(({ settled }) => settled));
    expect(await t.round()).toBeGreaterThan(0);
  });

  it.each([
    ['ports of one host', (i: number) => `https://slow.example:${2_000 + i}/`],
    ['hosts', (i: number) => `https://slow-${i}.example/`],
  ])('does not keep another client waiting, with 600 callbacks to 600 %s', async (_what, urlOf) => {
    let open: (outcome: CallbackOutcome) => void = () => undefined;
    const hang = new Promise<CallbackOutcome>((resolve) => {
      open = resolve;
    });
    const t = await setUp(({ url }) => (url.includes('slow') ? hang : OK), { perHost: 4, concurrency: 32 });
    for (let i = 0; i < 600; i++) await t.end('completed', urlOf(i), 'flood');
    const rounds = [await t.courier.tick(), await t.courier.tick()];
    const mine: string[] = [];
    for (let i = 0; i < 24; i++) mine.push(await t.end('completed', 'https://fast.example/', 'quiet'));
    for (let i = 0; i < 30; i++) {
      rounds.push(await t.courier.tick());
      await new Promise(setImmediate);
    }
    for (const id of mine) expect(await t.stateOf(id)).toMatchObject({ state: 'delivered' });
    open(OK);
    await Promise.all(rounds.map(({ settled }) => settled));
  });

  it('does not take the courier with it where something unforeseen happens', async () => {
    let calls = 0;
    const t = await setUp(() => {
      if (++calls === 1) throw new Error('unforeseen');
      return OK;
    });
    const id = await t.end();
    await t.round();
    expect(await t.round()).toBe(0);
    t.pass(60_000);
    expect(await t.round()).toBe(1);
    expect(await t.stateOf(id)).toMatchObject({ state: 'delivered', attempts: 2 });
  });

  it('is not told unsigned where the secret was taken away', async () => {
    const t = await setUp(() => OK, { secrets: [] });
    const id = await t.end();
    await t.round();
    expect(t.sent).toEqual([]);
    expect(await t.stateOf(id)).toMatchObject({
      state: 'pending',
      lastError: expect.stringContaining('secret'),
    });
  });
});

describe('several processes', () => {
  it('never tell the same at the same time', async () => {
    const open: (() => void)[] = [];
    const t = await setUp(() => new Promise((resolve) => open.push(() => resolve(OK))));
    await t.end();
    const other = t.createCourier('other');
    const rounds = await Promise.all([t.courier.tick(), other.tick(), t.courier.tick()]);
    expect(rounds.reduce((sum, { claimed }) => sum + claimed, 0)).toBe(1);
    for (const end of open) end();
    await Promise.all(rounds.map(({ settled }) => settled));
    expect(t.sent).toHaveLength(1);
  });

  it('take over what a dead one was telling, under the same id', async () => {
    const open: (() => void)[] = [];
    const t = await setUp(() => new Promise((resolve) => open.push(() => resolve(OK))));
    const id = await t.end();
    const first = await t.courier.tick();
    t.pass(60_000);
    const second = await t.createCourier('other').tick();
    expect(second.claimed).toBe(1);
    for (const end of open) end();
    await Promise.all([first.settled, second.settled]);
    expect(t.sent.map((message) => message.id)).toEqual([`${id}_completed`, `${id}_completed`]);
    expect(await t.stateOf(id)).toMatchObject({ state: 'delivered' });
    expect(t.log.lines.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('lost the lease'),
    );
  });

  it('stop only when their calls have ended', async () => {
    let end: () => void = () => undefined;
    const t = await setUp(
      () =>
        new Promise((resolve) => {
          end = () => resolve(OK);
        }),
    );
    const id = await t.end();
    t.courier.start();
    await expect.poll(() => t.sent.length).toBe(1);
    const stopping = t.courier.stop();
    await t.end();
    end();
    await stopping;
    expect(await t.stateOf(id)).toMatchObject({ state: 'delivered' });
    expect(t.sent).toHaveLength(1);
  });
});

describe('a job whose outcome is unknown', () => {
  const bind = async (t: Awaited<ReturnType<typeof setUp>>, id: string) => {
    await t.store.bindUpstream(id, { upstreamId: 'u1', generationId: null });
    const [claim] = await t.store.claimDue('poller', 1, 60_000);
    await t.store.saveStep(claim!.lease, { status: 'completed' }, { keep: false, runInMs: null });
    t.courier.notice(id);
  };

  it('is told to be so, and its end afterwards', async () => {
    const t = await setUp();
    const { job } = await createJobIn(t.store, 'submission_unknown', { callbackUrl: URL_A });
    await t.round();
    await bind(t, job.id);
    await t.round();
    expect(t.sent.map(({ id }) => id)).toEqual([`${job.id}_submission_unknown`, `${job.id}_completed`]);
  });

  it('is told so again, by another name, of its next candidate', async () => {
    const t = await setUp();
    const price = { expectedMs: 1, estimatedMicroUsd: 1, listMicroUsd: 1, highMicroUsd: 1 };
    const second = { model: 'b/two', request: { model: 'b/two' }, nonce: 'n2', ...price };
    const { job } = await createJobIn(t.store, 'submission_unknown', {
      callbackUrl: URL_A,
      fallback: { maxAttempts: 2, maxTotalMicroUsd: 9, highMicroUsd: 1, others: [second] },
    });
    await t.round();
    await t.store.bindUpstream(job.id, { upstreamId: 'u1', generationId: null });
    const [claim] = await t.store.claimDue('poller', 1, 60_000);
    const keep = { keep: true, leaseMs: 60_000 } as const;
    await t.store.beginAttempt(claim!.lease, { status: 'failed' }, 2, keep);
    await t.store.saveStep(claim!.lease, { status: 'submitting' }, keep);
    const unknown = { status: 'submission_unknown' } as const;
    await t.store.saveStep(claim!.lease, unknown, { keep: false, runInMs: null });
    t.courier.notice(job.id);
    await t.round();
    const name = `${job.id}_submission_unknown`;
    expect(t.sent.map(({ id }) => id)).toEqual([name, `${name}_2`]);
  });

  it('is not told to be so after its end', async () => {
    let answer: () => CallbackOutcome = () => failed(500);
    const t = await setUp(() => answer());
    const { job } = await createJobIn(t.store, 'submission_unknown', { callbackUrl: URL_A });
    await t.round();
    await bind(t, job.id);
    answer = () => OK;
    await t.round();
    t.pass(100 * HOUR);
    await t.round();
    expect(t.sent.map(({ id }) => id)).toEqual([`${job.id}_submission_unknown`, `${job.id}_completed`]);
    expect(await t.stateOf(job.id)).toMatchObject({ state: 'delivered', event: 'completed', attempts: 1 });
  });

  it('that ends while it is being told waits its turn', async () => {
    let end: () => void = () => undefined;
    let calls = 0;
    const t = await setUp(() =>
      ++calls > 1
        ? OK
        : new Promise((resolve) => {
            end = () => resolve(OK);
          }),
    );
    const { job } = await createJobIn(t.store, 'submission_unknown', { callbackUrl: URL_A });
    const telling = await t.courier.tick();
    await bind(t, job.id);
    expect(await t.round()).toBe(0);
    end();
    await telling.settled;
    expect(await t.round()).toBe(1);
    expect(t.sent.at(-1)?.id).toBe(`${job.id}_completed`);
  });

  it('that moved on before it was told is not told', async () => {
    const t = await setUp();
    const { job } = await createJobIn(t.store, 'submission_unknown', { callbackUrl: URL_A });
    await t.store.raiseCallbacks([job.id]);
    await t.store.bindUpstream(job.id, { upstreamId: 'u1', generationId: null });
    await t.round();
    expect(t.sent).toEqual([]);
    expect(await t.stateOf(job.id)).toMatchObject({ state: 'waiting' });
  });
});

describe('a message', () => {
  it('leaves out the content of data: URLs and nothing else', () => {
    const data = {
      request: { prompt: 'data: is', images: [{ url: 'data:image/png;base64,AAAA' }, { url: URL_A }] },
    };
    const job = { status: 'failed', finishedAt: 0, updatedAt: 5 } as Job;
    expect(JSON.parse(writeJobEvent(job, data).body)).toEqual({
      type: 'job.failed',
      timestamp: '1970-01-01T00:00:00.000Z',
      data: { request: { prompt: 'data: is', images: [{ url: 'data:image/png;base64,' }, { url: URL_A }] } },
    });
  });
});
