// What clients and upstream entrust to the gateway turns up nowhere else: not in the log, an error, a header or a URL.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { buy, CLIP, follow, type JobAnswer } from '../../support/clips.ts';
import {
  CLIENT_KEY,
  OTHER_CLIENT_KEY,
  startTestGateway,
  type TestGateway,
  UPSTREAM_KEY,
} from '../../support/gateway.ts';
import { sendRaw } from '../../support/raw-http.ts';

const PROMPT = 'canary-prompt-1d0a';
const DATA = 'Y2FuYXJ5LWRhdGEtdXJs';
const TRACE = 'canary-trace-9b2e';
const OPTION = 'canary-option-4c77';
const IDEMPOTENCY = 'canary-idempotency-e31f';
const QUERY = 'canary-query-77aa';
const PATH = 'canary-path-0c4d';
const STRANGER = 'ck-canary-stranger-b8d2';
const CANARIES = [
  PROMPT,
  DATA,
  TRACE,
  OPTION,
  IDEMPOTENCY,
  QUERY,
  PATH,
  STRANGER,
  UPSTREAM_KEY,
  CLIENT_KEY,
  OTHER_CLIENT_KEY,
];
/** What tells a key: its end is as bad as the whole. */
const TOKENS = [...CANARIES, UPSTREAM_KEY.slice(-12), CLIENT_KEY.slice(-12)];

const SPEC = {
  model: 'google/veo-3.1-fast',
  prompt: PROMPT,
  duration: 4,
  resolution: '720p',
  frame_images: [
    { type: 'image_url', frame_type: 'first_frame', image_url: { url: `data:image/png;base64,${DATA}` } },
  ],
  provider: { options: { 'google-vertex': { parameters: { negativePrompt: OPTION } } } },
  trace: { secret: TRACE },
};

let gateway: TestGateway;
/** Everything that was answered, less the bodies of successes: a job shows its owner what was asked, and by which key. */
const answered: string[] = [];
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

async function note(response: Response): Promise<Response> {
  answered.push(JSON.stringify([...response.headers]));
  if (response.status >= 400) answered.push(await response.clone().text());
  return response;
}
const post = async (path: string, body: unknown, headers: Record<string, string> = {}) =>
  note(await gateway.post(path, body, headers));
const get = async (path: string, headers: Record<string, string> = {}) =>
  note(await gateway.request(path, { headers }));
const postText = async (path: string, body: string, type = 'application/json') =>
  note(await gateway.request(path, { method: 'POST', body, headers: { 'content-type': type } }));

it('keeps what it was told in success', async () => {
  const { model: _, ...routed } = SPEC;
  expect((await post('/route', routed)).status).toBe(200);
  expect((await post('/jobs', { ...SPEC, dry_run: true })).status).toBe(200);
  const made = await post('/jobs', SPEC, { 'idempotency-key': IDEMPOTENCY });
  expect(made.status).toBe(202);
  await post('/jobs', SPEC, { 'idempotency-key': IDEMPOTENCY });
  const job = await follow(gateway, ((await made.json()) as JobAnswer).id);
  expect(job.status).toBe('completed');
  const {
    request: _sent,
    idempotency_key: _key,
    ...rest
  } = job as JobAnswer & {
    request: unknown;
    idempotency_key: unknown;
  };
  answered.push(JSON.stringify(rest));
  await get('/jobs');
  await (await get(`/jobs/${job.id}/content`)).arrayBuffer();
  answered.push(await (await get('/openapi.json')).text(), await (await get('/models')).text());
  expectNoCanary();
});

it('keeps it when it refuses', async () => {
  await post('/jobs', { ...SPEC, duration: PROMPT });
  await post('/jobs', { ...SPEC, duration: 99 });
  await post('/jobs', { ...SPEC, resolution: PROMPT, size: DATA, seed: TRACE, previous_job_id: PATH });
  await post('/jobs', { ...SPEC, model: 'google/nothing' });
  await post('/jobs', { ...SPEC, prompt: `${PROMPT}\0` });
  await post('/jobs', { ...SPEC, priority: PROMPT, models: { allow: [PATH] } });
  await post('/jobs', { ...SPEC, duration: 6 }, { 'idempotency-key': IDEMPOTENCY });
  await post('/jobs', SPEC, { 'idempotency-key': `${IDEMPOTENCY} é` });
  await post('/route', { ...SPEC, model: undefined, duration: 59 });
  await postText('/jobs', `{"prompt":"${PROMPT}",}`);
  await postText('/jobs', `${PROMPT} ${DATA}`);
  await postText('/jobs', PROMPT, 'text/plain');
  await get(`/jobs?limit=${QUERY}`);
  await get(`/jobs?status=${QUERY}&cursor=${QUERY}`);
  await get(`/jobs/${PATH}`);
  await get(`/${PATH}?key=${QUERY}`);
  await get(`/models/${PATH}/${PATH}?x=${QUERY}`);
  await get(`/jobs/%zz${PATH}`);
  await get('/models', { authorization: `Bearer ${STRANGER}` });
  await get('/models', { authorization: `Basic ${STRANGER}` });
  await get('/jobs', { prefer: QUERY, 'x-request-id': `<${QUERY}>` });
  for (const bytes of [
    `${PROMPT}\r\n\r\n`,
    `GET /${PATH}\0 HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET / HTTP/1.1\r\nX: ${QUERY}${'y'.repeat(20_000)}\r\n\r\n`,
  ]) {
    const [answer] = await sendRaw(gateway.url, bytes);
    answered.push(JSON.stringify(answer));
  }
  expectNoCanary();
});

it('keeps it when upstream fails or refuses', async () => {
  const { simulator } = gateway;
  const key = `the key ${UPSTREAM_KEY} is not valid`;
  for (const fault of [
    { fault: 'error', status: 401, message: key },
    { fault: 'error', status: 402, message: key },
    // Moderation quotes the prompt in its metadata.
    { fault: 'error', status: 403 },
    { fault: 'error', status: 429, by: 'provider' },
  ] as const) {
    simulator.addFault({ ...fault, count: 1 });
    await post('/jobs', SPEC);
  }
  simulator.addFault({ fault: 'fail', count: 1 });
  await follow(gateway, (await buy(gateway, SPEC)).id);
  for (const status of [401, 500, 410] as const) {
    const fault = simulator.addFault({ fault: 'error', on: 'content', status, message: key });
    const { id } = await follow(gateway, (await buy(gateway, CLIP)).id);
    await get(`/jobs/${id}/content`);
    fault();
  }
  expectNoCanary();
  expect(simulator.ledger().length).toBeGreaterThan(0);

  for (const fault of [
    { fault: 'error', status: 500, message: `${key} ${PROMPT}` },
    { fault: 'reset', when: 'after' },
    { fault: 'html' },
    { fault: 'no_id' },
    { fault: 'redirect' },
  ] as const) {
    // A few of these in a row pause buying: each meets a gateway that has seen none.
    await gateway.close();
    gateway = await startTestGateway();
    gateway.simulator.addFault({ ...fault, count: 1 });
    await post('/jobs', SPEC);
    expectNoCanary();
  }
});

function expectNoCanary(): void {
  expect(gateway.config.LOG_LEVEL).toBe('trace');
  expect(gateway.logLines.length).toBeGreaterThan(0);
  for (const [place, texts] of Object.entries({ log: gateway.logLines, answers: answered })) {
    for (const text of texts) {
      const found = TOKENS.filter((token) => text.includes(token));
      expect(found, `${place}: ${text.slice(0, 600)}`).toEqual([]);
    }
  }
}
