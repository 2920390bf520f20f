// GET /overview and the burn-down of budgets, over a real socket.

import { afterEach, expect, it } from 'vitest';
import type { components } from '../../../openapi/clipgate.d.ts';
import {
  AUDITOR_KEY,
  OPERATOR_KEY,
  OTHER_CLIENT_KEY,
  startTestGateway,
  type TestGateway,
} from '../../support/gateway.ts';

type Schemas = components['schemas'];

let t: TestGateway;
afterEach(() => t.close());

const CLIP = { model: 'google/veo-3.1-lite', prompt: 'A paper boat', duration: 4, resolution: '720p' };
const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });

async function get<T>(path: string, init = {}): Promise<T> {
  const response = await t.request(path, init);
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}

const read = (key?: string) => get<Schemas['Overview']>('/overview', key === undefined ? {} : as(key));

async function buyToTheEnd(): Promise<void> {
  const { id } = (await (await t.post('/jobs', CLIP)).json()) as Schemas['Job'];
  await expect.poll(async () => (await get<Schemas['Job']>(`/jobs/${id}`)).ended).toBe(true);
}

it('counts jobs by state, and says how each model did, to a client of its own jobs alone', async () => {
  t = await startTestGateway();
  await buyToTheEnd();
  const mine = await read();
  expect(mine.jobs).toMatchObject({ open: [], ended: [{ status: 'completed', jobs: 1 }] });
  expect(mine.models).toMatchObject([{ model: CLIP.model, ended: 1, completed: 1 }]);
  expect(mine.operations).toBeNull();
  const other = await read(OTHER_CLIENT_KEY);
  expect(other.jobs.ended).toEqual([]);
  expect(other.models).toEqual([]);
  expect((await read(AUDITOR_KEY)).jobs.ended).toEqual(mine.jobs.ended);
});

it('names what wants a person: jobs of unknown outcome, alarms with what to do, what is paused and why', async () => {
  t = await startTestGateway({ background: false });
  t.simulator.addFault({ fault: 'reset', on: 'submit', when: 'after', count: 3 });
  for (let number = 0; number < 3; number++) await t.post('/jobs', CLIP);
  const { jobs, unknown_submissions: unknown, pauses, operations } = await read(OPERATOR_KEY);
  expect(jobs.open).toEqual([{ status: 'submission_unknown', jobs: 3 }]);
  expect(unknown.data).toHaveLength(3);
  expect(unknown.data[0]).toMatchObject({ client: 'studio', model: CLIP.model });
  expect(pauses).toMatchObject([
    { scope: 'pair', model: CLIP.model, client: 'studio', submits: 3, unknown: 3, failed_trials: 0 },
  ]);
  const [{ since, trial_at: trialAt }] = pauses as [Schemas['Overview']['pauses'][number]];
  expect(Date.parse(trialAt ?? '') - Date.parse(since)).toBeCloseTo(30_000, -3);
  const alarms = operations?.alarms ?? [];
  expect(alarms.map(({ alarm, active, count }) => [alarm, active, count]).sort()).toEqual([
    ['submission_unknown', true, 3],
    ['submissions_paused', true, 1],
  ]);
  expect(alarms[0]?.action).toMatch(/\w/);
  // What keeps another client back is none of this one's business.
  expect((await read(OTHER_CLIENT_KEY)).pauses).toEqual([]);
  expect((await read()).pauses).toHaveLength(1);
});

it('says who holds buying', async () => {
  t = await startTestGateway();
  await t.post('/operations/pause', { reason: 'An invoice is being checked.' }, as(OPERATOR_KEY).headers);
  expect((await read(OPERATOR_KEY)).operations?.submissions).toMatchObject({
    held: true,
    operator: 'alice',
    reason: 'An invoice is being checked.',
  });
});

it('draws the spend of each budget up to now, by client and by key, where that is asked for', async () => {
  t = await startTestGateway();
  const operator = as(OPERATOR_KEY).headers;
  const mine = await get<Schemas['Account']>('/account');
  const scopes = [
    { kind: 'all' },
    { kind: 'client', id: 'studio' },
    { kind: 'client', id: 'agency' },
    { kind: 'key', id: mine.key_id },
  ];
  for (const [index, scope] of scopes.entries()) {
    const period = index === 0 ? 'day' : 'month';
    expect((await t.post('/budgets', { scope, limit_usd: 10, period }, operator)).status).toBe(201);
  }
  await t.post('/budgets', { scope: { kind: 'all' }, limit_usd: 10, period: 'none' }, operator);
  await buyToTheEnd();
  const list = async (query: string) =>
    (await get<Schemas['BudgetList']>(`/budgets${query}`, { headers: operator })).data;
  expect((await list(''))[0]).not.toHaveProperty('burn_down');
  const budgets = await list('?include=burn_down');
  expect(budgets).toHaveLength(5);
  for (const { scope, period, window, burn_down: points } of budgets) {
    if (period === 'none') {
      expect(points).toBeUndefined();
      continue;
    }
    expect(window.spent_usd).toBe(scope.id === 'agency' ? 0 : 0.2);
    expect(points?.[0]).toEqual({ at: window.starts_at, spent_usd: 0 });
    expect(points?.at(-1)?.spent_usd).toBe(window.spent_usd);
  }
  const account = await get<Schemas['Account']>('/account?include=burn_down');
  expect(account.budgets.filter(({ burn_down: points }) => points)).toHaveLength(3);
  expect((await t.request('/budgets?include=all', { headers: operator })).status).toBe(400);
});
