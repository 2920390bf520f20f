// GET /metrics on a whole gateway: who may read it, what it says of a purchase, and that callers cannot make it grow.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createPrometheus } from '../../src/metrics/prometheus.ts';
import type { Readings } from '../../src/service/runtime/metrics.ts';
import {
  AUDITOR_KEY,
  CLIENT_KEY,
  OPERATOR_KEY,
  startTestGateway,
  type TestGateway,
  type TestGatewayOptions,
} from '../support/gateway.ts';

const METRICS_KEY = 'mk-canary-metrics-93ab';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

let gateway: TestGateway;
afterEach(() => gateway?.close());
const start = async (options: TestGatewayOptions = {}) => {
  gateway = await startTestGateway({ background: false, ...options });
};

const scrape = async (key = OPERATOR_KEY): Promise<string> => {
  const answer = await gateway.request('/metrics', { headers: bearer(key) });
  expect(answer.status).toBe(200);
  return answer.text();
};
/** Names and labels without their values. */
const seriesOf = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.slice(0, line.lastIndexOf(' ')));
const readValue = (text: string, series: string): number | undefined => {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};

describe('who may read the metrics', () => {
  it('operators, auditors and the metrics key may; others may not', async () => {
    await start({ env: { METRICS_KEY: sha256(METRICS_KEY) } });
    const statusFor = async (headers: Record<string, string>) =>
      (await fetch(`${gateway.url}/metrics`, { headers })).status;
    expect(await statusFor({})).toBe(401);
    expect(await statusFor(bearer('wrong-key'))).toBe(401);
    expect(await statusFor(bearer(CLIENT_KEY))).toBe(403);
    for (const key of [OPERATOR_KEY, AUDITOR_KEY, METRICS_KEY])
      expect(await statusFor(bearer(key))).toBe(200);
    // It reads metrics and nothing else.
    expect((await gateway.request('/jobs', { headers: bearer(METRICS_KEY) })).status).toBe(401);
  });

  it('a gateway without keys shows them to no client', async () => {
    await start({ env: { CLIENT_AUTH: 'none', CLIENT_KEYS: '' } });
    expect((await fetch(`${gateway.url}/metrics`)).status).toBe(403);
  });

  it('with METRICS_PORT they are on that port alone, until the gateway has stopped', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    await start({ env: { METRICS_PORT: String(port) } });
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(readValue(await answer.text(), 'clipgate_store_ready')).toBe(1);
    expect((await fetch(`http://127.0.0.1:${port}/jobs`)).status).toBe(404);
    const main = await fetch(`${gateway.url}/metrics`, { headers: bearer(OPERATOR_KEY) });
    expect(main.status).toBe(404);
    await gateway.gateway.close();
    await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
  });

  it('refuses to start where METRICS_PORT is taken, and names it', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    await expect(start({ env: { METRICS_PORT: String(port) } })).rejects.toThrow(/METRICS_PORT/);
    holder.close();
  });
});

it('counts a purchase from its request to its bill, and reads budgets and jobs from the database', async () => {
  await start();
  const budget = await gateway.request('/budgets', {
    method: 'POST',
    headers: { ...bearer(OPERATOR_KEY), 'content-type': 'application/json' },
    body: JSON.stringify({ scope: { kind: 'all' }, limit_usd: 50, period: 'month', time_zone: 'UTC' }),
  });
  expect(budget.status).toBe(201);
  const { id: budgetId } = (await budget.json()) as { id: string };
  const before = await scrape();
  expect(readValue(before, 'clipgate_jobs{status="pending"}')).toBe(0);
  expect(readValue(before, `clipgate_budget_limit_usd{budget="${budgetId}"}`)).toBe(50);

  const created = await gateway.post('/jobs', { prompt: 'A paper boat', duration: 4, resolution: '720p' });
  expect(created.status).toBe(202);
  const { id, model } = (await created.json()) as { id: string; model: string };
  expect(readValue(await scrape(), 'clipgate_jobs{status="pending"}')).toBe(1);
  let job: { status: string; cost?: { actual_usd: number } } = { status: '' };
  await vi.waitFor(async () => {
    await gateway.tick();
    job = (await (await gateway.request(`/jobs/${id}`)).json()) as typeof job;
    expect(job.status).toBe('completed');
  }, 10_000);

  const lines = gateway.logLines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const ends = lines.filter(({ msg }) => msg === 'a job ended');
  expect(ends).toEqual([
    expect.objectContaining({
      job_id: id,
      client: 'studio',
      model,
      status: 'completed',
      estimated_usd: expect.any(Number),
      billed_usd: job.cost?.actual_usd,
      seconds: expect.any(Number),
      attempts: 1,
    }),
  ]);
  const orders = lines.filter(
    ({ msg, method, route }) => msg === 'request' && method === 'POST' && route === '/jobs',
  );
  expect(orders).toEqual([expect.objectContaining({ job_id: id, status: 202 })]);
  const after = await scrape();
  const bill = job.cost?.actual_usd ?? 0;
  expect(bill).toBeGreaterThan(0);
  const spent = readValue(after, `clipgate_spend_usd_total{client="studio",model="${model}"}`);
  expect(spent).toBeCloseTo(bill, 6);
  expect(readValue(after, `clipgate_budget_spent_usd{budget="${budgetId}"}`)).toBeCloseTo(bill, 6);
  expect(readValue(after, `clipgate_budget_held_usd{budget="${budgetId}"}`)).toBe(0);
  expect(readValue(after, `clipgate_submits_total{model="${model}",outcome="accepted"}`)).toBe(1);
  expect(readValue(after, `clipgate_jobs_ended_total{model="${model}",status="completed"}`)).toBe(1);
  expect(readValue(after, 'clipgate_http_requests_total{method="POST",route="/jobs",status="202"}')).toBe(1);
  expect(readValue(after, 'clipgate_jobs{status="pending"}')).toBe(0);
  expect(readValue(after, 'clipgate_breaker_open{scope="all"}')).toBe(0);
  expect(readValue(after, 'clipgate_alarms_total{alarm="submission_unknown"}')).toBe(0);
});

it('invented paths, models and keys add no series and appear nowhere', { timeout: 120_000 }, async () => {
  await start({ env: { LOG_LEVEL: 'silent', METRICS_KEY: sha256(METRICS_KEY) } });
  const headers = { ...bearer(CLIENT_KEY), 'content-type': 'application/json' };
  const invent = async (n: number) => {
    const asked = [
      fetch(`${gateway.url}/invented-${n}/${n}`, { headers }),
      fetch(`${gateway.url}/jobs`, { headers: bearer(`invented-key-${n}`) }),
      fetch(`${gateway.url}/jobs`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ prompt: 'x', model: `invented/model-${n}` }),
      }),
    ];
    for (const answer of await Promise.all(asked)) await answer.arrayBuffer();
  };
  // The first wrong keys of an address are answered 401, the next 429: both are there before the count.
  for (let n = 0; n < 60; n++) await invent(n);
  await scrape(METRICS_KEY);
  const before = seriesOf(await scrape(METRICS_KEY));
  for (let n = 60; n < 1_000; n += 20)
    await Promise.all(Array.from({ length: 20 }, (_, index) => invent(n + index)));
  const text = await scrape(METRICS_KEY);
  expect(text).not.toContain('invented');
  const own = (names: string[]) => names.filter((name) => name.startsWith('clipgate_'));
  expect(own(seriesOf(text))).toEqual(own(before));
});

const READINGS: Readings = {
  storeReady: false,
  openJobs: null,
  budgets: null,
  budgetDriftUsd: null,
  archive: null,
  catalog: null,
  backlog: null,
  inFlight: {},
  openBreakers: { pair: 0, model: 0, client: 0, all: 0 },
};

it('10,000 models, clients, methods and routes that nobody knows share the series `other`', async () => {
  const metrics = createPrometheus({
    version: '1',
    alarms: ['a'],
    hasModel: (id) => id === 'known/model',
    read: async () => READINGS,
  });
  metrics.submitEnded({ model: 'known/model', outcome: 'accepted', seconds: 1 });
  for (let n = 0; n < 10_000; n++) {
    const model = `m${n}`;
    metrics.submitEnded({ model, outcome: 'rejected', seconds: 1 });
    metrics.jobEnded({ model, status: 'failed', seconds: 1, estimatedUsd: 1, billedUsd: 1 });
    metrics.spent({ client: `c${n}`, model, usd: 0.5 });
    metrics.requestEnded({ method: `M${n}`, route: null, status: 404, seconds: 0 });
  }
  const { text } = await metrics.render();
  expect(readValue(text, 'clipgate_submits_total{model="known/model",outcome="accepted"}')).toBe(1);
  expect(readValue(text, 'clipgate_submits_total{model="other",outcome="rejected"}')).toBe(10_000);
  const spend = seriesOf(text).filter((name) => name.startsWith('clipgate_spend_usd_total'));
  expect(spend).toHaveLength(201);
  expect(readValue(text, 'clipgate_spend_usd_total{client="other",model="other"}')).toBe(4_900);
  expect(readValue(text, 'clipgate_http_requests_total{method="other",route="other",status="404"}')).toBe(
    10_000,
  );
});

it('leaves out a gauge without a value, also one that had a value before', async () => {
  let readings: Readings = {
    ...READINGS,
    storeReady: true,
    openJobs: new Map([['queued', 3]]),
    budgets: [{ id: 'b1', limitUsd: 5, spentUsd: 1, heldUsd: 0, endsAtS: null }],
    budgetDriftUsd: 0,
    catalog: { ageS: 4, models: 30, unreadable: 0 },
    archive: { bytes: 12, backlog: 0 },
  };
  const metrics = createPrometheus({
    version: '1',
    alarms: [],
    hasModel: () => true,
    read: async () => readings,
  });
  const gauges = [
    'clipgate_jobs{status="queued"}',
    'clipgate_budget_limit_usd{budget="b1"}',
    'clipgate_budget_drift_usd',
    'clipgate_catalog_age_seconds',
    'clipgate_archive_bytes',
  ];
  const first = (await metrics.render()).text;
  expect(gauges.map((name) => readValue(first, name))).toEqual([3, 5, 0, 4, 12]);
  expect(seriesOf(first).join('\n')).not.toContain('budget_window_end');
  readings = READINGS;
  const second = (await metrics.render()).text;
  expect(gauges.map((name) => readValue(second, name))).toEqual(gauges.map(() => undefined));
  expect(readValue(second, 'clipgate_store_ready')).toBe(0);
});
