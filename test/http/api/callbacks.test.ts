// callback_url from end to end over real sockets: signed, told once, kept from upstream, and no secret let slip.

import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { CLIP, follow, type JobAnswer, type ProblemAnswer, readAs } from '../../support/clips.ts';
import {
  OTHER_CLIENT_KEY,
  startTestGateway,
  type TestGateway,
  type TestGatewayOptions,
} from '../../support/gateway.ts';
import { type Answer, answerWith, type Receiver, startReceiver } from '../../support/receiver.ts';

const whsec = (text: string) => `whsec_${Buffer.from(text.padEnd(32, '.')).toString('base64')}`;
const OLD = whsec('canary-secret-old');
const NEW = whsec('canary-secret-new');
const ENV = { CALLBACK_SECRETS: `studio:${OLD},studio:${NEW}`, CALLBACK_ALLOW: '127.0.0.0/8' };

interface CallbackAnswer extends JobAnswer {
  readonly callback: {
    readonly url: string;
    readonly status: string;
    readonly event: string | null;
    readonly attempts: number;
    readonly last_error: string | null;
    readonly next_at: string | null;
  } | null;
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const gateway = await startTestGateway({ ...options, env: { ...ENV, ...options.env } });
  closing.push(gateway.close);
  return gateway;
}

async function receive(answer?: Answer): Promise<Receiver> {
  const receiver = await startReceiver(answer);
  closing.push(receiver.close);
  return receiver;
}

async function buyTold(gateway: TestGateway, callback_url: string, body: object = CLIP): Promise<JobAnswer> {
  const response = await gateway.post('/jobs', { ...body, callback_url });
  expect(response.status).toBe(202);
  return readAs<JobAnswer>(response);
}

const callbackOf = async (gateway: TestGateway, id: string) =>
  (await readAs<CallbackAnswer>(await gateway.request(`/jobs/${id}`))).callback;

describe('a job with callback_url', () => {
  it('is told to its client when it is completed, signed with each of its secrets', async () => {
    const { url, received } = await receive();
    const gateway = await start();
    const { id } = await buyTold(gateway, `${url}/clips?token=canary-query`);
    await expect.poll(() => received.length).toBe(1);
    const { headers, body, path } = received[0]!;
    expect(path).toBe('/clips?token=canary-query');
    expect(headers['webhook-id']).toBe(`${id}_completed`);
    for (const secret of [OLD, NEW]) new Webhook(secret).verify(body, headers);
    const event = JSON.parse(body);
    expect(event).toMatchObject({ type: 'job.completed', data: { id, status: 'completed', callback: null } });
    // What is told is what is read.
    const job = await follow(gateway, id);
    expect({ ...event.data, outputs: [] }).toEqual({ ...job, outputs: [], callback: null });
    await expect
      .poll(() => callbackOf(gateway, id))
      .toEqual({
        url: `${url}/clips?token=canary-query`,
        status: 'delivered',
        event: 'job.completed',
        attempts: 1,
        last_error: null,
        next_at: null,
      });
    const [listed] = (await readAs<{ data: CallbackAnswer[] }>(await gateway.request('/jobs'))).data;
    expect(listed?.callback?.status).toBe('delivered');
  });

  it('says nothing of it upstream', async () => {
    const { url } = await receive();
    const gateway = await start();
    const job = await buyTold(gateway, url);
    expect(JSON.stringify(gateway.simulator.ledger())).not.toContain(url);
    expect(JSON.stringify(job.request)).not.toContain('callback');
    const dry = await gateway.post('/jobs', { ...CLIP, callback_url: url, dry_run: true });
    expect(JSON.stringify(await dry.json())).not.toContain('callback');
  });

  it('is told that it failed, and that nobody knows', async () => {
    const { url, received } = await receive();
    const gateway = await start();
    gateway.simulator.addFault({ fault: 'fail', count: 1 });
    await buyTold(gateway, url);
    await expect.poll(() => received.length).toBe(1);
    gateway.simulator.addFault({ fault: 'reset', when: 'after', count: 1 });
    await buyTold(gateway, url);
    await expect.poll(() => received.length).toBe(2);
    gateway.simulator.addFault({ fault: 'error', status: 400, count: 1 });
    expect((await gateway.post('/jobs', { ...CLIP, callback_url: url })).status).toBe(400);
    await expect.poll(() => received.length).toBe(3);
    expect(received.map(({ body }) => JSON.parse(body).type)).toEqual([
      'job.failed',
      'job.submission_unknown',
      'job.rejected',
    ]);
  });

  it('is told once of a job that turned to other candidates, by the last of them', async () => {
    const { url, received } = await receive();
    const gateway = await start();
    gateway.simulator.addFault({ fault: 'fail', count: 1 });
    const { model: _, ...any } = CLIP;
    const { id } = await buyTold(gateway, url, {
      ...any,
      fallback: { max_attempts: 2, max_total_cost_usd: 5 },
    });
    await expect.poll(() => received.length).toBe(1);
    const { type, data } = JSON.parse(received[0]!.body);
    expect({ type, id: data.id }).toEqual({ type: 'job.completed', id });
    expect(data.attempts.map(({ status }: { status: string }) => status)).toEqual(['failed', 'completed']);
    await expect.poll(async () => (await callbackOf(gateway, id))?.status).toBe('delivered');
    expect(received).toHaveLength(1);
  });

  it('is told of the job that was sent in place of it as well', async () => {
    const { url, received } = await receive();
    const gateway = await start();
    gateway.simulator.addFault({ fault: 'reset', when: 'after', count: 1 });
    const lost = await buyTold(gateway, url);
    await expect.poll(() => received.length).toBe(1);
    const again = await readAs<JobAnswer>(
      await gateway.post(`/jobs/${lost.id}/resubmit`, { accept_double_charge: true }),
    );
    await expect.poll(() => received.length).toBe(2);
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([
      `${lost.id}_submission_unknown`,
      `${again.id}_completed`,
    ]);
  });

  it('is told after a restart where the gateway stopped between its end and the telling', async () => {
    const { url, received } = await receive();
    const first = await startTestGateway({ background: false, env: ENV });
    const folder = first.config.ARCHIVE_DIR.replace(/\/clips$/, '');
    const { id } = await buyTold(first, url);
    const statusOf = async () => {
      await first.tick();
      return (await readAs<JobAnswer>(await first.request(`/jobs/${id}`))).status;
    };
    await expect.poll(statusOf).toBe('completed');
    // As a killed process leaves it: nobody has looked for news.
    await first.gateway.close();
    expect(received).toEqual([]);
    const second = await start({ folder });
    closing.push(first.close);
    await expect.poll(() => received.length, { timeout: 10_000 }).toBe(1);
    await expect.poll(async () => (await callbackOf(second, id))?.status).toBe('delivered');
  });

  it('shows what its receiver answers, and tries again', async () => {
    let count = 0;
    const { url, received } = await receive((response) => {
      response.writeHead(++count === 1 ? 500 : 200).end();
    });
    const gateway = await start();
    const { id } = await buyTold(gateway, url);
    await expect
      .poll(() => callbackOf(gateway, id))
      .toMatchObject({ status: 'pending', attempts: 1, last_error: 'answered 500' });
    const next = Date.parse((await callbackOf(gateway, id))?.next_at ?? '');
    expect(next - Date.now()).toBeGreaterThan(1_000);
    expect(next - Date.now()).toBeLessThan(5_600);
    await expect.poll(() => received.length, { timeout: 10_000 }).toBe(2);
    expect(received[1]?.headers['webhook-id']).toBe(received[0]?.headers['webhook-id']);
    expect(Number(received[1]?.headers['webhook-timestamp'])).toBeGreaterThan(
      Number(received[0]?.headers['webhook-timestamp']),
    );
  });

  it('goes no further for a receiver that is gone, or that sends it elsewhere', async () => {
    const inside = await receive();
    const gone = await receive(answerWith(410));
    const moved = await receive(answerWith(307, { location: `${inside.url}/admin` }));
    const gateway = await start();
    const [one, two] = [await buyTold(gateway, gone.url), await buyTold(gateway, moved.url)];
    await expect.poll(() => callbackOf(gateway, one.id)).toMatchObject({ status: 'gone', next_at: null });
    await expect
      .poll(() => callbackOf(gateway, two.id))
      .toMatchObject({ status: 'pending', last_error: 'answered 307' });
    expect(inside.received).toEqual([]);
  });

  it('lets no secret slip, neither the signing one nor what the URL holds', async () => {
    const { url } = await receive(answerWith(500));
    const gateway = await start();
    const { id } = await buyTold(gateway, `${url}/canary-path?token=canary-query`);
    await expect.poll(async () => (await callbackOf(gateway, id))?.attempts).toBe(1);
    await gateway.post('/jobs', { ...CLIP, callback_url: 'https://x.example/?token=canary-query#canary' });
    const answers = await Promise.all(
      [`/jobs/${id}`, '/jobs', '/openapi.json'].map(async (path) => (await gateway.request(path)).text()),
    );
    const logs = gateway.logLines.join('');
    for (const text of [...answers, logs]) {
      for (const secret of [OLD, NEW]) {
        expect(text).not.toContain(secret);
        expect(text).not.toContain(secret.slice('whsec_'.length));
      }
    }
    expect(logs).not.toContain('canary-query');
    expect(logs).not.toContain('canary-path');
    expect(logs).toContain('a callback failed');
  });
});

describe('callback_url', () => {
  it.each([
    ['http://hooks.example.com/', 'https'],
    ['https://10.0.0.1/', 'public address'],
    ['http://[::1]:9/', 'public address'],
    ['https://169.254.169.254/latest/meta-data', 'public address'],
    ['https://user:pass@hooks.example.com/', 'credentials'],
    ['https://hooks.example.com/#x', 'fragment'],
    ['hooks.example.com', 'https'],
  ])('cannot be %s', async (callback_url, words) => {
    const gateway = await start({ background: false });
    const response = await gateway.post('/jobs', { ...CLIP, callback_url });
    const problem = await readAs<ProblemAnswer>(response);
    expect(problem).toMatchObject({ status: 400, errors: [{ pointer: '/callback_url' }] });
    expect(problem.detail).toContain(words);
    expect(gateway.simulator.ledger()).toEqual([]);
  });

  it('is for clients with a secret', async () => {
    const gateway = await start({ background: false });
    const response = await gateway.post(
      '/jobs',
      { ...CLIP, callback_url: 'https://hooks.example.com/' },
      { authorization: `Bearer ${OTHER_CLIENT_KEY}` },
    );
    expect(await readAs<ProblemAnswer>(response)).toMatchObject({
      status: 422,
      code: 'callback_secret_missing',
      errors: [{ pointer: '/callback_url' }],
    });
    expect(gateway.simulator.ledger()).toEqual([]);
  });

  it('is no part of a question', async () => {
    const gateway = await start({ background: false });
    const { model: _model, ...spec } = CLIP;
    const response = await gateway.post('/route', { ...spec, callback_url: 'https://hooks.example.com/' });
    expect(response.status).toBe(400);
  });

  it('is part of what an Idempotency-Key stands for', async () => {
    const gateway = await start({ background: false });
    const key = { 'idempotency-key': 'k1' };
    const post = (callback_url: string) => gateway.post('/jobs', { ...CLIP, callback_url }, key);
    const first = await readAs<JobAnswer>(await post('https://a.example/'));
    expect(await readAs<JobAnswer>(await post('https://a.example/'))).toMatchObject({ id: first.id });
    expect((await post('https://b.example/')).status).toBe(422);
  });
});
