// A gateway that reaches OpenRouter and its bucket through a forward proxy alone: everything, and only that, goes through it.

import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { archived, CLIP, follow, type JobAnswer, readAs } from '../support/clips.ts';
import { type ConnectProxy, startConnectProxy } from '../support/connect-proxy.ts';
import { startTestGateway, type TestGateway, UPSTREAM_KEY } from '../support/gateway.ts';
import { startReceiver } from '../support/receiver.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';

const PASSWORD = 'canary-proxy-password';
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

let upstream: Simulator;
let s3: S3Server;
let proxy: ConnectProxy;
let gateway: TestGateway;
beforeEach(async () => {
  upstream = await startSimulator({ timeScale: 0, apiKey: UPSTREAM_KEY });
  s3 = await startS3Server();
  proxy = await startConnectProxy({
    'openrouter.test': upstream.port,
    's3.test': Number(new URL(s3.origin).port),
  });
  gateway = await startTestGateway({
    env: {
      // Names that no resolver knows: whatever is not sent through the proxy fails.
      OPENROUTER_BASE_URL: `http://openrouter.test:${upstream.port}/api/v1`,
      ARCHIVE_URL: `s3://${s3.bucket}/studio?region=${s3.region}&endpoint=http://s3.test`,
      AWS_ACCESS_KEY_ID: s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
      HTTP_PROXY: `http://clipgate:${PASSWORD}@127.0.0.1:${proxy.port}`,
      CALLBACK_SECRETS: `studio:${SECRET}`,
      CALLBACK_ALLOW: '127.0.0.0/8',
    },
  });
});
afterEach(async () => {
  await gateway.close();
  await proxy.close();
  await s3.close();
  await upstream.close();
});

const order = (body: object = CLIP) => gateway.post('/jobs', body);

it('catalog, submit, polls, clip and bucket go through it, callbacks do not', async () => {
  const receiver = await startReceiver();
  expect((await gateway.request('/models')).status).toBe(200);
  const { id } = await readAs<JobAnswer>(await order({ ...CLIP, callback_url: receiver.url }));
  await archived(gateway, id);
  await expect.poll(() => receiver.received.length).toBe(1);
  const clip = Buffer.from(await (await gateway.request(`/jobs/${id}/content`)).arrayBuffer());
  expect(clip.equals(s3.objects.get(`studio/${id}-0.mp4`)?.body ?? Buffer.alloc(0))).toBe(true);
  const names = new Set(proxy.asked.map(({ authority }) => authority));
  expect(names).toEqual(new Set([`openrouter.test:${upstream.port}`, 's3.test:80']));
  const authorization = `Basic ${Buffer.from(`clipgate:${PASSWORD}`).toString('base64')}`;
  expect(new Set(proxy.asked.map((one) => one.authorization))).toEqual(new Set([authorization]));
  await receiver.close();
});

it('while it is away or refuses, nothing is bought and nothing is unknown', async () => {
  expect((await gateway.request('/models')).status).toBe(200);
  proxy.refuse(407);
  proxy.cut();
  const refused = await order();
  expect(refused.status).toBeGreaterThanOrEqual(500);
  expect(await readAs<object>(refused)).toMatchObject({ code: 'upstream_unreachable' });
  await proxy.close();
  expect((await order()).status).toBeGreaterThanOrEqual(500);
  expect(upstream.submits()).toBe(0);
  const { data } = await readAs<{ data: JobAnswer[] }>(await gateway.request('/jobs'));
  expect(data.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const log = gateway.logLines.join('');
  expect(log).toContain('PROXY_ANSWERED_407');
  expect(log).toContain('PROXY_ECONNREFUSED');
  expect(log).not.toContain('"alarm":"submission_unknown"');
  expect(log).not.toContain(PASSWORD);
  expect(log).not.toContain(Buffer.from(`clipgate:${PASSWORD}`).toString('base64'));
});

it('a tunnel that breaks after the submit has left is unknown, and is not sent again', async () => {
  expect((await gateway.request('/models')).status).toBe(200);
  const ordering = order({ ...CLIP, prompt: 'x [sim:hang on=submit when=after]' });
  await expect.poll(() => upstream.ledger().length).toBe(1);
  proxy.cut();
  const { id } = await readAs<JobAnswer>(await ordering);
  expect((await follow(gateway, id)).status).toBe('submission_unknown');
  expect(upstream.submits()).toBe(1);
});
