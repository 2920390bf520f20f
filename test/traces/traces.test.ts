// Traces of a whole gateway, as a collector receives them: tied together, sampled as one, and without a word of the order.

import { request as ask, createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { parseTraceparent } from '../../src/core/origin.ts';
import { buy, CLIP, follow, type JobAnswer, readAs } from '../support/clips.ts';
import { type Collector, startCollector } from '../support/collector.ts';
import { CLIENT_KEY, startTestGateway, type TestGateway, UPSTREAM_KEY } from '../support/gateway.ts';
import { startReceiver } from '../support/receiver.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE}-${CALLER}-01`;
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const TOKEN = 'canary-collector-token';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function collect(answer?: Parameters<typeof startCollector>[0]): Promise<Collector> {
  const collector = await startCollector(answer);
  closing.push(collector.close);
  return collector;
}

async function start(collector: Collector, env: Record<string, string> = {}): Promise<TestGateway> {
  const gateway = await startTestGateway({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${TOKEN}`,
      CALLBACK_SECRETS: `studio:${SECRET}`,
      CALLBACK_ALLOW: '127.0.0.0/8',
      ...env,
    },
  });
  closing.push(() => gateway.close());
  return gateway;
}

/** Closes the gateway, which sends what is left. */
async function flush(gateway: TestGateway): Promise<void> {
  closing.splice(closing.length - 1, 1);
  await gateway.close();
}

/** In front of upstream: remembers the headers of every request. */
async function startRelay(port: number) {
  const headers: Readonly<Record<string, unknown>>[] = [];
  const server: Server = createServer((incoming, outgoing) => {
    headers.push(incoming.headers);
    const { method, url: path } = incoming;
    const passed = ask({ host: '127.0.0.1', port, method, path, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`, headers };
}

it('an order is one trace from its caller to OpenRouter, and its end is linked to it', async () => {
  const collector = await collect();
  const receiver = await startReceiver();
  closing.push(receiver.close);
  const { startSimulator } = await import('../../src/simulator/index.ts');
  const simulator = await startSimulator({ timeScale: 0, apiKey: UPSTREAM_KEY });
  closing.push(() => simulator.close());
  const relay = await startRelay(simulator.port);
  const gateway = await start(collector, { OPENROUTER_BASE_URL: relay.url });
  const order = {
    ...CLIP,
    prompt: 'canary-prompt of a paper boat',
    frame_images: [
      {
        type: 'image_url',
        frame_type: 'first_frame',
        image_url: { url: 'https://media.example.com/canary-picture.png' },
      },
    ],
    callback_url: `${receiver.url}/canary-callback`,
  };
  const ordered = await gateway.post('/jobs?', order, { traceparent: TRACEPARENT, 'x-request-id': 'shop-1' });
  expect(ordered.status).toBe(202);
  const { id, model, upstream } = await readAs<JobAnswer>(ordered);
  const { cost } = await follow(gateway, id);
  await expect.poll(() => receiver.received.length).toBe(1);
  await flush(gateway);

  const span = (name: string) => collector.spans.find((one) => one.name === name);
  const request = span('POST /jobs');
  expect(request).toMatchObject({ traceId: TRACE, parentSpanId: CALLER, kind: 2, status: 0 });
  expect(request?.attributes).toEqual({
    'http.request.method': 'POST',
    'http.route': '/jobs',
    'http.response.status_code': 202,
    'clipgate.request.id': 'shop-1',
    'clipgate.job.id': id,
    'clipgate.client': 'studio',
  });
  expect(request?.resource).toMatchObject({ 'service.name': 'clipgate', 'service.version': '0.0.0-test' });
  const about = {
    'gen_ai.operation.name': 'generate_content',
    'gen_ai.provider.name': 'openrouter',
    'gen_ai.request.model': model,
    'gen_ai.response.id': upstream.id,
    'gen_ai.output.type': 'video',
    'clipgate.job.id': id,
    'clipgate.job.attempt': 1,
    'clipgate.client': 'studio',
    'clipgate.request.id': 'shop-1',
    'clipgate.cost.estimated_usd': cost.estimated_usd,
  };
  const submit = span(`generate_content ${model}`);
  expect(submit).toMatchObject({ traceId: TRACE, parentSpanId: request?.spanId, kind: 3, status: 0 });
  expect(submit?.attributes).toEqual({ ...about, 'clipgate.submit.outcome': 'accepted' });
  const end = span(`job ${model}`);
  expect(end?.traceId).not.toBe(TRACE);
  expect(end?.links).toEqual([{ traceId: TRACE, spanId: request?.spanId }]);
  expect(end?.attributes).toEqual({
    ...about,
    'clipgate.job.status': 'completed',
    'clipgate.cost.billed_usd': cost.actual_usd,
  });
  expect(end?.startMs).toBeGreaterThan(Date.now() - 60_000);
  expect(end?.endMs).toBeGreaterThanOrEqual(end?.startMs ?? 0);

  // The callback continues the order's trace; OpenRouter hears of none.
  expect(receiver.received[0]?.headers['traceparent']).toBe(`00-${TRACE}-${request?.spanId}-01`);
  expect(relay.headers.length).toBeGreaterThan(3);
  for (const headers of relay.headers) expect(headers).not.toHaveProperty('traceparent');
  expect(collector.headers[0]?.['authorization']).toBe(`Bearer ${TOKEN}`);
  const sent = collector.bodies.join('');
  for (const secret of ['canary-', UPSTREAM_KEY, CLIENT_KEY, receiver.url])
    expect(sent).not.toContain(secret);
  expect(gateway.logLines.join('')).not.toContain(TOKEN);
});

it('a submit that is refused, and a job that fails, are errors by their names alone', async () => {
  const collector = await collect();
  const gateway = await start(collector);
  await gateway.post('/jobs', { ...CLIP, prompt: 'x [sim:error status=400]' });
  const failed = await buy(gateway, { ...CLIP, prompt: 'x [sim:fail message=canary-words]' });
  await follow(gateway, failed.id);
  await flush(gateway);
  const submits = collector.spans.filter(({ name }) => name.startsWith('generate_content'));
  expect(submits.map(({ status, attributes }) => [status, attributes['clipgate.submit.outcome']])).toEqual([
    [2, 'rejected'],
    [0, 'accepted'],
  ]);
  const ends = collector.spans.filter(({ name }) => name.startsWith('job '));
  expect(ends.map(({ status, attributes }) => [status, attributes['error.type']])).toEqual([
    [2, expect.any(String)],
    [2, 'upstream_failed'],
  ]);
  expect(collector.bodies.join('')).not.toContain('canary-words');
});

describe('sampling', () => {
  it('follows the caller, and says so to whom it calls', async () => {
    const collector = await collect();
    const receiver = await startReceiver();
    closing.push(receiver.close);
    const gateway = await start(collector);
    const ordered = await gateway.post(
      '/jobs',
      { ...CLIP, callback_url: receiver.url },
      { traceparent: `00-${TRACE}-${CALLER}-00` },
    );
    const { id } = await readAs<JobAnswer>(ordered);
    await expect.poll(() => receiver.received.length).toBe(1);
    await flush(gateway);
    expect(parseTraceparent(receiver.received[0]?.headers['traceparent'])).toMatchObject({
      traceId: TRACE,
      isSampled: false,
    });
    expect(collector.bodies.join('')).not.toContain(id);
  });

  it('by ratio keeps the order, its submit and its end together', async () => {
    const collector = await collect();
    const sampler = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' };
    const gateway = await start(collector, sampler);
    const jobs = await Promise.all(Array.from({ length: 40 }, () => buy(gateway)));
    for (const { id } of jobs) await follow(gateway, id);
    await flush(gateway);
    const idsOf = (prefix: string) =>
      collector.spans
        .filter(({ name }) => name.startsWith(prefix))
        .map(({ attributes }) => String(attributes['clipgate.job.id']))
        .sort();
    const ended = idsOf('job ');
    expect(ended).toEqual(idsOf('POST /jobs'));
    expect(ended).toEqual(idsOf('generate_content '));
    // All or none of 40 happens once in 10^12 runs.
    expect(ended.length).toBeGreaterThan(0);
    expect(ended.length).toBeLessThan(40);
  });
});

describe('a collector that', () => {
  const orderAndStop = async (collector: Collector) => {
    const gateway = await start(collector);
    const job = await buy(gateway);
    expect((await follow(gateway, job.id)).status).toBe('completed');
    await flush(gateway);
    return gateway.logLines.map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  const dropped = 'spans could not be sent to OTEL_EXPORTER_OTLP_ENDPOINT: they are dropped';

  it('refuses disturbs nothing, and is reported once', async () => {
    const lines = await orderAndStop(
      await collect((response) => void response.writeHead(400).end('canary-answer')),
    );
    expect(lines.filter(({ msg }) => msg === dropped)).toEqual([
      expect.objectContaining({ level: 40, reason: 'answered 400' }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('canary-answer');
  });

  it('never answers holds up a shutdown no longer than its limit', async () => {
    const lines = await orderAndStop(await collect(() => undefined));
    expect(lines).toContainEqual(
      expect.objectContaining({
        part: 'traces',
        limit_ms: 3_000,
        msg: 'a part did not stop in time: stopping the others',
      }),
    );
  });
});
