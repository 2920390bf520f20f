// What an order through another's API says beside its answer: the warnings of POST /jobs, and what its headers ask for.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await startTestGateway({ background: false });
});
afterEach(() => gateway.close());

const MODEL = 'google/veo-3.1-lite';
interface Answer {
  readonly id: string;
  readonly metadata?: { readonly warnings?: readonly { code: string; field: string; message: string }[] };
  readonly warnings?: readonly object[];
}
async function post(path: string, body: object, headers: Record<string, string> = {}) {
  const answer = await gateway.post(path, body, headers);
  return { status: answer.status, body: (await answer.json()) as Answer };
}

describe("an order through OpenRouter's API", () => {
  // Both are taken, and only one of them is used.
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };
  const CLIP = {
    model: 'google/veo-3.1',
    prompt: 'x',
    duration: 4,
    frame_images: [{ ...image, frame_type: 'first_frame' }],
    input_references: [image],
  };

  it('has the warnings that POST /jobs has of it', async () => {
    const native = await post('/jobs', CLIP);
    const { status, body } = await post('/api/v1/videos', CLIP);
    expect(status).toBe(202);
    expect(native.body.warnings).toMatchObject([{ code: 'ignored_by_upstream', field: 'input_references' }]);
    expect(body.metadata?.warnings).toEqual(native.body.warnings);
  });

  it('names the fields that are left out of it, a few of them', async () => {
    const { body } = await post('/api/v1/videos', { model: MODEL, prompt: 'x', fps: 24, n: 2 });
    expect(body.metadata?.warnings).toMatchObject([
      { code: 'not_sent', field: 'fps' },
      { code: 'not_sent', field: 'n' },
    ]);
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`${i}-${'x'.repeat(300)}`, i]));
    const noisy = await post('/api/v1/videos', { model: MODEL, prompt: 'x', ...many });
    expect(noisy.body.metadata?.warnings).toHaveLength(10);
    expect(JSON.stringify(noisy.body).length).toBeLessThan(4000);
  });

  it('says nothing where there is nothing to say, nor when it is answered again', async () => {
    expect((await post('/api/v1/videos', { model: MODEL, prompt: 'x' })).body.metadata).toBeUndefined();
    const key = { 'idempotency-key': 'k1' };
    expect((await post('/api/v1/videos', CLIP, key)).body.metadata).toBeDefined();
    expect((await post('/api/v1/videos', CLIP, key)).body.metadata).toBeUndefined();
  });
});

describe.each([
  ["OpenRouter's API", '/api/v1/videos', 202],
  ["OpenAI's API", '/v1/videos', 200],
])('the headers of an order through %s', (_name, path, bought) => {
  it('file it, limit what it costs, and are part of what an Idempotency-Key stands for', async () => {
    const key = { 'idempotency-key': 'k1', 'x-clipgate-reference': 'order-4711' };
    const tags = { 'x-clipgate-tags': 'campaign-7, spring', ...key };
    const { status, body } = await post(path, { model: MODEL, prompt: 'x' }, tags);
    expect(status).toBe(bought);
    const job = await (await gateway.request(`/jobs/${body.id}`)).json();
    expect(job).toMatchObject({ tags: ['campaign-7', 'spring'], reference: 'order-4711' });
    expect((await post(path, { model: MODEL, prompt: 'x' }, tags)).body.id).toBe(body.id);
    expect((await post(path, { model: MODEL, prompt: 'x' }, key)).status).toBe(400);
    const cheap = await post(path, { model: MODEL, prompt: 'x' }, { 'x-clipgate-max-cost-usd': '0.001' });
    expect(cheap.status).toBe(400);
    expect(JSON.stringify(cheap.body)).toContain('X-Clipgate-Max-Cost-Usd');
    expect(gateway.simulator.ledger()).toHaveLength(1);
  });

  it.each([
    ['x-clipgate-max-cost-usd', '-1'],
    ['x-clipgate-max-cost-usd', 'NaN'],
    ['x-clipgate-max-wait-s', '1e9'],
    ['x-clipgate-tags', Array.from({ length: 9 }, (_, i) => i).join()],
    ['x-clipgate-tags', 'a,a'],
    ['x-clipgate-reference', 'x'.repeat(129)],
    ['idempotency-key', 'x'.repeat(256)],
  ])('are refused where they are wrong: %s: %s', async (header, value) => {
    const { status, body } = await post(path, { model: MODEL, prompt: 'x' }, { [header]: value });
    expect(status).toBe(400);
    expect(JSON.stringify(body).toLowerCase()).toContain(header);
    expect(gateway.simulator.ledger()).toHaveLength(0);
  });
});
