// /budgets over a real socket: limits are kept to the micro-dollar, refusals say all numbers, bad budgets are not made.

import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { CLIP, follow, type JobAnswer, type ProblemAnswer, readAs } from '../../support/clips.ts';
import {
  CLIENT_KEY,
  OPERATOR_KEY,
  OTHER_CLIENT_KEY,
  startTestGateway,
  type TestGateway,
} from '../../support/gateway.ts';

interface BudgetAnswer {
  readonly id: string;
  readonly limit_usd: number;
  readonly thresholds: number[];
  readonly window: {
    readonly spent_usd: number;
    readonly held_usd: number;
    readonly remaining_usd: number;
    readonly adjustment_usd: number;
    readonly unknown_jobs: number;
    readonly resets_at: string | null;
  };
}

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
beforeEach(async () => {
  gateway.simulator.reset();
  const { data } = await readAs<{ data: BudgetAnswer[] }>(await asOperator('GET', '/budgets?limit=100'));
  for (const { id } of data) await asOperator('DELETE', `/budgets/${id}`);
});
afterAll(() => gateway.close());

const asOperator = (method: string, path: string, body?: unknown) =>
  gateway.request(path, {
    method,
    headers: {
      authorization: `Bearer ${OPERATOR_KEY}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

const STUDIO = { scope: { kind: 'client', id: 'studio' }, limit_usd: 1, period: 'month' };
const makeBudget = async (body: object = STUDIO) =>
  readAs<BudgetAnswer>(await asOperator('POST', '/budgets', body));
const budgetOf = async (id: string) => readAs<BudgetAnswer>(await asOperator('GET', `/budgets/${id}`));
const bought = () => gateway.simulator.ledger();

describe('a budget', () => {
  it('is made, read, changed and deleted', async () => {
    const response = await asOperator('POST', '/budgets', { ...STUDIO, time_zone: 'Europe/Berlin' });
    const made = await readAs<BudgetAnswer>(response);
    expect(response.status).toBe(201);
    expect(response.headers.get('location')).toBe(`/budgets/${made.id}`);
    expect(made).toMatchObject({
      ...STUDIO,
      time_zone: 'Europe/Berlin',
      hard: true,
      thresholds: [0.5, 0.8, 1],
      unpriced_hold_usd: null,
      include_byok: false,
      window: { spent_usd: 0, held_usd: 0, remaining_usd: 1, unknown_jobs: 0 },
    });
    const changed = await asOperator('PATCH', `/budgets/${made.id}`, {
      limit_usd: 2.5,
      thresholds: [1, 0.9],
    });
    expect(await changed.json()).toMatchObject({ limit_usd: 2.5, thresholds: [0.9, 1] });
    expect((await asOperator('DELETE', `/budgets/${made.id}`)).status).toBe(204);
    expect((await asOperator('GET', `/budgets/${made.id}`)).status).toBe(404);
    expect((await asOperator('PATCH', `/budgets/${made.id}`, {})).status).toBe(404);
    expect((await asOperator('DELETE', `/budgets/${made.id}`)).status).toBe(404);
  });

  it('holds what an order may cost, then counts what it was billed', async () => {
    const { id } = await makeBudget();
    const job = await readAs<JobAnswer>(await gateway.post('/jobs', CLIP));
    const done = await follow(gateway, job.id);
    expect(done.cost.actual_usd).toBe(0.12);
    expect((await budgetOf(id)).window).toMatchObject({ spent_usd: 0.12, held_usd: 0, remaining_usd: 0.88 });
  });

  it('refuses what does not fit with 402 and every number, and nothing is bought', async () => {
    const { id } = await makeBudget({ ...STUDIO, limit_usd: 0.2 });
    await gateway.post('/jobs', CLIP).then((response) => expect(response.status).toBe(202));
    const key = { 'idempotency-key': 'over-budget' };
    const response = await gateway.post('/jobs', CLIP, key);
    const problem = await readAs<ProblemAnswer & { budget: Record<string, unknown> }>(response);
    expect(response.status).toBe(402);
    expect(problem).toMatchObject({
      code: 'budget_exceeded',
      budget: { id, scope: STUDIO.scope, limit_usd: 0.2, needed_usd: 0.12 },
    });
    const { spent_usd: spent, held_usd: held, remaining_usd: remaining } = problem.budget;
    expect([Number(spent) + Number(held), remaining]).toEqual([0.12, 0.08]);
    expect(problem.detail).toContain('$0.08 left of $0.2');
    expect(bought()).toHaveLength(1);
    // The same key buys once there is room.
    await asOperator('PATCH', `/budgets/${id}`, { limit_usd: 0.24 });
    expect((await gateway.post('/jobs', CLIP, key)).status).toBe(202);
    expect(bought()).toHaveLength(2);
  });

  it('lets other clients buy', async () => {
    await makeBudget({ ...STUDIO, limit_usd: 0 });
    expect((await gateway.post('/jobs', CLIP)).status).toBe(402);
    const other = { authorization: `Bearer ${OTHER_CLIENT_KEY}` };
    expect((await gateway.post('/jobs', CLIP, other)).status).toBe(202);
    expect(bought()).toHaveLength(1);
  });

  it('has the hold back when upstream refuses the order', async () => {
    const { id } = await makeBudget();
    gateway.simulator.addFault({ fault: 'error', count: 1, status: 400 });
    await gateway.post('/jobs', CLIP);
    expect((await budgetOf(id)).window).toMatchObject({ spent_usd: 0, held_usd: 0 });
  });

  it('holds the quoted ceiling of a quote, and the total of a fallback', async () => {
    const { id } = await makeBudget();
    const spec = { ...CLIP, model: undefined, max_cost_usd: 0.5 };
    const response = await gateway.post('/jobs', {
      ...spec,
      fallback: { max_attempts: 2, max_total_cost_usd: 1.01 },
    });
    expect(response.status).toBe(402);
    expect(await response.json()).toMatchObject({ budget: { id, needed_usd: 1.01 } });
  });

  it('is credited for the present window, on record', async () => {
    const { id } = await makeBudget({ ...STUDIO, limit_usd: 0.1 });
    expect((await gateway.post('/jobs', CLIP)).status).toBe(402);
    const response = await asOperator('POST', `/budgets/${id}/adjustments`, {
      usd: 0.02,
      reason: 'launch week',
    });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({
      budget_id: id,
      usd: 0.02,
      reason: 'launch week',
      actor: 'alice',
    });
    expect((await gateway.post('/jobs', CLIP)).status).toBe(202);
    expect((await budgetOf(id)).window).toMatchObject({ adjustment_usd: 0.02, remaining_usd: 0 });
    // Sent again under its key it is not entered again.
    const again = () =>
      gateway.post(
        `/budgets/${id}/adjustments`,
        { usd: 3, reason: 'lost answer' },
        { authorization: `Bearer ${OPERATOR_KEY}`, 'idempotency-key': 'credit-3' },
      );
    const answers = [await again(), await again()];
    expect(answers.map((answer) => answer.headers.get('idempotent-replayed'))).toEqual([null, 'true']);
    const [first, second] = await Promise.all(answers.map((answer) => answer.json()));
    expect(second).toEqual(first);
    expect((await budgetOf(id)).window.adjustment_usd).toBe(3.02);
  });

  it('raises an alarm for each threshold once', async () => {
    const { id } = await makeBudget({ ...STUDIO, limit_usd: 0.24, thresholds: [0.5, 1] });
    await gateway.post('/jobs', CLIP);
    await gateway.post('/jobs', CLIP);
    await gateway.gateway.budgetWatch.tick();
    await gateway.gateway.budgetWatch.tick();
    const alarms = gateway.logLines
      .map((line) => JSON.parse(line))
      .filter((line) => line.alarm === 'budget_threshold' && line.budget_id === id);
    expect(alarms.map(({ threshold }) => threshold).sort()).toEqual([0.5, 1]);
    expect(alarms[0]).toMatchObject({ budget_scope: STUDIO.scope, limit_usd: 0.24 });
  });

  it('is for operators', async () => {
    const { id } = await makeBudget();
    for (const [method, path] of [
      ['GET', '/budgets'],
      ['GET', `/budgets/${id}`],
      ['DELETE', `/budgets/${id}`],
    ] as const) {
      const response = await gateway.request(path, {
        method,
        headers: { authorization: `Bearer ${CLIENT_KEY}` },
      });
      expect(response.status).toBe(403);
    }
    expect((await gateway.post('/budgets', STUDIO)).status).toBe(403);
  });
});

describe('the list', () => {
  it('is paged by id and filtered by scope', async () => {
    const all = await makeBudget({ ...STUDIO, scope: { kind: 'all' } });
    const studio = await makeBudget();
    const key = await makeBudget({ ...STUDIO, scope: { kind: 'key', id: 'key_1' } });
    const list = async (query: string) => {
      const page = await readAs<{ data: BudgetAnswer[]; next_cursor: string | null }>(
        await asOperator('GET', `/budgets?${query}`),
      );
      return { ids: page.data.map(({ id }) => id), cursor: page.next_cursor };
    };
    const ids = [all.id, studio.id, key.id].sort();
    const first = await list('limit=2');
    expect(first.ids).toEqual(ids.slice(0, 2));
    expect(await list(`limit=2&cursor=${first.cursor}`)).toEqual({ ids: ids.slice(2), cursor: null });
    expect((await list('scope=client&scope_id=studio')).ids).toEqual([studio.id]);
    expect((await list('scope=all')).ids).toEqual([all.id]);
  });
});

describe('bad input', () => {
  test.each([
    ['no scope', { limit_usd: 1, period: 'day' }, '/scope'],
    ['a scope of another kind', { ...STUDIO, scope: { kind: 'team', id: 'a' } }, '/scope/kind'],
    ['a client without a name', { ...STUDIO, scope: { kind: 'client' } }, '/scope/id'],
    ['a name for everything', { ...STUDIO, scope: { kind: 'all', id: 'x' } }, '/scope/id'],
    ['a negative limit', { ...STUDIO, limit_usd: -1 }, '/limit_usd'],
    ['a limit in text', { ...STUDIO, limit_usd: '10' }, '/limit_usd'],
    ['a fraction of a micro-dollar', { ...STUDIO, limit_usd: 0.0000001 }, '/limit_usd'],
    ['next to nothing', { ...STUDIO, limit_usd: 4e-10 }, '/limit_usd'],
    ['a little more than six decimals', { ...STUDIO, limit_usd: 0.5000000004 }, '/limit_usd'],
    ['a hold of next to nothing', { ...STUDIO, unpriced_hold_usd: 1e-300 }, '/unpriced_hold_usd'],
    ['a limit beyond what is exact', { ...STUDIO, limit_usd: 1e12 }, '/limit_usd'],
    ['another period', { ...STUDIO, period: 'year' }, '/period'],
    ['an unknown zone', { ...STUDIO, time_zone: 'Mars/Base' }, '/time_zone'],
    ['an offset for a zone', { ...STUDIO, time_zone: '+02:00' }, '/time_zone'],
    ['a threshold of zero', { ...STUDIO, thresholds: [0] }, '/thresholds/0'],
    ['a threshold in percent', { ...STUDIO, thresholds: [80] }, '/thresholds/0'],
    ['a threshold twice', { ...STUDIO, thresholds: [0.5, 0.5] }, '/thresholds'],
    ['a negative hold', { ...STUDIO, unpriced_hold_usd: -1 }, '/unpriced_hold_usd'],
    ['a field of another API', { ...STUDIO, limit_reset: 'monthly' }, '/limit_reset'],
  ])('%s is a 400 that says where, and no budget is made', async (_what, body, pointer) => {
    const response = await asOperator('POST', '/budgets', body);
    const problem = await readAs<ProblemAnswer & { errors: { pointer: string }[] }>(response);
    expect(response.status).toBe(400);
    expect(problem.errors.map((error) => error.pointer)).toContain(pointer);
    const { data } = await readAs<{ data: unknown[] }>(await asOperator('GET', '/budgets'));
    expect(data).toEqual([]);
  });

  test.each([
    ['scope_id=studio'],
    ['scope=client'],
    ['scope=all&scope_id=studio'],
    ['limit=0'],
    ['cursor=budget_1'],
    ['period=day'],
  ])('the query %s is a 400', async (query) => {
    expect((await asOperator('GET', `/budgets?${query}`)).status).toBe(400);
  });

  it('an adjustment of nothing, or without a reason, is a 400', async () => {
    const { id } = await makeBudget();
    for (const body of [
      { usd: 0, reason: 'x' },
      { usd: 1 },
      { usd: 1, reason: '' },
      { usd: '1', reason: 'x' },
      { usd: 1e-7, reason: 'x' },
      { usd: -4e-10, reason: 'x' },
      { usd: 1e15, reason: 'x' },
    ]) {
      expect((await asOperator('POST', `/budgets/${id}/adjustments`, body)).status).toBe(400);
    }
    expect((await budgetOf(id)).window).toMatchObject({ adjustment_usd: 0, remaining_usd: 1 });
    for (let times = 0; times < 12; times++)
      await asOperator('POST', `/budgets/${id}/adjustments`, { usd: 1e9, reason: 'a slip of the pen' });
    expect((await budgetOf(id)).window).toMatchObject({ adjustment_usd: 1e9, remaining_usd: 1e9 + 1 });
    expect(
      (await asOperator('POST', '/budgets/budget_none/adjustments', { usd: 1, reason: 'x' })).status,
    ).toBe(404);
  });
});
