// After a restore no key is bought twice, however often callers retry, until an operator says so.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startSimulator } from '../../../src/simulator/index.ts';
import { backupSqlite, restoreSqlite } from '../../../src/store/sqlite/backup.ts';
import { CLIP, type ProblemAnswer, readAs } from '../../support/clips.ts';
import { OPERATOR_KEY, startTestGateway, UPSTREAM_KEY } from '../../support/gateway.ts';

const KEYS_BEFORE = 20;
const KEYS_AFTER = 120;
const REPLAYS = 2_000;

it('buys none of 140 keys again in 2,000 replays, half of them at once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clipgate-restored-'));
  const file = join(folder, 'jobs.db');
  // One upstream for both lives of the gateway: its ledger is the judge.
  const upstream = await startSimulator({ timeScale: 0, apiKey: UPSTREAM_KEY, allowHttpCallbacks: true });
  const env = { OPENROUTER_BASE_URL: upstream.apiUrl };
  const keys = Array.from({ length: KEYS_BEFORE + KEYS_AFTER }, (_, index) => `key-${index}`);

  const first = await startTestGateway({ background: false, folder, env });
  const buyAll = (some: readonly string[]) =>
    Promise.all(
      some.map(async (key) => (await first.post('/jobs', CLIP, { 'idempotency-key': key })).status),
    );
  expect(new Set(await buyAll(keys.slice(0, KEYS_BEFORE)))).toEqual(new Set([202]));
  await backupSqlite(file, join(folder, 'backup'));
  expect(new Set(await buyAll(keys.slice(KEYS_BEFORE)))).toEqual(new Set([202]));
  await first.close();
  expect(upstream.submits()).toBe(keys.length);

  await restoreSqlite(join(folder, 'backup'), file, Date.now);
  const second = await startTestGateway({ background: false, folder, env });
  const replay = async (key: string) => {
    const answer = await second.post('/jobs', CLIP, { 'idempotency-key': key });
    if (answer.status === 503) {
      expect(await readAs<ProblemAnswer>(answer)).toMatchObject({ code: 'submissions_paused' });
      return 'held';
    }
    expect([answer.status, answer.headers.get('idempotent-replayed')]).toEqual([202, 'true']);
    return 'replayed';
  };
  const answers = { held: 0, replayed: 0 };
  for (let index = 0; index < REPLAYS / 2; index++)
    answers[await replay(keys[index % keys.length] ?? '')] += 1;
  for (const answer of await Promise.all(
    Array.from({ length: REPLAYS / 2 }, (_, index) => replay(keys[index % keys.length] ?? '')),
  )) {
    answers[answer] += 1;
  }
  await second.tick();
  expect(upstream.submits()).toBe(keys.length);
  expect(answers.held + answers.replayed).toBe(REPLAYS);
  expect(answers.replayed).toBeGreaterThanOrEqual(KEYS_BEFORE * 10);
  expect(await (await second.request('/readyz')).text()).toContain('held by restore since');

  // The operator has looked at the invoice, and says go: a key that is forgotten buys.
  const operator = { authorization: `Bearer ${OPERATOR_KEY}` };
  expect((await second.post('/operations/resume', {}, operator)).status).toBe(200);
  expect((await second.post('/jobs', CLIP, { 'idempotency-key': 'new' })).status).toBe(202);
  expect(upstream.submits()).toBe(keys.length + 1);
  await second.close();
  await upstream.close();
  await rm(folder, { recursive: true, force: true });
}, 120_000);
