// Clients without an Idempotency-Key before two replicas: an order whose connection was cut is sent again, and bought once.

import { type ClientRequest, Agent as HttpAgent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Simulator } from '../../src/simulator/index.ts';
import { createRandomSource } from '../../src/simulator/random.ts';
import { type PostgresServer, startPostgres } from '../store/postgres/postgres-server.ts';
import { createFolder, DEADLINE, envOf, openUpstream, PATIENT, runGateway } from './gateway-process.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const agent = new HttpAgent();
afterAll(() => agent.destroy());

interface Sent {
  /** The id of the job; rejects where the connection broke or no job came of it. */
  readonly job: Promise<string>;
  /** Ends the connection: by a reset, or as a client does that has no more to say. */
  cut(how: 'reset' | 'end'): void;
}

function order(url: string, prompt: string): Sent {
  const sending: ClientRequest = request(`${url}/api/v1/videos`, {
    agent,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  const job = new Promise<string>((resolve, reject) => {
    sending.on('error', reject).on('response', async (answer) => {
      let text = '';
      for await (const chunk of answer) text += String(chunk);
      if (answer.statusCode === 202) resolve((JSON.parse(text) as { id: string }).id);
      else reject(new Error(`${answer.statusCode}: ${text}`));
    });
  });
  job.catch(() => undefined);
  sending.end(JSON.stringify({ model: 'google/veo-3.1-lite', prompt, duration: 4 }));
  return {
    job,
    cut: (how) => (how === 'reset' ? sending.socket?.resetAndDestroy() : sending.destroy()) ?? undefined,
  };
}

interface Replicas {
  readonly one: string;
  readonly other: string;
  readonly upstream: Simulator;
  /** How many orders have begun, and how many of them are on record. */
  count(): Promise<{ begun: number; recorded: number }>;
  /** Keeps jobs from being recorded until the function it resolves to is called. */
  holdJobs(): Promise<() => Promise<void>>;
}

async function open(timeScale: number): Promise<Replicas> {
  const upstream = await openUpstream({ timeScale });
  const databaseUrl = await server.createDatabase();
  const env = { ...envOf(createFolder(), upstream.apiUrl), DATABASE_URL: databaseUrl };
  const [one, other] = await Promise.all([runGateway(env), runGateway(env)]);
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  database.on('error', () => undefined);
  onTestFinished(() => database.end());
  return {
    one: one.url,
    other: other.url,
    upstream,
    async count() {
      const { rows } = await database.query<{ begun: string; recorded: string }>(
        'select count(*) as begun, count(job_id) as recorded from order_answers',
      );
      return { begun: Number(rows[0]?.begun), recorded: Number(rows[0]?.recorded) };
    },
    async holdJobs() {
      const holder = new pg.Client({ connectionString: databaseUrl });
      holder.on('error', () => undefined);
      await holder.connect();
      // Jobs can be read, and none be written.
      await holder.query('begin; lock table jobs in share mode');
      return async () => {
        await holder.query('commit');
        await holder.end();
      };
    },
  };
}

describe('an order that is sent again to another replica', () => {
  it('while the first is not on record, and its connection ends after it is', PATIENT, async () => {
    const { one, other, upstream, count, holdJobs } = await open(0.5);
    const letGo = await holdJobs();
    const first = order(one, 'a paper boat');
    await expect.poll(count, DEADLINE).toEqual({ begun: 1, recorded: 0 });
    const again = order(other, 'a paper boat');
    await expect.poll(count, DEADLINE).toEqual({ begun: 2, recorded: 0 });
    await letGo();
    await expect.poll(() => upstream.ledger().length, DEADLINE).toBe(1);
    // A balancer that notices late that its client has gone.
    first.cut('reset');
    await expect(first.job).rejects.toThrow();
    await again.job;
    expect(upstream.ledger()).toHaveLength(1);
    expect(await count()).toEqual({ begun: 1, recorded: 1 });
  });

  it('while the first is not on record, and its connection ends before it is', PATIENT, async () => {
    const { one, other, upstream, count, holdJobs } = await open(0);
    const letGo = await holdJobs();
    const first = order(one, 'a paper boat');
    await expect.poll(count, DEADLINE).toEqual({ begun: 1, recorded: 0 });
    first.cut('end');
    const again = order(other, 'a paper boat');
    await letGo();
    const id = await again.job;
    // Whichever of the two was recorded is the one there is.
    const { data } = (await (await fetch(`${one}/jobs`)).json()) as { data: { id: string }[] };
    expect(data.map((job) => job.id)).toEqual([id]);
    expect(upstream.ledger()).toHaveLength(1);
  });

  it('is another clip where both connections last: n = 2 buys two', PATIENT, async () => {
    const { one, other, upstream } = await open(0.05);
    const ids = await Promise.all([order(one, 'twins').job, order(other, 'twins').job]);
    expect(new Set(ids).size).toBe(2);
    expect(upstream.ledger()).toHaveLength(2);
  });
});

it(
  'orders cut at any moment and sent again at once, to either replica, are bought once',
  PATIENT,
  async () => {
    // No answer comes before 0.4 of 2.4 seconds: none is cut on its way.
    const { one, other, upstream } = await open(0.4);
    const LATEST_CUT_MS = 300;
    const random = createRandomSource(21)('cuts');
    const anyUrl = () => (random() < 0.5 ? one : other);
    const prompts = Array.from({ length: 60 }, (_, number) => `clip ${number}`);
    await Promise.all(
      prompts.map(async (prompt) => {
        const sent = order(anyUrl(), prompt);
        await sleep(LATEST_CUT_MS * random() ** 3);
        sent.cut(random() < 0.5 ? 'reset' : 'end');
        await order(anyUrl(), prompt).job;
      }),
    );
    const bought = upstream.ledger().map(({ body }) => (body as { prompt: string }).prompt);
    expect(bought.sort()).toEqual(prompts.sort());
  },
);
