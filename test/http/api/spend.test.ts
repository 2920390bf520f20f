// /spend, its export and /account over a real socket: everyone's own, every cent once, bad questions with their problem.

import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { CLIP, follow, type ProblemAnswer, readAs } from '../../support/clips.ts';
import {
  AUDITOR_KEY,
  CLIENT_KEY,
  OPERATOR_KEY,
  OTHER_CLIENT_KEY,
  startTestGateway,
  type TestGateway,
} from '../../support/gateway.ts';

interface Row {
  readonly start: string;
  readonly jobs: number;
  readonly billed_usd: number;
  readonly held_usd: number;
  readonly unknown_jobs: number;
  readonly [group: string]: unknown;
}
interface SpendAnswer {
  readonly data: readonly Row[];
  readonly total: Row;
}

const CANARY = 'tag-canary-9f31';
const ORDER_KEY = 'order-canary-12';
const FORMULA = '=HYPERLINK("http://evil.example","x")';

let gateway: TestGateway;
const asWho = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
const spendOf = async (key: string, query = '') =>
  readAs<SpendAnswer>(await gateway.request(`/spend?${query}`, asWho(key)));
const exported = async (key: string, query: string) =>
  (await gateway.request(`/spend/export?${query}`, asWho(key))).text();

beforeAll(async () => {
  gateway = await startTestGateway();
  const own = [
    { ...CLIP, tags: [CANARY, 'a, "b"'], reference: 'reference-canary-77' },
    { ...CLIP, tags: [FORMULA], reference: '+1' },
    { ...CLIP, prompt: 'a paper boat [sim:cost_null]', reference: '\uff1d1+1' },
  ];
  for (const [index, body] of own.entries()) {
    const key = index === 0 ? { 'idempotency-key': ORDER_KEY } : {};
    const { id } = await readAs<{ id: string }>(await gateway.post('/jobs', body, key));
    await follow(gateway, id);
  }
  const other = await gateway.post('/jobs', CLIP, { authorization: `Bearer ${OTHER_CLIENT_KEY}` });
  const { id } = await readAs<{ id: string }>(other);
  for (let status = ''; status !== 'completed'; ) {
    const headers = { authorization: `Bearer ${OTHER_CLIENT_KEY}`, prefer: 'wait=1' };
    ({ status } = await readAs<{ status: string }>(await gateway.request(`/jobs/${id}`, { headers })));
  }
});
afterAll(() => gateway.close());

describe('GET /spend', () => {
  it('sums what a client spent; what is unknown is in no sum as 0', async () => {
    const { total, data } = await spendOf(CLIENT_KEY);
    expect(total).toMatchObject({ jobs: 3, billed_usd: 0.24, unknown_jobs: 1, held_usd: 0.12 });
    expect(data).toEqual([total]);
  });

  it('shows operators and auditors everyone, and of one client where asked', async () => {
    for (const key of [OPERATOR_KEY, AUDITOR_KEY]) {
      const { data, total } = await spendOf(key, 'group_by=client');
      expect(total).toMatchObject({ jobs: 4, billed_usd: 0.36 });
      expect(data.map(({ client, jobs }) => [client, jobs])).toEqual([
        ['agency', 1],
        ['studio', 3],
      ]);
      expect((await spendOf(key, 'client=agency')).total.jobs).toBe(1);
    }
    expect((await gateway.request('/spend?client=agency')).status).toBe(403);
  });

  it('groups by tag and time, and counts in the total once', async () => {
    const { data, total } = await spendOf(
      CLIENT_KEY,
      'group_by=tag,model&interval=day&time_zone=Asia/Kathmandu',
    );
    expect(new Set(data.map(({ tag }) => tag))).toEqual(new Set([null, CANARY, 'a, "b"', FORMULA]));
    expect(data.reduce((jobs, row) => jobs + row.jobs, 0)).toBe(4);
    expect(total.jobs).toBe(3);
    expect(data.every(({ model }) => model === CLIP.model)).toBe(true);
  });

  test.each([
    ['a zone of another planet', 'time_zone=Mars/Base', '/time_zone'],
    ['an offset for a zone', 'time_zone=%2B02:00', '/time_zone'],
    ['a group that is none', 'group_by=team', '/group_by'],
    ['a group twice', 'group_by=tag,tag', '/group_by'],
    ['another interval', 'interval=year', '/interval'],
    ['a day without a time', 'since=2026-11-01', '/since'],
    ['a range that ends before it begins', 'since=2026-11-02T00:00:00Z&until=2026-11-01T00:00:00Z', '/until'],
    ['a range before all times', 'since=1969-01-01T00:00:00Z&until=1969-02-01T00:00:00Z', '/since'],
    ['a range of years', 'since=2020-01-01T00:00:00Z&until=2026-01-01T00:00:00Z', '/since'],
    ['too many hours', 'since=2026-01-01T00:00:00Z&until=2026-12-01T00:00:00Z&interval=hour', '/interval'],
    ['another time', 'by=created', '/by'],
    ['an unknown parameter', 'groupBy=tag', '/groupBy'],
  ])('%s is a 400 that says where', async (_what, query, pointer) => {
    const response = await gateway.request(`/spend?${query}`);
    const problem = await readAs<ProblemAnswer & { errors: { pointer: string }[] }>(response);
    expect([response.status, problem.code]).toEqual([400, 'invalid_request']);
    expect(problem.errors.map((error) => error.pointer)).toContain(pointer);
  });
});

describe('GET /spend/export', () => {
  it('is a line per attempt in RFC 4180, and no formula stays one', async () => {
    const csv = await exported(CLIENT_KEY, 'format=csv');
    const lines = csv.split('\r\n');
    expect(lines[0]).toBe(
      'job_id,attempt,client,key_id,model,tags,reference,status,ordered_at,submitted_at,ended_at,settled_at,estimated_usd,ceiling_usd,billed_usd,is_byok',
    );
    expect(lines).toHaveLength(5);
    expect(lines[1]).toContain(`"[""${CANARY}"",""a, \\""b\\""""]",reference-canary-77,completed,`);
    expect(lines[2]).toContain(`,'+1,completed,`);
    // Spreadsheets of East Asia take a wide sign for the narrow one.
    expect(lines[3]).toContain(`,'\uff1d1+1,completed,`);
    // The unknown bill is an empty cell.
    expect(lines[3]).toMatch(/,0\.12,0\.12,,(false)?$/);
    expect(csv.endsWith('\r\n')).toBe(true);
  });

  it('is the same in NDJSON, and sums to what /spend says', async () => {
    const text = await exported(OPERATOR_KEY, 'format=ndjson');
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ client }) => client)).toEqual(['studio', 'studio', 'studio', 'agency']);
    expect(lines[1]).toMatchObject({ tags: [FORMULA], reference: '+1', billed_usd: 0.12 });
    expect(lines[2]).toMatchObject({ billed_usd: null, settled_at: null });
    const { total } = await spendOf(OPERATOR_KEY);
    const billed = lines.reduce((sum, line) => sum + Math.round((line.billed_usd ?? 0) * 1e6), 0);
    expect(billed / 1e6).toBe(total.billed_usd);
    expect(await exported(OPERATOR_KEY, 'format=ndjson&client=agency')).toBe(
      `${text.trimEnd().split('\n')[3]}\n`,
    );
  });

  test.each(['format=xml', 'since=yesterday', 'cursor=1', 'format=csv&until=1960-01-01T00:00:00Z'])(
    '%s is a 400',
    async (query) => {
      expect((await gateway.request(`/spend/export?${query}`)).status).toBe(400);
    },
  );
});

describe('tags and reference', () => {
  it('stand in the job and find it', async () => {
    const list = async (key: string, query: string) =>
      (await readAs<{ data: Record<string, unknown>[] }>(await gateway.request(`/jobs?${query}`, asWho(key))))
        .data;
    const [job] = await list(CLIENT_KEY, `tag=${CANARY}`);
    expect(job).toMatchObject({
      tags: [CANARY, 'a, "b"'],
      reference: 'reference-canary-77',
      idempotency_key: ORDER_KEY,
      erased_at: null,
    });
    expect(await list(CLIENT_KEY, 'reference=reference-canary-77')).toHaveLength(1);
    expect(await list(OTHER_CLIENT_KEY, `tag=${CANARY}`)).toEqual([]);
    expect(await list(CLIENT_KEY, 'status=completed&status=failed')).toHaveLength(3);
    expect(await list(OPERATOR_KEY, `key_id=${String(job?.['key_id'])}`)).toHaveLength(3);
    expect(await list(AUDITOR_KEY, 'client=agency&since=2026-01-01T00:00:00Z')).toHaveLength(1);
    expect((await gateway.request('/jobs?key_id=key_1')).status).toBe(403);
  });

  it('never reach the log', () => {
    expect(gateway.logLines.length).toBeGreaterThan(0);
    for (const canary of [CANARY, ORDER_KEY, 'reference-canary', 'HYPERLINK']) {
      expect(gateway.logLines.filter((line) => line.includes(canary))).toEqual([]);
    }
  });

  test.each([
    ['nine tags', { tags: Array.from({ length: 9 }, (_, index) => `t${index}`) }, '/tags'],
    ['an empty tag', { tags: [''] }, '/tags/0'],
    ['a tag of 65 characters', { tags: ['x'.repeat(65)] }, '/tags/0'],
    ['a tag of two lines', { tags: ['a\r\n=b'] }, '/tags/0'],
    ['a tag that begins with a tab', { tags: ['\t=1'] }, '/tags/0'],
    ['a tag twice', { tags: ['a', 'a'] }, '/tags'],
    ['a number for a tag', { tags: [1] }, '/tags/0'],
    ['text for tags', { tags: 'a' }, '/tags'],
    ['an empty reference', { reference: '' }, '/reference'],
    ['a reference of 129 characters', { reference: 'x'.repeat(129) }, '/reference'],
    ['a reference with a zero byte', { reference: 'a\u0000' }, '/reference'],
  ])('%s is a 400, and nothing is bought', async (_what, fields, pointer) => {
    const before = gateway.simulator.ledger().length;
    const response = await gateway.post('/jobs', { ...CLIP, ...fields });
    const problem = await readAs<ProblemAnswer & { errors: { pointer: string }[] }>(response);
    expect(response.status).toBe(400);
    expect(problem.errors.map((error) => error.pointer)).toContain(pointer);
    expect(gateway.simulator.ledger()).toHaveLength(before);
  });

  test.each(['tag=', 'status=done', 'since=2026-11-02', 'until=1&since=2', 'tag=a&tag=b'])(
    'the list refuses %s',
    async (query) => {
      expect((await gateway.request(`/jobs?${query}`)).status).toBe(400);
    },
  );
});

describe('GET /account', () => {
  it('says who asks, what they may, and what their budgets have left', async () => {
    await gateway.request('/budgets', {
      method: 'POST',
      headers: { authorization: `Bearer ${OPERATOR_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ scope: { kind: 'client', id: 'studio' }, limit_usd: 5, period: 'day' }),
    });
    const account = async (key: string) =>
      readAs<Record<string, unknown>>(await gateway.request('/account', asWho(key)));
    expect(await account(CLIENT_KEY)).toMatchObject({
      kind: 'client',
      client: 'studio',
      scopes: ['read', 'write'],
      models: [],
      limits: [],
      budgets: [{ limit_usd: 5, window: { remaining_usd: 5 } }],
    });
    expect(await account(OTHER_CLIENT_KEY)).toMatchObject({ client: 'agency', budgets: [] });
    expect(await account(AUDITOR_KEY)).toMatchObject({ kind: 'auditor', scopes: ['read'] });
  });
});
