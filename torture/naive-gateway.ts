// The gateway one writes in an afternoon, planted to be caught: it retries what failed, and keeps its jobs in memory.

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

interface NaiveJob {
  readonly id: string;
  readonly client: string;
  readonly request: unknown;
  status: string;
  upstream: { id: string | null };
  readonly outputs: readonly [];
}

const RETRIES = 5;
const POLL_MS = 100;
const { PORT = '0', OPENROUTER_BASE_URL = '', OPENROUTER_API_KEY = '' } = process.env;
const jobs = new Map<string, NaiveJob>();
const keys = new Map<string, NaiveJob>();
const headers = { authorization: `Bearer ${OPENROUTER_API_KEY}`, 'content-type': 'application/json' };

/** As every HTTP client with "robust retries" does. */
async function submit(body: unknown): Promise<string | null> {
  for (let left = RETRIES; left > 0; left--) {
    try {
      const response = await fetch(`${OPENROUTER_BASE_URL}/videos`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(1_000),
      });
      if (response.status < 500) return ((await response.json()) as { id?: string }).id ?? null;
    } catch {
      // A broken connection is worth another try, is it not?
    }
  }
  return null;
}

async function follow(job: NaiveJob): Promise<void> {
  const upstreamId = await submit(job.request);
  job.upstream = { id: upstreamId };
  job.status = upstreamId === null ? 'rejected' : 'pending';
  while (job.status === 'pending') {
    await sleep(POLL_MS);
    const response = await fetch(`${OPENROUTER_BASE_URL}/videos/${upstreamId}`, { headers }).catch(
      () => null,
    );
    const seen = (await response?.json().catch(() => null)) as { status?: string } | null;
    if (seen?.status && /completed|failed|cancelled|expired/.test(seen.status)) job.status = seen.status;
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text);
}

async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  const client = request.headers.authorization ?? '';
  const id = /^\/jobs\/([^/?]+)$/.exec(request.url ?? '')?.[1];
  if (request.method === 'POST' && request.url === '/jobs') {
    const key = `${client} ${String(request.headers['idempotency-key'])}`;
    const known = keys.get(key);
    if (known) return { status: 202, body: known };
    const spec = (await readJson(request)) as object;
    const job: NaiveJob = {
      id: `job_${randomUUID()}`,
      client,
      request: { model: 'x-ai/grok-imagine-video', ...spec },
      status: 'queued',
      upstream: { id: null },
      outputs: [],
    };
    jobs.set(job.id, job);
    keys.set(key, job);
    follow(job).catch(() => undefined);
    return { status: 202, body: job };
  }
  const job = id && jobs.get(id);
  if (id) return job && job.client === client ? { status: 200, body: job } : { status: 404, body: {} };
  const mine = [...jobs.values()].filter((one) => one.client === client);
  return { status: 200, body: { data: mine, next_cursor: null } };
}

createServer((request, response) => {
  answer(request)
    .then(({ status, body }) => response.writeHead(status).end(JSON.stringify(body)))
    .catch(() => response.destroy());
}).listen(Number(PORT), '127.0.0.1', () => process.send?.('listening'));
