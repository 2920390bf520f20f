// Cancelling, erasing and billing over a real socket: what may be done when, by whom, and that it is on record.

import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { buy, CLIP, follow, type JobAnswer, type ProblemAnswer, readAs } from '../../support/clips.ts';
import {
  AUDITOR_KEY,
  CLIENT_KEY,
  OPERATOR_KEY,
  OTHER_CLIENT_KEY,
  startTestGateway,
  type TestGateway,
} from '../../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const act = (method: string, path: string, key: string, body?: unknown) =>
  gateway.request(path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const codeOf = async (response: Response) => [response.status, (await readAs<ProblemAnswer>(response)).code];
const bought = () => gateway.simulator.ledger().length;
const jobOf = async (id: string) => readAs<JobAnswer>(await gateway.request(`/jobs/${id}`));

/** A job that waits for a hold on submissions to end. */
async function queueJob(): Promise<string> {
  await act('POST', '/operations/pause', OPERATOR_KEY, { reason: 'test' });
  await act('POST', '/operations/resume', OPERATOR_KEY);
  gateway.simulator.addFault({ fault: 'error', count: 1, status: 429 });
  const response = await gateway.post('/jobs', CLIP, { prefer: 'respond-async' });
  const { id } = await readAs<JobAnswer>(response);
  await follow(gateway, id, ({ status, error }) => status === 'queued' && error !== null);
  return id;
}

describe('POST /jobs/{id}/cancel', () => {
  it('cancels what waits in the queue; nothing is bought, and it stays cancelled', async () => {
    const before = bought();
    const id = await queueJob();
    expect(await codeOf(await act('POST', `/jobs/${id}/cancel`, OTHER_CLIENT_KEY))).toEqual([
      404,
      'not_found',
    ]);
    const response = await act('POST', `/jobs/${id}/cancel`, CLIENT_KEY);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'cancelled', error: { code: 'cancelled' } });
    expect(await codeOf(await act('POST', `/jobs/${id}/cancel`, CLIENT_KEY))).toEqual([
      409,
      'not_cancellable',
    ]);
    expect(bought()).toBe(before);
  });

  it('refuses once a byte may have left, and auditors', async () => {
    const { id } = await buy(gateway);
    expect(await codeOf(await act('POST', `/jobs/${id}/cancel`, CLIENT_KEY))).toEqual([
      409,
      'not_cancellable',
    ]);
    expect((await act('POST', `/jobs/${id}/cancel`, AUDITOR_KEY)).status).toBe(403);
  });
});

describe('DELETE /jobs/{id}', () => {
  it('removes request and clips now, keeps what it cost, and is safe to repeat', async () => {
    const { id } = await buy(gateway, { ...CLIP, prompt: 'prompt-canary-51', tags: ['kept'] });
    await follow(gateway, id, ({ outputs }) => (outputs[0]?.bytes ?? null) !== null);
    expect((await act('DELETE', `/jobs/${id}`, OTHER_CLIENT_KEY)).status).toBe(404);
    expect((await act('DELETE', `/jobs/${id}`, CLIENT_KEY)).status).toBe(204);
    expect((await act('DELETE', `/jobs/${id}`, CLIENT_KEY)).status).toBe(204);
    const job = await jobOf(id);
    expect(JSON.stringify(job)).not.toContain('prompt-canary-51');
    expect(job).toMatchObject({
      status: 'completed',
      erased_at: expect.any(String),
      tags: ['kept'],
      cost: { actual_usd: 0.12 },
    });
    expect((await gateway.request(`/jobs/${id}/content`)).status).toBe(410);
    const exported = await (await gateway.request('/spend/export?format=ndjson')).text();
    expect(exported).toContain(`"job_id":"${id}"`);
    const audit = await readAs<{ data: { action: string; actor: string }[] }>(
      await act('GET', `/audit?object=job:${id}`, OPERATOR_KEY),
    );
    expect(audit.data.map(({ action, actor }) => [action, actor])).toEqual([['erase', 'studio']]);
  });

  it('refuses what has not ended', async () => {
    const id = await queueJob();
    expect(await codeOf(await act('DELETE', `/jobs/${id}`, CLIENT_KEY))).toEqual([409, 'not_ended']);
    await act('POST', `/jobs/${id}/cancel`, CLIENT_KEY);
    expect((await act('DELETE', `/jobs/${id}`, OPERATOR_KEY)).status).toBe(204);
  });
});

describe('POST /jobs/{id}/bill', () => {
  it('enters what an invoice says, once', async () => {
    const { id } = await buy(gateway, { ...CLIP, prompt: 'a boat [sim:cost_null]' });
    await follow(gateway, id);
    expect((await jobOf(id)).cost.actual_usd).toBeNull();
    const bill = { usd: 0.13, reason: 'Invoice of November.' };
    expect((await act('POST', `/jobs/${id}/bill`, CLIENT_KEY, bill)).status).toBe(403);
    const response = await act('POST', `/jobs/${id}/bill`, OPERATOR_KEY, bill);
    expect(response.status).toBe(200);
    expect((await readAs<JobAnswer>(response)).cost.actual_usd).toBe(0.13);
    expect(await codeOf(await act('POST', `/jobs/${id}/bill`, OPERATOR_KEY, bill))).toEqual([
      409,
      'bill_known',
    ]);
  });

  test.each([
    ['no amount', { reason: 'abc' }],
    ['a negative amount', { usd: -1, reason: 'abc' }],
    ['an amount in text', { usd: '1', reason: 'abc' }],
    ['a fraction of a micro-dollar', { usd: 0.0000001, reason: 'abc' }],
    ['no reason', { usd: 1 }],
    ['an attempt of zero', { usd: 1, attempt: 0, reason: 'abc' }],
    ['another field', { usd: 1, reason: 'abc', currency: 'EUR' }],
  ])('%s is a 400', async (_what, body) => {
    const { id } = await buy(gateway);
    expect((await act('POST', `/jobs/${id}/bill`, OPERATOR_KEY, body)).status).toBe(400);
  });
});
