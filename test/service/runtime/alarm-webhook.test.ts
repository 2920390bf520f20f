// The operator's webhook: once per alarm and recovery, signed, retried so often and no more, and only to allowed addresses.

import { createHmac } from 'node:crypto';
import { afterEach, expect, it, vi } from 'vitest';
import type { CallbackOutcome } from '../../../src/core/callbacks/delivery.ts';
import { createSecret } from '../../../src/core/secret.ts';
import { createAlarmWebhook } from '../../../src/service/runtime/alarm-webhook.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { type Receiver, startReceiver } from '../../support/receiver.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

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

function setUp(answers: (count: number) => CallbackOutcome) {
  let now = 0;
  const sent: { id: string; type: string; alarm: string; about?: object }[] = [];
  const waits: number[] = [];
  const log = createRecordedLog();
  const webhook = createAlarmWebhook(
    {
      sender: {
        send: async ({ id, body }) => {
          const { type, data } = JSON.parse(body) as {
            type: string;
            data: { alarm: string; about?: object };
          };
          return answers(sent.push({ id, type, ...data }));
        },
      },
      clock: () => 1_000 + now,
      monotonic: () => now,
      random: () => 0,
      sleep: async (ms) => void waits.push(ms),
      log,
    },
    { url: 'https://ops.example.com/alarms', secret: createSecret(SECRET), instance: 'one' },
  );
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const pass = (ms: number): void => {
    now += ms;
  };
  return { webhook, sent, waits, log, settle, pass };
}
const OK: CallbackOutcome = { kind: 'answered', status: 204, retryAfterS: null };

it('calls once however often an alarm is raised, and once when it was quiet for 15 minutes', async () => {
  const t = setUp(() => OK);
  for (let n = 0; n < 50; n++) t.webhook.note('callback_dead', {});
  t.webhook.note('archive_disk', {});
  t.pass(14 * 60_000);
  t.webhook.note('callback_dead', {});
  t.pass(60_000);
  t.webhook.sweep();
  t.pass(14 * 60_000);
  t.webhook.sweep();
  await t.settle();
  expect(t.sent.map(({ type, alarm }) => `${type} ${alarm}`)).toEqual([
    'alarm.raised callback_dead',
    'alarm.raised archive_disk',
    'alarm.recovered archive_disk',
    'alarm.recovered callback_dead',
  ]);
  t.webhook.note('callback_dead', {});
  await t.settle();
  expect(t.sent).toHaveLength(5);
});

it('retries six times under one id, says so in the log, and goes on to the next alarm', async () => {
  const t = setUp((count) => (count <= 6 ? { kind: 'answered', status: 503, retryAfterS: null } : OK));
  t.webhook.note('callback_dead', {});
  t.webhook.note('archive_disk', {});
  await t.settle();
  expect(t.sent).toHaveLength(7);
  expect(new Set(t.sent.slice(0, 6).map(({ id }) => id)).size).toBe(1);
  expect(t.waits).toHaveLength(5);
  expect(t.log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
});

it('reports each event with what it is about, and no recovery', async () => {
  const t = setUp(() => OK);
  for (const threshold of [0.5, 0.8]) t.webhook.note('budget_threshold', { budget_id: 'b', threshold });
  t.pass(60 * 60_000);
  t.webhook.sweep();
  await t.settle();
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
