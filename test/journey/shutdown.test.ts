// How a gateway ends: politely where it is asked to, and clearly where it cannot even begin.

import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { runProgram } from '../support/program.ts';
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

const SUBMIT_MS = 5_000;

it('answers the submit that is under way before it stops, and takes no other', PATIENT, async () => {
  const upstream = await openUpstream();
  const env = envOf(createFolder(), upstream.apiUrl);
  const gateway = await runGateway(env);
  const answer = buy(gateway.url, 'boat');
  await expect.poll(() => upstream.ledger().length, DEADLINE).toBe(1);

  gateway.signal('SIGTERM');
  await gateway.waitFor(/shutting down/);
  await expect
    .poll(
      () =>
        buy(gateway.url, 'other').then(
          (response) => response.status,
          () => 'refused',
        ),
      DEADLINE,
    )
    .not.toBe(202);
  upstream.advance(SUBMIT_MS);
  const made = await answer;
  expect(made.status).toBe(202);
  const job = (await made.json()) as JobAnswer;
  expect(job.status).toBe('pending');
  expect(await gateway.exit()).toBe(0);
  expect(gateway.output()).toContain('"stopped"');
  expect(upstream.ledger()).toHaveLength(1);

  // What it answered is what it wrote down, and its lease is free for the next.
  const next = await runGateway(env);
  expect((await readJob(next.url, job.id)).upstream.id).toBe(job.upstream.id);
  const polls = upstream.ledger()[0]?.polls ?? 0;
  await expect.poll(() => upstream.ledger()[0]?.polls, DEADLINE).toBeGreaterThan(polls);
});

it('ends at Ctrl-C as well, with clients still connected', PATIENT, async () => {
  const upstream = await openUpstream({ timeScale: 0 });
  const gateway = await runGateway(envOf(createFolder(), upstream.apiUrl));
  // Leaves a connection open, as every client with keep-alive does.
  expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  gateway.signal('SIGINT');
  expect(await gateway.exit()).toBe(0);
});

it('refuses a database that another gateway owns, and leaves that one alone', PATIENT, async () => {
  const upstream = await openUpstream({ timeScale: 0 });
  const env = envOf(createFolder(), upstream.apiUrl);
  const owner = await runGateway(env);
  const intruder = runProgram('src/main.ts', env);
  expect(await intruder.exit()).toBe(1);
  expect(intruder.output()).toContain('is in use by another Clipgate process');
  expect(intruder.output()).not.toMatch(/^\s+at /m);
  expect((await buy(owner.url, 'boat')).status).toBe(202);
});

/** A connection that says `text` and then nothing, and reads nothing of the answer unless it is told to. */
function openSocket(url: string, text: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () =>
      socket.write(text, () => resolve(socket)),
    );
    socket.pause();
    socket.once('error', reject);
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
  });
}

it('is not held up by connections that say nothing, half a request, or do not read', PATIENT, async () => {
  const upstream = await openUpstream();
  const env = { ...envOf(createFolder(), upstream.apiUrl), LOG_LEVEL: 'debug' };
  const gateway = await runGateway(env);
  await openSocket(gateway.url, '');
  await openSocket(gateway.url, 'GET /models HTTP/1.1\r\nHost: x\r\n');
  await openSocket(
    gateway.url,
    'POST /jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{',
  );
  // More answers than the buffers between two processes hold.
  await openSocket(gateway.url, 'GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500));
  const submit = buy(gateway.url, 'boat');
  await expect.poll(() => upstream.ledger().length, DEADLINE).toBe(1);

  const asked = Date.now();
  gateway.signal('SIGTERM');
  await gateway.waitFor(/shutting down/);
  // The submit is waited for all the same.
  upstream.advance(SUBMIT_MS);
  expect((await submit).status).toBe(202);
  expect(await gateway.exit()).toBe(0);
  expect(Date.now() - asked).toBeLessThan(15_000);
  expect(gateway.output()).toContain('"part":"store"');
});

it('is not ready while it drains, and serves all the same', PATIENT, async () => {
  const upstream = await openUpstream({ timeScale: 0 });
  const env = { ...envOf(createFolder(), upstream.apiUrl), DRAIN_DELAY_MS: '2500' };
  const gateway = await runGateway(env);
  await expect.poll(async () => (await fetch(`${gateway.url}/readyz`)).status, DEADLINE).toBe(200);
  gateway.signal('SIGTERM');
  await gateway.waitFor(/draining/);
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503);
  expect((await buy(gateway.url, 'boat')).status).toBe(202);
  expect(await gateway.exit()).toBe(0);
});

it('reads its key again at SIGHUP, and goes on', PATIENT, async () => {
  const upstream = await openUpstream({ timeScale: 0, apiKey: 'sk-or-v1-second' });
  const file = join(createFolder(), 'key');
  writeFileSync(file, 'sk-or-v1-first\n');
  const { OPENROUTER_API_KEY: _, ...rest } = envOf(createFolder(), upstream.apiUrl);
  const gateway = await runGateway({ ...rest, OPENROUTER_API_KEY_FILE: file });
  expect((await buy(gateway.url, 'before')).status).not.toBe(202);
  writeFileSync(file, '');
  gateway.signal('SIGHUP');
  await gateway.waitFor(/the present one stays/);
  writeFileSync(file, 'sk-or-v1-second\n');
  gateway.signal('SIGHUP');
  await gateway.waitFor(/read the OpenRouter key again/);
  expect((await buy(gateway.url, 'after')).status).toBe(202);
  expect(gateway.output()).not.toMatch(/sk-or-v1-(first|second)/);
  gateway.signal('SIGTERM');
  expect(await gateway.exit()).toBe(0);
});
