// The operator's webhook: once in the fleet per alarm and recovery, signed, retried so often and no more, and only to allowed addresses.

import { createHmac } from 'node:crypto';
import { afterEach, expect, it, vi } from 'vitest';
import type { CallbackOutcome } from '../../../src/core/callbacks/delivery.ts';
import { createSecret } from '../../../src/core/secret.ts';
import { createAlarmWebhook } from '../../../src/service/runtime/alarm-webhook.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { type Receiver, startReceiver } from '../../support/receiver.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

const opened: JobStore[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

const KEY = Buffer.alloc(32, 7);
const SECRET = `whsec_${KEY.toString('base64')}`;

let receiver: Receiver | undefined;
let gateway: TestGateway | undefined;
afterEach(async () => {
  await gateway?.close();
  await receiver?.close();
  gateway = undefined;
  receiver = undefined;
});

interface Sent {
  readonly id: string;
  readonly type: string;
  readonly alarm: string;
  readonly instance: string;
  readonly about?: object;
}

const OK: CallbackOutcome = { kind: 'answered', status: 204, retryAfterS: null };
const AWAY: CallbackOutcome = { kind: 'answered', status: 503, retryAfterS: null };

/** Two processes, `one` and `two`, on one store. */
async function setUp(answers: (count: number) => CallbackOutcome = () => OK) {
  let now = 0;
  const clock = () => 1_000 + now;
  const stored = await openSqliteStore({ file: ':memory:', clock });
  opened.push(stored);
  let isStoreAway = false;
  const store = {
    ...stored,
    noteAlarm: async (...args: Parameters<JobStore['noteAlarm']>) => {
      if (isStoreAway) throw new Error('no connection');
      return stored.noteAlarm(...args);
    },
  };
  const sent: Sent[] = [];
  const waits: number[] = [];
  const log = createRecordedLog();
  const start = (instance: string) =>
    createAlarmWebhook(
      {
        store,
        sender: {
          send: async ({ id, body }) => {
            const { type, data } = JSON.parse(body) as { type: string; data: Omit<Sent, 'id' | 'type'> };
            return answers(sent.push({ id, type, ...data }));
          },
        },
        clock,
        monotonic: () => now,
        random: () => 0,
        sleep: async (ms) => void waits.push(ms),
        log,
      },
      { url: 'https://ops.example.com/alarms', secret: createSecret(SECRET), instance },
    );
  const [one, two] = [start('one'), start('two')];
  const said = () => sent.map(({ type, alarm }) => `${type} ${alarm}`);
  /** As the timers of both do twice a minute. */
  const pass = async (minutes: number) => {
    for (let n = 0; n < minutes * 2; n++) {
      now += 30_000;
      one.sweep();
      two.sweep();
      await settle();
    }
  };
  /** Until all that was asked of both is done: their calls are made one after the other. */
  const settle = async () => {
    for (const webhook of [one, two]) await webhook.idle();
  };
  const setStoreAway = (isAway: boolean) => {
    isStoreAway = isAway;
  };
  return { one, two, store, sent, said, waits, log, settle, pass, setStoreAway };
}

it('calls once in the fleet however often an alarm is raised, and once when it was quiet for 15 minutes', async () => {
  const t = await setUp();
  for (let n = 0; n < 50; n++) for (const webhook of [t.one, t.two]) webhook.note('callback_dead', {});
  t.two.note('archive_disk', {});
  await t.pass(14);
  t.two.note('callback_dead', {});
  await t.pass(14);
  expect(t.said()).toEqual([
    'alarm.raised callback_dead',
    'alarm.raised archive_disk',
    'alarm.recovered archive_disk',
  ]);
  await t.pass(2);
  expect(t.said().slice(3)).toEqual(['alarm.recovered callback_dead']);
  t.one.note('callback_dead', {});
  t.two.note('callback_dead', {});
  await t.pass(1);
  expect(t.sent).toHaveLength(5);
  expect(new Set(t.sent.map(({ id }) => id)).size).toBe(5);
});

it('goes on with a call of a process that stopped, under the same id', async () => {
  const t = await setUp((count) => (count === 1 ? AWAY : OK));
  // It stops while it waits to try again.
  const stopped = new Promise<void>((resolve) => {
    t.waits.push = () => {
      void t.one.stop().then(resolve);
      return 0;
    };
  });
  t.one.note('poll_lag', {});
  await stopped;
  await t.store.releaseLeases('one');
  t.two.sweep();
  await t.two.idle();
  expect(t.said()).toEqual(['alarm.raised poll_lag', 'alarm.raised poll_lag']);
  expect(new Set(t.sent.map(({ id }) => id)).size).toBe(1);
  expect(t.sent.map(({ instance }) => instance)).toEqual(['one', 'one']);
});

it('calls about an alarm that the store cannot be told of by itself, and about its end', async () => {
  const t = await setUp();
  t.setStoreAway(true);
  for (let minute = 0; minute < 10; minute++) {
    t.one.note('store_unavailable', {});
    await t.pass(1);
  }
  expect(t.said()).toEqual(['alarm.raised store_unavailable']);
  t.setStoreAway(false);
  // Still its own: a second call would say nothing new.
  t.one.note('store_unavailable', {});
  await t.pass(14);
  expect(t.sent).toHaveLength(1);
  await t.pass(2);
  expect(t.said()).toEqual(['alarm.raised store_unavailable', 'alarm.recovered store_unavailable']);
});

it('retries six times under one id, says so in the log, and goes on to the next alarm', async () => {
  const t = await setUp((count) => (count <= 6 ? AWAY : OK));
  t.one.note('callback_dead', {});
  t.one.note('archive_disk', {});
  await t.settle();
  expect(t.sent).toHaveLength(7);
  expect(new Set(t.sent.slice(0, 6).map(({ id }) => id)).size).toBe(1);
  expect(t.waits).toHaveLength(5);
  expect(t.log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
});

it('reports each event with what it is about, and no recovery', async () => {
  const t = await setUp();
  for (const threshold of [0.5, 0.8]) t.one.note('budget_threshold', { budget_id: 'b', threshold });
  await t.pass(60);
  expect(t.sent.map(({ type, about }) => [type, about])).toEqual([
    ['alarm.raised', { budget_id: 'b', threshold: 0.5 }],
    ['alarm.raised', { budget_id: 'b', threshold: 0.8 }],
  ]);
  expect(new Set(t.sent.map(({ id }) => id)).size).toBe(2);
});

const RAISES = { simulator: { apiKey: 'sk-or-v1-another-key' }, background: false };

it('a key that OpenRouter refuses raises an alarm that reaches the webhook, signed', async () => {
  receiver = await startReceiver();
  const env = {
    ALARM_WEBHOOK_URL: receiver.url,
    ALARM_WEBHOOK_SECRET: SECRET,
    OUTBOUND_ALLOW: '127.0.0.0/8',
  };
  gateway = await startTestGateway({ ...RAISES, env });
  await gateway.gateway.refreshCatalog();
  const model = 'google/veo-3.1';
  await gateway.post('/jobs', { prompt: 'A paper boat', model, duration: 4, resolution: '720p' });
  await vi.waitFor(() => expect(receiver?.received).toHaveLength(1), 5_000);
  const [call] = receiver.received;
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = call?.headers ?? {};
  expect(JSON.parse(call?.body ?? '')).toMatchObject({
    type: 'alarm.raised',
    data: { alarm: 'upstream_key_refused' },
  });
  const mac = createHmac('sha256', KEY).update(`${id}.${at}.${call?.body}`).digest('base64');
  expect(signature).toBe(`v1,${mac}`);
  expect(call?.body).not.toContain('sk-or');
});

it('a URL that leads into a network that is not allowed is not called', async () => {
  receiver = await startReceiver();
  const env = { ALARM_WEBHOOK_URL: receiver.url, ALARM_WEBHOOK_SECRET: SECRET };
  gateway = await startTestGateway({ ...RAISES, env });
  await gateway.gateway.refreshCatalog();
  await gateway.post('/jobs', { prompt: 'x', model: 'google/veo-3.1', duration: 4, resolution: '720p' });
  await vi.waitFor(
    () =>
      expect(
        gateway?.logLines.some((line) => line.includes('could not deliver an alarm to ALARM_WEBHOOK_URL')),
      ).toBe(true),
    5_000,
  );
  expect(receiver.received).toEqual([]);
});
