// A gateway killed in the middle of calling back tells it again when it is back, under the same id.

import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { expect, it, onTestFinished } from 'vitest';
import { startSimulator } from '../../src/simulator/index.ts';
import { CLIP } from '../support/clips.ts';
import { runProgram } from '../support/program.ts';
import { startReceiver } from '../support/receiver.ts';

const KEY = 'ck-journey';
const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;

it('loses no callback to kill -9', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clipgate-journey-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const simulator = await startSimulator({ timeScale: 0, apiKey: 'sk-or-journey' });
  onTestFinished(() => simulator.close());
  // The first call hangs until its caller is dead.
  const receiver = await startReceiver((response, count) => {
    if (count > 1) response.writeHead(200).end();
  });
  onTestFinished(() => receiver.close());
  const run = () =>
    runProgram('src/main.ts', {
      PORT: '0',
      OPENROUTER_API_KEY: 'sk-or-journey',
      OPENROUTER_BASE_URL: simulator.apiUrl,
      DATABASE_URL: `sqlite:${join(folder, 'jobs.db')}`,
      ARCHIVE_DIR: join(folder, 'clips'),
      CLIENT_KEYS: `studio:${createHash('sha256').update(KEY).digest('hex')}`,
      CALLBACK_SECRETS: `studio:${SECRET}`,
      CALLBACK_ALLOW: '127.0.0.1',
      POLL_MIN_MS: '10',
    });

  const first = run();
  const url = await first.waitFor(/(http:\/\/127\.0\.0\.1:\d+)/);
  const response = await fetch(`${url}/jobs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...CLIP, callback_url: receiver.url }),
  });
  expect(response.status).toBe(202);
  await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(1);
  first.signal('SIGKILL');
  await first.exit();

  const second = run();
  await expect.poll(() => receiver.received.length, { timeout: 15_000 }).toBe(2);
  await second.waitFor(/a callback was delivered/);
  const [before, after] = receiver.received;
  expect(after?.headers['webhook-id']).toBe(before?.headers['webhook-id']);
  expect(new Webhook(SECRET).verify(after?.body ?? '', after?.headers ?? {})).toMatchObject({
    type: 'job.completed',
  });
  expect(first.output() + second.output()).not.toContain(SECRET.slice(6));
}, 60_000);
