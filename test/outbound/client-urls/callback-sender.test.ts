// Calling a client's URL over real sockets: signed so that the standard's own library believes it, and guarded.

import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { createSecret } from '../../../src/core/secret.ts';
import { createCallbackPolicy } from '../../../src/outbound/client-urls/callback-policy.ts';
import { createCallbackSender } from '../../../src/outbound/client-urls/callback-sender.ts';
import { createGuardedAgent } from '../../../src/outbound/client-urls/guarded-agent.ts';
import { type Answer, answerWith, type Receiver, startReceiver } from '../../support/receiver.ts';

const whsec = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;
const OLD = whsec(1);
const NEW = whsec(2);
const BODY = JSON.stringify({ type: 'job.completed', data: { prompt: '«Schnee» 🦊' } });

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function receive(answer?: Answer): Promise<Receiver> {
  const receiver = await startReceiver(answer);
  closing.push(receiver.close);
  return receiver;
}

function createSender(networks = ['127.0.0.0/8'], wholeMs = 2_000, clock = Date.now) {
  const { isAllowed, findFault } = createCallbackPolicy({ names: [], networks });
  // The guard is the last word where a URL's form says nothing, and must hold without it.
  const policy = { findFault: networks.length > 0 ? findFault : () => null };
  const agent = createGuardedAgent(
    { isAllowed },
    { connectMs: 1_000, answerMs: wholeMs, maxBodyBytes: 64 * 1024 },
  );
  closing.push(() => agent.destroy());
  const sender = createCallbackSender({ agent, policy, clock }, { wholeMs, userAgent: 'clipgate/test' });
  return (url: string, secrets = [OLD]) =>
    sender.send(
      { url, id: 'job_1_completed', body: BODY, format: null, traceparent: null },
      secrets.map(createSecret),
    );
}

describe('what is sent', () => {
  it('is believed by Standard Webhooks, byte for byte', async () => {
    const { url, received } = await receive();
    expect(await createSender()(`${url}/hook?token=x`)).toEqual({
      kind: 'answered',
      status: 204,
      retryAfterS: null,
    });
    const [one] = received;
    expect(one).toMatchObject({
      method: 'POST',
      path: '/hook?token=x',
      body: BODY,
      headers: { 'content-type': 'application/json', 'webhook-id': 'job_1_completed' },
    });
    expect(new Webhook(OLD).verify(one?.body ?? '', one?.headers ?? {})).toEqual(JSON.parse(BODY));
    expect(() => new Webhook(NEW).verify(one?.body ?? '', one?.headers ?? {})).toThrow();
    expect(() => new Webhook(OLD).verify(`${one?.body} `, one?.headers ?? {})).toThrow();
  });

  it('is believed with either secret while one replaces the other', async () => {
    const { url, received } = await receive();
    await createSender()(url, [OLD, NEW]);
    const { body = '', headers = {} } = received[0] ?? {};
    for (const secret of [OLD, NEW]) new Webhook(secret).verify(body, headers);
  });

  it('carries the time of the attempt', async () => {
    const { url, received } = await receive();
    await createSender(undefined, undefined, () => 1_790_000_000_999)(url);
    expect(received[0]?.headers['webhook-timestamp']).toBe('1790000000');
  });
});

describe('an answer', () => {
  it('says when to come back', async () => {
    const { url } = await receive(answerWith(429, { 'retry-after': '17' }));
    expect(await createSender()(url)).toEqual({ kind: 'answered', status: 429, retryAfterS: 17 });
  });

  it.each([301, 302, 303, 307, 308])('%i is not followed, wherever it leads', async (status) => {
    const inside = await receive();
    const { url } = await receive(answerWith(status, { location: `${inside.url}/admin` }));
    expect(await createSender()(url)).toMatchObject({ kind: 'answered', status });
    expect(inside.received).toEqual([]);
  });

  it('counts by its status, however long it goes on', async () => {
    const { url } = await receive((response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(Buffer.alloc(64 * 1024)), 1);
      response.once('close', () => clearInterval(timer));
    });
    const begun = Date.now();
    expect(await createSender(undefined, 10_000)(url)).toMatchObject({ status: 200 });
    expect(Date.now() - begun).toBeLessThan(5_000);
  });

  it('that never comes is waited for no longer than was said', async () => {
    const { url } = await receive(() => undefined);
    expect(await createSender(undefined, 100)(url)).toEqual({
      kind: 'failed',
      reason: 'no answer in time',
    });
  });

  it('that breaks off is a failure', async () => {
    const { url } = await receive((response) => response.destroy());
    expect(await createSender()(url)).toEqual({ kind: 'failed', reason: 'the connection broke' });
  });
});

describe('a URL', () => {
  it.each(['http://127.0.0.1:1', 'http://localhost:1', 'https://[::1]:1', 'https://169.254.169.254/latest'])(
    'that leads inside (%s) is not called, and is told from none',
    async (url) => {
      const send = createSender([]);
      const missing = await send('https://no-such-host.invalid/');
      expect(missing).toMatchObject({ kind: 'failed' });
      expect(await send(url)).toEqual(missing);
    },
  );

  it('that the operator has come to refuse is not called', async () => {
    const { url, received } = await receive();
    expect(await createSender(['10.0.0.0/8'])(url)).toEqual({
      kind: 'failed',
      reason: 'the URL is no longer allowed by CALLBACK_ALLOW',
    });
    expect(received).toEqual([]);
  });

  it('nobody listens at is said to be so', async () => {
    const receiver = await startReceiver();
    await receiver.close();
    expect(await createSender()(receiver.url)).toEqual({
      kind: 'failed',
      reason: 'the host takes no connection',
    });
  });
});
