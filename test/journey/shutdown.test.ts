// How a gateway ends: politely where it is asked to, and clearly where it cannot even begin.

import { expect, it } from 'vitest';
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
