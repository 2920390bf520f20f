// Upstream may quote the address of our webhook when it says no. It is a secret: nobody else is to read it.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import { CLIP, follow, type JobAnswer } from '../../support/clips.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

const MODELS = readFileSync(new URL('../../fixtures/videos-models.2026-10-02.json', import.meta.url), 'utf8');

let server: Server | undefined;
let gateway: TestGateway | undefined;
afterEach(async () => {
  await gateway?.close();
  server?.close();
  server?.closeAllConnections();
});

/** An upstream that quotes: in its refusals, or in the error of a job that failed. */
async function setUp(says: 'no' | 'failed', field = 'Unreachable webhook') {
  const hooks: string[] = [];
  const quote = () => `${field} ${hooks.at(-1)}: ${'it cannot be reached '.repeat(200)}`;
  const upstream = createServer(async (request, response) => {
    const answer = (status: number, body: unknown) =>
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(typeof body === 'string' ? body : JSON.stringify(body));
    if (request.method === 'POST') {
      hooks.push(((await json(request)) as { callback_url: string }).callback_url);
      if (says === 'no') answer(400, { error: { code: 400, message: quote() } });
      else answer(202, { id: 'gen-vid-1', status: 'pending' });
    } else if (request.url?.endsWith('/videos/models')) answer(200, MODELS);
    else if (request.url?.endsWith('/videos/gen-vid-1')) {
      answer(200, { id: 'gen-vid-1', status: 'failed', error: quote() });
    } else answer(404, { error: { code: 404, message: 'Not found' } });
  }).listen(0, '127.0.0.1');
  server = upstream;
  await once(upstream, 'listening');
  const { port } = upstream.address() as AddressInfo;
  const started = await startTestGateway({
    webhooks: true,
    env: { OPENROUTER_BASE_URL: `http://127.0.0.1:${port}/api/v1` },
  });
  gateway = started;
  return { at: started, hooks };
}

function expectNoNonce(at: TestGateway, hooks: readonly string[], answers: readonly string[]): void {
  const nonces = hooks.map((hook) => hook.slice(-32));
  expect(nonces).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
  for (const text of [...answers, ...at.logLines]) {
    for (const nonce of nonces) expect(text).not.toContain(nonce);
  }
}

it('is told to nobody where upstream refuses a job for it', async () => {
  const { at, hooks } = await setUp('no');
  const refused = await at.post('/jobs', CLIP);
  expect(refused.status).toBe(400);
  const problem = await refused.text();
  expect(JSON.parse(problem)).toMatchObject({
    code: 'upstream_rejected',
    detail: expect.stringMatching(/^Unreachable webhook \[our webhook\]: it cannot be reached /),
  });
  const { job_id } = JSON.parse(problem) as { job_id: string };
  const job = await (await at.request(`/jobs/${job_id}`)).text();
  expect(JSON.parse(job)).toMatchObject({ status: 'rejected', error: { code: 'upstream_rejected' } });
  expectNoNonce(at, hooks, [problem, job]);
});

it('is told to nobody where upstream ends a job for it, at whatever length', async () => {
  const { at, hooks } = await setUp('failed');
  const made = await at.post('/jobs', CLIP);
  expect(made.status).toBe(202);
  const { id } = (await made.json()) as JobAnswer;
  const job = await follow(at, id);
  expect(job).toMatchObject({
    status: 'failed',
    error: {
      code: 'upstream_failed',
      message: expect.stringMatching(/^Unreachable webhook \[our webhook\]: it/),
    },
  });
  expect(job.error?.message.length).toBeLessThanOrEqual(1_000);
  expectNoNonce(at, hooks, [JSON.stringify(job)]);
});

it('is the operator’s fault where upstream refuses it, and no other model is tried', async () => {
  const { at, hooks } = await setUp('no', 'Invalid callback_url');
  const { model: _, ...clip } = CLIP;
  const fallback = { max_attempts: 3, max_total_cost_usd: 5 };
  const refused = await at.post('/jobs', { ...clip, fallback });
  expect(refused.status).toBe(502);
  const problem = await refused.text();
  const { job_id, ...said } = JSON.parse(problem) as Record<string, string>;
  expect(said).toMatchObject({
    code: 'public_url_refused',
    detail: expect.stringContaining('Nothing was bought'),
  });
  const job = await (await at.request(`/jobs/${job_id}`)).text();
  expect(JSON.parse(job)).toMatchObject({
    status: 'rejected',
    resubmit_safe: true,
    error: { code: 'public_url_refused' },
  });
  expect(at.logLines.filter((line) => line.includes('"alarm":"public_url_refused"'))).toHaveLength(1);
  expectNoNonce(at, hooks, [problem, job]);
});

it('is not blamed for a field of that name in what the client sent', async () => {
  const { at } = await setUp('no', 'Invalid callback_url');
  const refused = await at.post('/jobs', { ...CLIP, trace: { callback_url: 'mine' } });
  expect(await refused.json()).toMatchObject({ status: 400, code: 'upstream_rejected' });
});
