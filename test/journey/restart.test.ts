// What a gateway that was killed leaves behind, and what the next one makes of it.

import { expect, it } from 'vitest';
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

// Longer than any clip takes on the live service.
const HOUR_MS = 3_600_000;
// Longer than upstream takes to accept one.
const SUBMIT_MS = 5_000;

it('resumes a job after kill -9 in the middle of polling, and buys nothing twice', PATIENT, async () => {
  const upstream = await openUpstream();
  const env = envOf(createFolder(), upstream.apiUrl);
  const first = await runGateway(env);

  const answer = buy(first.url, 'boat');
  await expect.poll(() => upstream.ledger().length, DEADLINE).toBe(1);
  upstream.advance(SUBMIT_MS);
  const made = (await (await answer).json()) as JobAnswer;
  await expect.poll(() => upstream.ledger()[0]?.polls, DEADLINE).toBeGreaterThan(2);
  first.signal('SIGKILL');
  expect(await first.exit()).toBe('SIGKILL');
  const pollsBefore = upstream.ledger()[0]?.polls ?? 0;

  const second = await runGateway(env);
  await expect.poll(() => upstream.ledger()[0]?.polls, DEADLINE).toBeGreaterThan(pollsBefore);
  upstream.advance(HOUR_MS);
  await expect.poll(async () => (await readJob(second.url, made.id)).status, DEADLINE).toBe('completed');
  const clip = await fetch(`${second.url}/jobs/${made.id}/content`);
  expect(Buffer.from(await clip.arrayBuffer()).toString('latin1', 4, 8)).toBe('ftyp');

  const again = await buy(second.url, 'boat');
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(((await again.json()) as JobAnswer).id).toBe(made.id);
  expect(upstream.ledger()).toHaveLength(1);
});

it('calls a submit that kill -9 cut off unknown, and never sends it again', PATIENT, async () => {
  const upstream = await openUpstream();
  const env = envOf(createFolder(), upstream.apiUrl);
  const first = await runGateway(env);

  const lost = buy(first.url, 'boat').catch((error: unknown) => error);
  // Upstream has the job and its bill; its answer is still on the way.
  await expect.poll(() => upstream.ledger().length, DEADLINE).toBe(1);
  first.signal('SIGKILL');
  await first.exit();
  expect(await lost).toBeInstanceOf(TypeError);

  const second = await runGateway(env);
  const find = async () => {
    const list = (await (await fetch(`${second.url}/jobs`)).json()) as { data: JobAnswer[] };
    return list.data;
  };
  await expect
    .poll(async () => (await find()).map((job) => job.status), DEADLINE)
    .toEqual(['submission_unknown']);
  const again = await buy(second.url, 'boat');
  expect(again.status).toBe(202);
  expect(await again.json()).toMatchObject({
    id: (await find())[0]?.id,
    status: 'submission_unknown',
    resubmit_safe: false,
  });
  upstream.advance(HOUR_MS);
  expect(upstream.ledger()).toHaveLength(1);
});

it('serves the last catalog, and says that it is stale, where upstream is away', PATIENT, async () => {
  const upstream = await openUpstream();
  const env = { ...envOf(createFolder(), upstream.apiUrl), CATALOG_MAX_AGE_S: '1' };
  interface Models {
    readonly data: readonly unknown[];
    readonly catalog: { readonly stale: boolean; readonly models: number };
  }
  const readModels = async (url: string) => (await (await fetch(`${url}/models`)).json()) as Models;

  const first = await runGateway(env);
  const before = await readModels(first.url);
  expect(before.data).toHaveLength(30);
  first.signal('SIGTERM');
  expect(await first.exit()).toBe(0);
  await upstream.close();

  const second = await runGateway(env);
  await expect.poll(async () => (await readModels(second.url)).catalog.stale, DEADLINE).toBe(true);
  expect((await readModels(second.url)).data).toEqual(before.data);
  const route = await fetch(`${second.url}/route`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: 'A paper boat', duration: 4 }),
  });
  expect(route.status).toBe(200);
  expect((await fetch(`${second.url}/readyz`)).status).toBe(200);
});
