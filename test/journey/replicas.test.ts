// Two gateways on one PostgreSQL, each as its operator runs it: what one buys, both know, and either finishes.

import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type PostgresServer, startPostgres } from '../store/postgres/postgres-server.ts';
import { startReceiver } from '../support/receiver.ts';
import {
  buy,
  createFolder,
  DEADLINE,
  envOf,
  type JobAnswer,
  openUpstream,
  PATIENT,
  readJob,
  runGateway,
} from './gateway-process.ts';

const HOUR_MS = 3_600_000;
const SUBMIT_MS = 5_000;

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

it('share jobs, keys and clips, and the one goes on where the other stopped', PATIENT, async () => {
  const upstream = await openUpstream();
  const env = { ...envOf(createFolder(), upstream.apiUrl), DATABASE_URL: await server.createDatabase() };
  const [one, other] = await Promise.all([runGateway(env), runGateway(env)]);

  const answers = ['boat', 'train', 'kite', 'boat'].map((key) => buy(one.url, key));
  await expect.poll(() => upstream.ledger().length, DEADLINE).toBe(3);
  upstream.advance(SUBMIT_MS);
  const told = await Promise.all(answers);
  const made = (await Promise.all(told.map((answer) => answer.json()))) as JobAnswer[];
  // Either of the two under one key may be the one that bought; the other is told of the job as it was by then.
  const bought = made.filter((_, nth) => !told[nth]?.headers.has('idempotent-replayed'));
  expect(bought).toHaveLength(3);
  // What upstream answered is on record at once, not only when a webhook or an operator tells of it.
  for (const { status, upstream: job } of bought) {
    expect(status).toBe('pending');
    expect(job.id).not.toBeNull();
  }
  expect(new Set(made.map(({ id }) => id)).size).toBe(3);
  const replay = await buy(other.url, 'boat');
  expect([replay.status, replay.headers.get('idempotent-replayed')]).toEqual([202, 'true']);

  await expect.poll(() => upstream.ledger().every(({ polls }) => polls > 0), DEADLINE).toBe(true);
  one.signal('SIGTERM');
  await one.exit();
  upstream.advance(HOUR_MS);
  for (const { id } of made) {
    await expect.poll(async () => (await readJob(other.url, id)).status, DEADLINE).toBe('completed');
    const clip = await fetch(`${other.url}/jobs/${id}/content`);
    expect(Buffer.from(await clip.arrayBuffer()).toString('latin1', 4, 8)).toBe('ftyp');
  }
  expect(upstream.ledger()).toHaveLength(3);
});

it('say that their database is away, take nothing, and can be stopped all the same', PATIENT, async () => {
  const away = await startPostgres();
  const upstream = await openUpstream();
  const env = { ...envOf(createFolder(), upstream.apiUrl), DATABASE_URL: await away.createDatabase() };
  const gateway = await runGateway(env);
  await away.stop();
  for (const answer of [await buy(gateway.url, 'boat'), await fetch(`${gateway.url}/jobs`)]) {
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    const text = await answer.text();
    expect(text).toContain('store_unavailable');
    expect(text).not.toContain(new URL(env.DATABASE_URL).port);
  }
  expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503);
  expect(upstream.ledger()).toEqual([]);
  gateway.signal('SIGTERM');
  expect(await gateway.exit()).toBe(0);
});

it('call about an alarm once, although each of them raises it', PATIENT, async () => {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  const upstream = await openUpstream({ apiKey: 'sk-or-v1-another' });
  const env = {
    ...envOf(createFolder(), upstream.apiUrl),
    DATABASE_URL: await server.createDatabase(),
    ALARM_WEBHOOK_URL: receiver.url,
    ALARM_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    OUTBOUND_ALLOW: '127.0.0.0/8',
  };
  const replicas = await Promise.all([runGateway(env), runGateway(env)]);
  // Not in turn: both raise it while neither knows of the other's call.
  await Promise.all(replicas.map(({ url }, nth) => buy(url, `boat-${nth}`)));
  for (const replica of replicas) await replica.waitFor(/"alarm":"upstream_key_refused"/);
  await expect.poll(() => receiver.received.length, DEADLINE).toBe(1);
  // What is still to be called about is called about, or given to the other, before a process ends.
  for (const replica of replicas) {
    replica.signal('SIGTERM');
    expect(await replica.exit()).toBe(0);
  }
  const calls = receiver.received.map(({ body }) => JSON.parse(body) as { data: { alarm: string } });
  expect(calls.map(({ data }) => data.alarm)).toEqual(['upstream_key_refused']);
});
