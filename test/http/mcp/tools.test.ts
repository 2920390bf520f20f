// The tools of POST /mcp: a price before every purchase, one purchase per quote, and the bounds of any other way in.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSqlite } from '../../../src/store/sqlite/sqlite-driver.ts';
import {
  AUDITOR_KEY,
  CLIENT_KEY,
  OPERATOR_KEY,
  OTHER_CLIENT_KEY,
  startTestGateway,
  type TestGateway,
  type TestGatewayOptions,
} from '../../support/gateway.ts';
import { ask, callTool, refusalOf, request } from '../../support/mcp.ts';

let gateway: TestGateway;
let offsetMs = 0;

const start = async (options: TestGatewayOptions = {}) => {
  gateway = await startTestGateway({
    background: false,
    clock: () => Date.now() + offsetMs,
    ...options,
    env: { SECRETS_KEY: 'canary-secrets-key-of-32-characters!', ...options.env },
  });
};
beforeEach(() => {
  offsetMs = 0;
});
afterEach(() => gateway.close());

const CLIP = { model: 'google/veo-3.1-lite', prompt: 'a paper boat', duration: 4, resolution: '720p' };
const MINUTE_MS = 60_000;

interface Quote {
  readonly quote: string;
  readonly model: string;
  readonly ceiling_usd: number;
}
interface JobAnswer {
  readonly id: string;
  readonly status: string;
  readonly ended: boolean;
  readonly outputs: readonly { readonly url: string }[];
}

const quote = (change: object = {}, key?: string) =>
  ask<Quote>(gateway, 'quote_clip', { ...CLIP, ...change }, key);
const buy = (by: Quote, key = 'k1', as?: string) =>
  ask<JobAnswer>(gateway, 'buy_clip', { quote: by.quote, idempotency_key: key }, as);
const refuseToBuy = (by: Quote, key = 'k1', as?: string) =>
  refusalOf(gateway, 'buy_clip', { quote: by.quote, idempotency_key: key }, as);
const bought = () => gateway.simulator.ledger();
const operate = (method: string, path: string, body: object) =>
  gateway.request(path, {
    method,
    headers: { authorization: `Bearer ${OPERATOR_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** What the database keeps of clips that were quoted. */
async function readQuotedClips(): Promise<unknown[]> {
  const { DatabaseSync } = await loadSqlite();
  const database = new DatabaseSync(gateway.config.DATABASE_URL.slice('sqlite:'.length));
  try {
    return database
      .prepare('select content from quoted_clips')
      .all()
      .map((row) => (row as { content: unknown }).content);
  } finally {
    database.close();
  }
}

async function finish(id: string): Promise<void> {
  await expect
    .poll(async () => {
      await gateway.tick();
      return (await ask<JobAnswer>(gateway, 'get_job', { id })).status;
    })
    .toBe('completed');
}

describe('the tools', () => {
  beforeEach(() => start());

  it('say which of them spends, and what they take and answer', async () => {
    const { result } = await request(gateway, 'tools/list');
    const tools = result['tools'] as {
      name: string;
      description: string;
      annotations: Record<string, boolean>;
      inputSchema: { type: string; additionalProperties: boolean; required?: string[]; properties: object };
      outputSchema: { type: string };
    }[];
    expect(tools.map(({ name }) => name).sort()).toEqual([
      'buy_clip',
      'get_job',
      'get_spend',
      'list_jobs',
      'list_models',
      'quote_clip',
      'route_clip',
      'wait_for_job',
    ]);
    for (const { name, annotations, inputSchema, outputSchema } of tools) {
      expect(annotations).toMatchObject({
        readOnlyHint: name !== 'buy_clip',
        destructiveHint: name === 'buy_clip',
        idempotentHint: true,
      });
      expect([inputSchema.type, inputSchema.additionalProperties, outputSchema.type]).toEqual([
        'object',
        false,
        'object',
      ]);
    }
    const purchase = tools.find(({ name }) => name === 'buy_clip')?.inputSchema;
    expect(Object.keys(purchase?.properties ?? {})).toEqual(['quote', 'idempotency_key']);
    expect(purchase?.required).toEqual(['quote', 'idempotency_key']);
    expect(JSON.stringify(tools).length).toBeLessThan(80_000);
  });

  it('list models in portions, narrowed by what the clip needs', async () => {
    interface Page {
      readonly data: readonly { readonly id: string; readonly generate_audio: boolean | null }[];
      readonly next_cursor: string | null;
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Page = await ask<Page>(
        gateway,
        'list_models',
        cursor === null ? { limit: 12 } : { limit: 12, cursor },
      );
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor;
    } while (cursor !== null);
    const { data } = (await (await gateway.request('/models')).json()) as Page;
    expect(seen).toEqual(data.map(({ id }) => id));
    const loud = await ask<Page>(gateway, 'list_models', { generate_audio: true, duration: 4, limit: 100 });
    expect(loud.data.length).toBeGreaterThan(0);
    expect(loud.data.every(({ generate_audio }) => generate_audio === true)).toBe(true);
  });

  it('rank models for a clip as POST /route does, the best of them first', async () => {
    const clip = { prompt: 'x', duration: 5, resolution: '720p', priority: 'fast_and_cheap' };
    const { candidates, rejected, ...answer } = (await (await gateway.post('/route', clip)).json()) as {
      readonly candidates: readonly object[];
      readonly rejected: readonly object[];
      readonly selected: string;
    };
    const ranking = await ask(gateway, 'route_clip', { ...clip, limit: 2 });
    expect(ranking).toMatchObject({
      selected: answer.selected,
      candidates: candidates.slice(0, 2),
      rejected: rejected.slice(0, 2),
      total_candidates: candidates.length,
      total_rejected: rejected.length,
    });
    expect(ranking).not.toHaveProperty('quote');
  });
});

describe('a purchase', () => {
  beforeEach(() => start());

  it('is one of the model, the clip and at most the price that were quoted', async () => {
    const quoted = await quote({
      model: undefined,
      priority: 'fast_and_cheap',
      tags: ['t1'],
      reference: 'r1',
    });
    expect(bought()).toEqual([]);
    expect(quoted.ceiling_usd).toBeGreaterThan(0);
    const { request: wanted } = quoted as unknown as { request: object };
    const job = await buy(quoted);
    expect(job).toMatchObject({
      model: quoted.model,
      tags: ['t1'],
      reference: 'r1',
      client: 'studio',
      warnings: [],
    });
    expect(bought().map(({ body }) => body)).toEqual([wanted]);
    await finish(job.id);
    expect(await ask(gateway, 'list_jobs', { tag: 't1' })).toMatchObject({
      data: [{ id: job.id }],
      next_cursor: null,
    });
    expect(await ask(gateway, 'get_spend', { group_by: 'tag' })).toMatchObject({
      data: [{ tag: 't1', jobs: 1 }],
    });
  });

  it('does not happen without a quote, whatever else is sent', async () => {
    const attempts = [
      CLIP,
      { ...CLIP, idempotency_key: 'k1' },
      { idempotency_key: 'k1' },
      { quote: '', idempotency_key: 'k1' },
      { quote: null, idempotency_key: 'k1' },
      { quote: 'quote_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB', idempotency_key: 'k1' },
      { quote: 'quote_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB', idempotency_key: 'k1', accept_unknown_price: true },
    ];
    for (const args of attempts) {
      expect(await refusalOf(gateway, 'buy_clip', args)).toMatchObject({ code: 'invalid_request' });
    }
    // The quote of another face buys there, with its clip.
    const { quote: token } = (await (
      await gateway.post('/route', { prompt: 'x', duration: 4 })
    ).json()) as Quote;
    expect(await refuseToBuy({ quote: token } as Quote)).toMatchObject({ code: 'invalid_request' });
    expect(gateway.simulator.submits()).toBe(0);
  });

  it('is answered with its job however often it is repeated, and long after its quote has expired', async () => {
    const quoted = await quote();
    const [one, other] = await Promise.all([buy(quoted), buy(quoted)]);
    expect(other.id).toBe(one.id);
    offsetMs = 60 * MINUTE_MS;
    expect((await buy(quoted)).id).toBe(one.id);
    expect(bought()).toHaveLength(1);
  });

  it('is one per quote: another key gets nothing, and neither does its key with another quote', async () => {
    const quoted = await quote();
    const { id } = await buy(quoted);
    expect(await refuseToBuy(quoted, 'k2')).toMatchObject({ code: 'quote_used' });
    expect(await refuseToBuy(await quote(), 'k1')).toMatchObject({
      code: 'idempotency_key_reused',
      job_id: id,
    });
    const together = await quote({ prompt: 'another' });
    const results = await Promise.all(
      ['k3', 'k4', 'k5'].map((key) =>
        callTool(gateway, 'buy_clip', { quote: together.quote, idempotency_key: key }),
      ),
    );
    expect(results.filter(({ isError }) => !isError)).toHaveLength(1);
    expect(bought()).toHaveLength(2);
  });

  it('belongs to the client that the quote was given to', async () => {
    const quoted = await quote();
    expect(await refuseToBuy(quoted, 'k1', OTHER_CLIENT_KEY)).toMatchObject({ code: 'invalid_request' });
    expect(await refuseToBuy(quoted, 'k1', OPERATOR_KEY)).toMatchObject({ code: 'invalid_request' });
    expect(bought()).toEqual([]);
    await buy(quoted);
  });

  it('does not happen by an expired quote, which brings a fresh one', async () => {
    const quoted = await quote();
    offsetMs = 11 * MINUTE_MS;
    const refused = await refuseToBuy(quoted);
    expect(refused).toMatchObject({ code: 'quote_expired', fresh_quote: { model: CLIP.model } });
    expect(bought()).toEqual([]);
    await buy(refused.fresh_quote as Quote);
    expect(bought()).toHaveLength(1);
  });

  it('does not happen where the model has gone', async () => {
    const quoted = await quote();
    gateway.simulator.addFault({ fault: 'remove_model', model: CLIP.model });
    await gateway.gateway.refreshCatalog();
    expect(await refuseToBuy(quoted)).toMatchObject({ code: 'quote_changed', fresh_quote: null });
    expect(gateway.simulator.submits()).toBe(0);
  });

  it('keeps nothing of the clip beside its job, so that an erasure is whole', async () => {
    const quoted = await quote({ prompt: 'a canary in the snow' });
    expect(await readQuotedClips()).toEqual([expect.stringContaining('canary')]);
    const { id } = await buy(quoted);
    await finish(id);
    expect((await gateway.request(`/jobs/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect(JSON.stringify(await ask(gateway, 'get_job', { id }))).not.toContain('canary');
    expect(await readQuotedClips()).toEqual([null]);
  });

  it('that upstream refuses may be tried again, by the same quote and key', async () => {
    const quoted = await quote();
    gateway.simulator.addFault({ fault: 'error', on: 'submit', status: 400, count: 1 });
    const refused = await refuseToBuy(quoted);
    expect(refused).toMatchObject({ code: 'upstream_rejected', job_id: expect.stringMatching(/^job_/) });
    expect((await buy(quoted)).id).not.toBe(refused.job_id);
    expect(bought()).toHaveLength(1);
  });

  it('whose outcome is unknown is one job, and stays one', async () => {
    const quoted = await quote({ prompt: 'x [sim:reset when=after]' });
    const job = await buy(quoted);
    expect(job.status).toBe('submission_unknown');
    expect((await buy(quoted)).id).toBe(job.id);
    expect(bought()).toHaveLength(1);
  });

  it('tells the log its job and its request', async () => {
    const quoted = await quote();
    const answer = await request(
      gateway,
      'tools/call',
      { name: 'buy_clip', arguments: { quote: quoted.quote, idempotency_key: 'k1' } },
      { 'x-request-id': 'agent-4711' },
    );
    const { id } = answer.result.structuredContent as unknown as JobAnswer;
    const requestId = answer.headers.get('x-request-id');
    const lines = gateway.logLines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.find((line) => line['job_id'] === id && line['route'] === '/mcp')).toMatchObject({
      method: 'POST',
      status: 200,
      client: 'studio',
    });
    expect(requestId).toBeTruthy();
    expect(gateway.logLines.join('')).toContain(`"${requestId}"`);
    const metrics = await (
      await gateway.request('/metrics', { headers: { authorization: `Bearer ${OPERATOR_KEY}` } })
    ).text();
    expect(metrics).toMatch(/route="\/mcp"/);
    expect(gateway.logLines.join('')).not.toContain('paper boat');
  });
});

describe('a clip', () => {
  it('is a link beside the job, for those who send a key or for anyone until it expires', async () => {
    await start();
    const { id } = await buy(await quote());
    expect((await callTool(gateway, 'get_job', { id })).content).toHaveLength(1);
    await finish(id);
    const fetchLink = async (args: object, headers: Record<string, string> = {}) => {
      const { content } = await callTool(gateway, 'get_job', { id, ...args });
      const link = content.find(({ type }) => type === 'resource_link');
      expect(link).toMatchObject({ mimeType: 'video/mp4', name: `${id}-0.mp4` });
      return fetch(link?.uri ?? '', { headers });
    };
    expect((await fetchLink({})).status).toBe(401);
    expect((await fetchLink({}, { authorization: `Bearer ${CLIENT_KEY}` })).status).toBe(200);
    const clip = await fetchLink({ links: 'signed' });
    expect(Buffer.from(await clip.arrayBuffer()).toString('latin1', 4, 8)).toBe('ftyp');
  });

  it('has a signed link without being asked for where CONTENT_LINKS=signed', async () => {
    await start({ env: { CONTENT_LINKS: 'signed' } });
    const { id } = await buy(await quote());
    await finish(id);
    const { content } = await callTool(gateway, 'wait_for_job', { id });
    expect((await fetch(content[1]?.uri ?? '')).status).toBe(200);
  });
});

describe('waiting for a job', () => {
  beforeEach(() => start());

  it('ends with the job, through every step on the way', async () => {
    const { id } = await buy(await quote());
    const waiting = ask<JobAnswer>(gateway, 'wait_for_job', { id });
    await finish(id);
    expect(await waiting).toMatchObject({ id, status: 'completed', ended: true });
    expect(await ask(gateway, 'wait_for_job', { id })).toMatchObject({ status: 'completed' });
  });

  it('ends with its time, and shows the job as it is', async () => {
    const { id } = await buy(await quote({ prompt: 'x [sim:stuck]' }));
    expect(await ask(gateway, 'wait_for_job', { id, timeout_s: 0.01 })).toMatchObject({ id, ended: false });
  });

  it('ends where the gateway closes', async () => {
    const { id } = await buy(await quote({ prompt: 'x [sim:stuck]' }));
    const before = gateway.logLines.length;
    const waiting = ask(gateway, 'wait_for_job', { id });
    // It waits once its look at the job is done; another answer behind it says that it was read.
    await ask(gateway, 'get_job', { id });
    expect(gateway.logLines.length).toBeGreaterThan(before);
    const closing = gateway.gateway.close();
    expect(await waiting).toMatchObject({ id, ended: false });
    await closing;
  });
});

describe('who may do what', () => {
  beforeEach(() => start());

  it('an auditor reads everything and buys nothing', async () => {
    const { id } = await buy(await quote());
    expect(await ask(gateway, 'get_job', { id }, AUDITOR_KEY)).toMatchObject({ client: 'studio' });
    expect(await ask(gateway, 'list_jobs', {}, AUDITOR_KEY)).toMatchObject({ data: [{ id }] });
    expect(await ask(gateway, 'get_spend', { group_by: 'client' }, AUDITOR_KEY)).toMatchObject({
      data: [{ client: 'studio' }],
    });
    const quoted = await quote({}, AUDITOR_KEY);
    expect(await refuseToBuy(quoted, 'k', AUDITOR_KEY)).toMatchObject({ code: 'scope_missing' });
    expect(bought()).toHaveLength(1);
  });

  it('a client sees its own jobs and its own spend', async () => {
    const { id } = await buy(await quote());
    expect(await refusalOf(gateway, 'get_job', { id }, OTHER_CLIENT_KEY)).toMatchObject({
      code: 'not_found',
    });
    expect(await refusalOf(gateway, 'wait_for_job', { id }, OTHER_CLIENT_KEY)).toMatchObject({
      code: 'not_found',
    });
    expect(await ask(gateway, 'list_jobs', {}, OTHER_CLIENT_KEY)).toMatchObject({ data: [] });
    expect(await ask(gateway, 'get_spend', {}, OTHER_CLIENT_KEY)).toMatchObject({ data: [] });
  });

  it('models that a client may not use are neither quoted nor bought', async () => {
    const quoted = await quote();
    await operate('PUT', '/clients/studio', { models: { deny: [CLIP.model] } });
    await expect.poll(async () => (await callTool(gateway, 'quote_clip', CLIP)).isError).toBe(true);
    expect(await refusalOf(gateway, 'quote_clip', CLIP)).toMatchObject({ code: 'model_not_allowed' });
    expect(await refuseToBuy(quoted)).toMatchObject({ code: 'model_not_allowed' });
    expect(gateway.simulator.submits()).toBe(0);
  });

  it('as many requests a minute as its key may make, and no more jobs at once', async () => {
    const made = await operate('POST', '/keys', {
      client: 'studio',
      limits: { requests_per_minute: 4, max_running_jobs: 1 },
    });
    const { key } = (await made.json()) as { key: string };
    const quotes = [await quote({}, key), await quote({}, key)] as const;
    const call = (by: Quote, name: string) => ({
      name: 'buy_clip',
      arguments: { quote: by.quote, idempotency_key: name },
    });
    const headers = { authorization: `Bearer ${key}` };
    expect(
      (await request(gateway, 'tools/call', call(quotes[0], 'k1'), headers)).result.isError,
    ).toBeUndefined();
    // A refusal for what runs already costs no request: two of them, and there is one left.
    for (const _ of [1, 2]) {
      const refused = await request(gateway, 'tools/call', call(quotes[1], 'k2'), headers);
      expect(refused.result.content[0]?.text).toContain('too_many_running_jobs');
    }
    expect((await request(gateway, 'tools/list', {}, headers)).status).toBe(200);
    const limited = await request(gateway, 'tools/list', {}, headers);
    expect([limited.status, limited.error.data?.code]).toEqual([429, 'rate_limited']);
    expect(limited.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(limited.headers.get('ratelimit')).toBeTruthy();
    expect(bought()).toHaveLength(1);
  });

  it('a budget without room refuses, and says which', async () => {
    const quoted = await quote();
    const budget = await operate('POST', '/budgets', {
      scope: { kind: 'client', id: 'studio' },
      limit_usd: 0.01,
      period: 'day',
    });
    const { id } = (await budget.json()) as { id: string };
    expect(await refuseToBuy(quoted)).toMatchObject({ code: 'budget_exceeded', budget: { id } });
    expect(gateway.simulator.submits()).toBe(0);
    // Nothing was bought: with room, the same key buys by the same quote.
    await operate('PATCH', `/budgets/${id}`, { limit_usd: 100 });
    await buy(quoted);
  });
});
