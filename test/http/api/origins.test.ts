// The request that ordered a job, and its trace, from the order to the last log line and the callback.

import { afterEach, expect, it } from 'vitest';
import { archived, CLIP, follow, type JobAnswer, readAs } from '../../support/clips.ts';
import { OPERATOR_KEY, startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { type Receiver, startReceiver } from '../../support/receiver.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const ENV = { CALLBACK_SECRETS: `studio:${SECRET}`, CALLBACK_ALLOW: '127.0.0.0/8' };

interface Ordered extends JobAnswer {
  readonly request_id: string | null;
}

let gateway: TestGateway;
let receiver: Receiver | undefined;
afterEach(async () => {
  await gateway.close();
  await receiver?.close();
  receiver = undefined;
});

const linesAbout = (id: string) =>
  gateway.logLines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line['job_id'] === id && line['msg'] !== 'request');

it('every line about a job has the id of the request that ordered it, and so does the job', async () => {
  receiver = await startReceiver();
  gateway = await startTestGateway({ env: ENV });
  const headers = { 'x-request-id': 'shop-4711.a', traceparent: TRACEPARENT };
  const order = { ...CLIP, prompt: 'x [sim:error on=poll status=500 count=1]', callback_url: receiver.url };
  const ordered = await gateway.post('/jobs', order, headers);
  expect(ordered.status).toBe(202);
  expect(ordered.headers.get('x-request-id')).toBe('shop-4711.a');
  const { id, request_id: answered } = await readAs<Ordered>(ordered);
  expect(answered).toBe('shop-4711.a');
  await archived(gateway, id);
  await expect.poll(() => linesAbout(id).map(({ msg }) => msg)).toContain('a callback was delivered');

  const lines = linesAbout(id);
  const said = lines.map(({ msg }) => msg);
  for (const message of [
    'OpenRouter accepted the job',
    'a poll failed: retrying later',
    'a job ended',
    'clip stored',
  ])
    expect(said).toContain(message);
  for (const line of lines) expect(line).toMatchObject({ request_id: 'shop-4711.a', trace_id: TRACE });
  expect(receiver.received.map(({ headers: sent }) => sent['traceparent'])).toEqual([TRACEPARENT]);
  const read = await gateway.request(`/jobs/${id}`, { headers: { 'x-request-id': 'another' } });
  expect((await readAs<Ordered>(read)).request_id).toBe('shop-4711.a');
});

it('a job that is sent again belongs to the request that sent it', async () => {
  gateway = await startTestGateway({ env: ENV });
  const order = { ...CLIP, prompt: 'x [sim:fail]' };
  const ordered = await gateway.post('/jobs', order, { 'x-request-id': 'first', traceparent: TRACEPARENT });
  const { id } = await readAs<Ordered>(ordered);
  expect((await follow(gateway, id)).status).toBe('failed');
  const again = await gateway.post(
    `/jobs/${id}/resubmit`,
    { accept_double_charge: true },
    { 'x-request-id': 'second' },
  );
  expect(again.status).toBe(202);
  const { id: other } = await readAs<Ordered>(again);
  await follow(gateway, other);
  const end = linesAbout(other).find(({ msg }) => msg === 'a job ended');
  expect(end).toMatchObject({ request_id: 'second' });
  expect(end).not.toHaveProperty('trace_id');
});

it.each([
  ['/api/v1/videos', { model: CLIP.model, prompt: 'a boat', duration: 4, resolution: '720p' }],
  ['/v1/videos', { model: CLIP.model, prompt: 'a boat', seconds: '4' }],
])('an order at %s is tied to its request as well', async (path, body) => {
  gateway = await startTestGateway({ env: ENV });
  const ordered = await gateway.post(path, body, { 'x-request-id': 'sdk-1', traceparent: 'not one' });
  expect(ordered.ok).toBe(true);
  const { id } = await readAs<{ id: string }>(ordered);
  const asked = { headers: { authorization: `Bearer ${OPERATOR_KEY}` } };
  expect(await readAs<Ordered>(await gateway.request(`/jobs/${id}`, asked))).toMatchObject({
    request_id: 'sdk-1',
  });
});
