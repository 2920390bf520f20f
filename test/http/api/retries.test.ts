// A no from upstream, over real sockets: waited out, handed to the next candidate, or told; and buying that pauses.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from '../../support/gateway.ts';

interface AttemptBody {
  readonly model: string;
  readonly status: string;
  readonly upstream_id: string | null;
  readonly error: { readonly code: string } | null;
}
interface JobBody {
  readonly id: string;
  readonly status: string;
  readonly model: string;
  readonly code: string;
  readonly job_id: string;
  readonly error: { readonly code: string } | null;
  readonly attempts: readonly AttemptBody[];
  readonly cost: { readonly actual_usd: number | null };
}

let gateway: TestGateway | undefined;
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
});

const SPEC = { prompt: 'a paper boat', duration: 4, resolution: '720p', aspect_ratio: '16:9' };
const CLIP = { model: 'google/veo-3.1-lite', ...SPEC };
const ASYNC = { prefer: 'respond-async' };
const ROUTED = { ...SPEC, priority: 'fast_and_cheap' };
const FALLBACK = { fallback: { max_attempts: 3, max_total_cost_usd: 5 } };

async function start(options: TestGatewayOptions = {}) {
  const started = await startTestGateway(options);
  gateway = started;
  return started;
}

async function post(at: TestGateway, body: object, headers: Record<string, string> = {}) {
  const answer = await at.post('/jobs', body, headers);
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as JobBody };
}

const read = async (at: TestGateway, id: string) =>
  (await (await at.request(`/jobs/${id}`)).json()) as JobBody;

const modelsOf = async (at: TestGateway): Promise<string[]> => {
  const answer = await at.post('/route', ROUTED);
  const { candidates } = (await answer.json()) as { candidates: { model: string }[] };
  return candidates.map(({ model }) => model);
};

describe('a refusal that holds only for now', () => {
  it.each([
    ['the in-flight budget', { status: 402, limit_source: 'openrouter_in_flight_budget', retry_after_s: 1 }],
    ['too many requests', { status: 429, retry_after_s: 1 }],
  ] as const)('is waited out for who does not wait, and bought once: %s', async (_name, refusal) => {
    const at = await start();
    at.simulator.addFault({ fault: 'error', count: 1, ...refusal });
    const { status, body } = await post(at, CLIP, ASYNC);
    expect(status).toBe(202);
    await expect.poll(() => read(at, body.id)).toMatchObject({ status: 'queued', error: expect.anything() });
    await expect
      .poll(() => read(at, body.id), { timeout: 10_000 })
      .toMatchObject({ status: 'completed', error: null });
    expect(at.simulator.ledger()).toHaveLength(1);
  });

  it('ends the job where the time told lies past max_wait_s', async () => {
    const at = await start();
    at.simulator.addFault({ fault: 'error', status: 429, retry_after_s: 120 });
    const { body } = await post(at, { ...CLIP, max_wait_s: 110 }, ASYNC);
    await expect
      .poll(() => read(at, body.id))
      .toMatchObject({
        status: 'rejected',
        error: { code: 'upstream_rate_limited' },
      });
  });

  it('is told at once to who waits, and frees the key', async () => {
    const at = await start();
    at.simulator.addFault({ fault: 'error', status: 429, retry_after_s: 7, count: 1 });
    const refused = await post(at, CLIP, { 'idempotency-key': 'k' });
    expect(refused).toMatchObject({ status: 429, body: { code: 'upstream_rate_limited' } });
    expect(refused.headers.get('retry-after')).toBe('7');
    expect(await read(at, refused.body.job_id)).toMatchObject({ status: 'rejected' });
    const again = await post(at, CLIP, { 'idempotency-key': 'k' });
    expect(again).toMatchObject({ status: 202 });
    expect(again.body.id).not.toBe(refused.body.job_id);
    expect(at.simulator.ledger()).toHaveLength(1);
  });
});

describe('an unknown outcome', () => {
  it('never frees the key, whatever body comes with it', async () => {
    const at = await start();
    at.simulator.addFault({ fault: 'error', status: 503, when: 'after', count: 1 });
    const { body } = await post(at, CLIP, { 'idempotency-key': 'k' });
    expect(body.status).toBe('submission_unknown');
    expect(await post(at, CLIP, { 'idempotency-key': 'k' })).toMatchObject({
      status: 202,
      body: { id: body.id },
    });
    expect(await post(at, { ...CLIP, duration: 6 }, { 'idempotency-key': 'k' })).toMatchObject({
      status: 422,
    });
    expect(at.simulator.ledger()).toHaveLength(1);
  });
});

describe('fallback', () => {
  it('tries the next candidate under the same job after a refusal', async () => {
    const at = await start();
    const [first = '', second = ''] = await modelsOf(at);
    at.simulator.addFault({ fault: 'error', status: 404, match: { model: first } });
    const { status, body } = await post(at, { ...ROUTED, ...FALLBACK });
    expect(status).toBe(202);
    expect(body.model).toBe(second);
    await expect.poll(() => read(at, body.id), { timeout: 10_000 }).toMatchObject({ status: 'completed' });
    const done = await read(at, body.id);
    expect(done.attempts).toMatchObject([
      { model: first, status: 'rejected', upstream_id: null, error: { code: 'upstream_not_found' } },
      { model: second, status: 'completed', upstream_id: at.simulator.ledger()[0]?.job_id, error: null },
    ]);
    expect(at.simulator.ledger()).toHaveLength(1);
    const list = (await (await at.request('/jobs')).json()) as { data: JobBody[] };
    expect(list.data).toEqual([done]);
  });

  it('tries the next after a failure that was not billed, and is paid for one clip', async () => {
    const at = await start({ webhooks: true });
    const [first = '', second = ''] = await modelsOf(at);
    at.simulator.addFault({ fault: 'fail', message: 'flagged', match: { model: first } });
    const { body } = await post(at, { ...ROUTED, ...FALLBACK });
    await expect.poll(() => read(at, body.id), { timeout: 10_000 }).toMatchObject({ status: 'completed' });
    const done = await read(at, body.id);
    expect(done.attempts.map(({ model, status }) => [model, status])).toEqual([
      [first, 'failed'],
      [second, 'completed'],
    ]);
    const ledger = at.simulator.ledger();
    expect(ledger.map(({ billed_usd }) => billed_usd === 0)).toEqual([true, false]);
    // Each attempt has a nonce of its own, so that the late webhook of one is never taken for news of the next.
    const hooks = ledger.map(({ body: sent }) => (sent as { callback_url: string }).callback_url);
    expect(new Set(hooks).size).toBe(2);
    expect(at.logLines.filter((line) => line.includes('"alarm"'))).toEqual([]);
  });

  it('tries no other after an unknown', async () => {
    const at = await start();
    at.simulator.addFault({ fault: 'reset', when: 'after' });
    const { body } = await post(at, { ...ROUTED, ...FALLBACK });
    expect(body).toMatchObject({
      status: 'submission_unknown',
      attempts: [{ status: 'submission_unknown' }],
    });
    expect(at.simulator.ledger()).toHaveLength(1);
  });

  it('tries no more than allowed, and tells the last refusal', async () => {
    const at = await start();
    at.simulator.addFault({ fault: 'error', status: 400 });
    const { status, body } = await post(at, {
      ...ROUTED,
      fallback: { ...FALLBACK.fallback, max_attempts: 2 },
    });
    expect(status).toBe(400);
    expect((await read(at, body.job_id)).attempts.map(({ status: ended }) => ended)).toEqual([
      'rejected',
      'rejected',
    ]);
  });

  it('keeps the key of a job that was refused after a failure that nobody says was not billed', async () => {
    const at = await start();
    const key = { 'idempotency-key': 'K1' };
    const body = { ...ROUTED, fallback: { ...FALLBACK.fallback, max_attempts: 2 } };
    const [first = '', second = ''] = await modelsOf(at);
    at.simulator.addFault({ fault: 'fail', message: 'flagged', match: { model: first } });
    at.simulator.addFault({ fault: 'error', status: 400, match: { model: second } });
    const { body: made } = await post(at, body, key);
    await expect
      .poll(() => read(at, made.id), { timeout: 10_000 })
      .toMatchObject({
        status: 'rejected',
        resubmit_safe: false,
        attempts: [{ status: 'failed' }, { status: 'rejected' }],
      });
    expect((await post(at, body, key)).body.id).toBe(made.id);
    expect((await at.post(`/jobs/${made.id}/resubmit`, {})).status).toBe(409);
    expect(at.simulator.ledger()).toHaveLength(1);
  });

  it('considers no candidate that costs more than all may together', async () => {
    const at = await start();
    const answer = await post(at, { ...ROUTED, fallback: { max_attempts: 2, max_total_cost_usd: 0.000001 } });
    expect(answer).toMatchObject({ status: 422, body: { code: 'no_matching_model' } });
  });

  it.each([
    [{ ...CLIP, ...FALLBACK }],
    [{ ...ROUTED, fallback: {} }],
    [{ ...ROUTED, fallback: { max_attempts: 1, max_total_cost_usd: 1 } }],
    [{ ...ROUTED, fallback: { max_attempts: 2, max_total_cost_usd: 1, to: 'x' } }],
  ])('refuses %j', async (body) => {
    expect((await post(await start(), body)).status).toBe(400);
  });

  it('goes on after a restart, with the candidates of the plan it was made from', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'clipgate-fallback-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const before = await start({ background: false, folder });
    const [first = '', second = ''] = await modelsOf(before);
    before.simulator.addFault({ fault: 'fail', message: 'flagged', match: { model: first } });
    const { body } = await post(before, { ...ROUTED, ...FALLBACK });
    // It is due when its pace says so; the step after this one would already buy.
    const step = async () => {
      await before.tick();
      return read(before, body.id);
    };
    await expect.poll(step).toMatchObject({ status: 'queued', model: second });
    await before.gateway.close();
    onTestFinished(() => before.simulator.close());

    const after = await start({ folder, env: { OPENROUTER_BASE_URL: before.simulator.apiUrl } });
    await expect
      .poll(() => read(after, body.id), { timeout: 10_000 })
      .toMatchObject({
        status: 'completed',
        model: second,
      });
    expect(before.simulator.ledger().map(({ model }) => model)).toEqual([first, second]);
  });
});

describe('too many unknowns', () => {
  it('pause buying, visibly, and nothing else', async () => {
    const at = await start();
    at.simulator.addFault({ fault: 'reset', when: 'after', count: 3 });
    const made = [];
    for (let i = 0; i < 3; i += 1) made.push(await post(at, CLIP, { 'idempotency-key': `k${i}` }));
    expect(made.map(({ body }) => body.status)).toEqual(Array(3).fill('submission_unknown'));

    const refused = await post(at, CLIP, { 'idempotency-key': 'new' });
    expect(refused).toMatchObject({ status: 503, body: { code: 'submissions_paused' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(at.simulator.ledger()).toHaveLength(3);

    // A replay buys nothing, so that it is answered as ever.
    expect((await post(at, CLIP, { 'idempotency-key': 'k0' })).body.id).toBe(made[0]?.body.id);
    const ready = await at.request('/readyz');
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({
      checks: { submissions: { detail: expect.stringContaining('paused') } },
    });
    expect(at.logLines.join('')).toContain('"alarm":"submissions_paused"');
  });
});
