// Operators hold buying: nothing is sent while they do, on any replica, across restarts, and all else works.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buy, CLIP, type JobAnswer, type ProblemAnswer, readAs } from '../../support/clips.ts';
import { OPERATOR_KEY, startTestGateway, type TestGateway } from '../../support/gateway.ts';

let folder: string;
let gateway: TestGateway;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clipgate-hold-'));
  gateway = await startTestGateway({ background: false, folder });
});
afterEach(async () => {
  await gateway.close();
  await rm(folder, { recursive: true, force: true });
});

const operator = { authorization: `Bearer ${OPERATOR_KEY}` };
const pause = (reason = 'The invoice is being checked.') =>
  gateway.post('/operations/pause', { reason }, operator);
const resume = () => gateway.request('/operations/resume', { method: 'POST', headers: operator });
const detail = async () => {
  const { checks } = await readAs<{ checks: { submissions: { ok: boolean; detail: string } } }>(
    await gateway.request('/readyz'),
  );
  return checks.submissions.detail;
};

it('refuses orders and says why, until it is released', async () => {
  const before = await buy(gateway);
  expect((await pause()).status).toBe(200);
  const refused = await gateway.post('/jobs', CLIP);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('60');
  expect(await readAs<ProblemAnswer>(refused)).toMatchObject({
    code: 'submissions_paused',
    detail: expect.stringContaining('The invoice is being checked.'),
  });
  expect(await detail()).toMatch(/^held by alice since .*: The invoice is being checked\.$/);
  expect((await gateway.request('/readyz')).status).toBe(200);
  await gateway.tick();
  expect((await readAs<JobAnswer>(await gateway.request(`/jobs/${before.id}`))).status).toBe('completed');
  expect((await gateway.post('/jobs', { ...CLIP, dry_run: true })).status).toBe(200);

  const released = await resume();
  expect(await released.json()).toEqual({ held: false, reason: null, operator: null, since: null });
  expect((await gateway.post('/jobs', CLIP)).status).toBe(202);
  expect(gateway.simulator.submits()).toBe(2);
});

it('answers replays of keys it knows, and buys none of them again', async () => {
  const key = { 'idempotency-key': 'k' };
  const first = await readAs<JobAnswer>(await gateway.post('/jobs', CLIP, key));
  await pause();
  const replay = await gateway.post('/jobs', CLIP, key);
  expect(replay.status).toBe(202);
  expect((await readAs<JobAnswer>(replay)).id).toBe(first.id);
  expect(gateway.simulator.submits()).toBe(1);
});

it('outlives a restart', async () => {
  await pause();
  await gateway.close();
  gateway = await startTestGateway({ background: false, folder });
  expect((await gateway.post('/jobs', CLIP)).status).toBe(503);
  expect(gateway.simulator.submits()).toBe(0);
});

it('is for operators, with a reason', async () => {
  expect((await gateway.post('/operations/pause', { reason: 'because' })).status).toBe(403);
  expect((await gateway.post('/operations/resume', {})).status).toBe(403);
  expect((await pause('')).status).toBe(400);
  expect((await gateway.post('/operations/resume', { force: true }, operator)).status).toBe(400);
  expect((await gateway.post('/jobs', CLIP)).status).toBe(202);
});
