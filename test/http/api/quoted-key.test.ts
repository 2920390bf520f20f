// Upstream may quote the key it was called with: nobody else is to read it, nor a telling part of it.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { archived, CLIP, follow, type JobAnswer } from '../../support/clips.ts';
import { CLIENT_KEY, startTestGateway, type TestGateway, UPSTREAM_KEY } from '../../support/gateway.ts';
import { createMp4 } from '../../support/mp4.ts';

const MODELS = readFileSync(new URL('../../fixtures/videos-models.2026-10-02.json', import.meta.url), 'utf8');
const WEBHOOK_SECRET = 'whsec_canary_of_the_webhook_5c1d';
const QUOTES = [UPSTREAM_KEY, UPSTREAM_KEY.slice(-12), UPSTREAM_KEY.slice(0, 12), WEBHOOK_SECRET];
const QUOTE = QUOTES.join(' and ');

let server: Server | undefined;
let gateway: TestGateway | undefined;
afterEach(async () => {
  await gateway?.close();
  server?.close();
  server?.closeAllConnections();
});

/** An upstream that answers a submit, a poll and a content request as told. */
async function setUp(answers: {
  submit: readonly [number, unknown];
  poll?: readonly [number, unknown];
  content?: readonly [number, unknown, type?: string];
}) {
  const upstream = createServer((request, response) => {
    const answer = ([status, body, type = 'application/json']: readonly [number, unknown, type?: string]) =>
      response
        .writeHead(status, { 'content-type': type })
        .end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
    request.resume();
    if (request.method === 'POST') answer(answers.submit);
    else if (request.url?.endsWith('/videos/models')) answer([200, MODELS]);
    else if (request.url?.includes('/content') && answers.content) answer(answers.content);
    else if (request.url?.endsWith('/videos/gen-vid-1') && answers.poll) answer(answers.poll);
    else answer([404, { error: { code: 404, message: `Not found for ${QUOTE}` } }]);
  }).listen(0, '127.0.0.1');
  server = upstream;
  await once(upstream, 'listening');
  const { port } = upstream.address() as AddressInfo;
  gateway = await startTestGateway({
    env: {
      OPENROUTER_BASE_URL: `http://127.0.0.1:${port}/api/v1`,
      OPENROUTER_WEBHOOK_SECRET: WEBHOOK_SECRET,
    },
  });
  return gateway;
}

/** No answer, no line of the log and no byte of the database holds any of it. */
function expectNoSecret(at: TestGateway, answers: readonly string[]): void {
  const file = at.config.DATABASE_URL.replace(/^sqlite:/, '');
  const kept = ['', '-wal'].map((end) => readFileSync(join(`${file}${end}`)).toString('latin1'));
  for (const text of [...answers, ...at.logLines, ...kept]) {
    for (const secret of QUOTES) expect(text).not.toContain(secret);
  }
}

const ACCEPTED = [202, { id: 'gen-vid-1', status: 'pending' }] as const;

it.each([400, 403, 404, 413, 429])('a refusal with %i shows none of it', async (status) => {
  const error = {
    code: status,
    message: `Key ${QUOTE} refused`,
    metadata: { raw: QUOTE, limit_source: QUOTE },
  };
  const at = await setUp({ submit: [status, { error }] });
  const refused = await at.post('/jobs', CLIP);
  expect(refused.status).toBe(status);
  const problem = await refused.text();
  if (status !== 429) expect(problem).toContain('Key [secret] and [secret]');
  const { job_id: id } = JSON.parse(problem) as { job_id: string };
  expectNoSecret(at, [problem, await (await at.request(`/jobs/${id}`)).text()]);
});

it('a job that failed shows none of it', async () => {
  const poll = [200, { id: 'gen-vid-1', status: 'failed', error: `Denied for ${QUOTE}` }] as const;
  const at = await setUp({ submit: ACCEPTED, poll });
  const { id } = (await (await at.post('/jobs', CLIP)).json()) as JobAnswer;
  const job = await follow(at, id);
  expect(job.error?.message).toContain('Denied for [secret]');
  expectNoSecret(at, [JSON.stringify(job)]);
});

it('a poll that is refused shows none of it', async () => {
  const at = await setUp({ submit: ACCEPTED, poll: [400, { error: { code: 400, message: QUOTE } }] });
  const { id } = (await (await at.post('/jobs', CLIP)).json()) as JobAnswer;
  await at.tick();
  expectNoSecret(at, [await (await at.request(`/jobs/${id}`)).text()]);
});

it('content that is refused shows none of it', async () => {
  const at = await setUp({
    submit: ACCEPTED,
    poll: [200, { id: 'gen-vid-1', status: 'completed', unsigned_urls: ['x'], usage: { cost: 0.1 } }],
    content: [403, { error: { code: 403, message: QUOTE } }],
  });
  const { id } = (await (await at.post('/jobs', CLIP)).json()) as JobAnswer;
  await follow(at, id);
  const content = await at.request(`/jobs/${id}/content`);
  expect(content.status).toBeGreaterThanOrEqual(400);
  expectNoSecret(at, [await content.text()]);
});

it('a clip whose media type quotes it is a plain MP4', async () => {
  const at = await setUp({
    submit: ACCEPTED,
    poll: [200, { id: 'gen-vid-1', status: 'completed', unsigned_urls: ['x'], usage: { cost: 0.1 } }],
    content: [200, createMp4(1_000), `video/${UPSTREAM_KEY}`],
  });
  const { id } = (await (await at.post('/jobs', CLIP)).json()) as JobAnswer;
  const job = await archived(at, id);
  const content = await at.request(`/jobs/${id}/content`);
  expect(content.headers.get('content-type')).toBe('video/mp4');
  expectNoSecret(at, [JSON.stringify(job), JSON.stringify([...content.headers])]);
});

const PENDING = { id: 'gen-vid-1', status: 'pending' };
it.each<[what: string, answer: readonly [number, unknown]]>([
  ['a status', [200, { ...PENDING, status: UPSTREAM_KEY }]],
  ['a status_detail', [200, { ...PENDING, status_detail: QUOTE }]],
  ['a generation id', [200, { ...PENDING, generation_id: UPSTREAM_KEY }]],
  ['an error in an error', [200, { ...PENDING, status: 'error', error: { error: { message: QUOTE } } }]],
  ['an error of a strange form', [200, { ...PENDING, status: 'failed', error: { [UPSTREAM_KEY]: [QUOTE] } }]],
  ['an address', [200, { ...PENDING, polling_url: QUOTE, urls: [QUOTE], unsigned_urls: [QUOTE] }]],
  ['a refusal without an envelope', [410, { message: QUOTE }]],
  ['a refusal in plain words', [422, QUOTE]],
])('a poll that quotes it in %s shows none of it on any face', async (_what, poll) => {
  const at = await setUp({ submit: ACCEPTED, poll });
  const { id } = (await (await at.post('/jobs', CLIP)).json()) as JobAnswer;
  for (let polls = 0; polls < 3; polls++) await at.tick();
  const answers = await Promise.all(
    [`/jobs/${id}`, '/jobs', `/api/v1/videos/${id}`, `/v1/videos/${id}`, '/v1/videos'].map(async (path) => {
      const answer = await fetch(`${at.url}${path}`, { headers: { authorization: `Bearer ${CLIENT_KEY}` } });
      expect(answer.status).toBe(200);
      return answer.text();
    }),
  );
  expectNoSecret(at, answers);
});
