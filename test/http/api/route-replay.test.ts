// POST /route/replay: bought clips routed again by other weights, compared with their bills, and nothing bought.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { buy, follow, type ProblemAnswer, readAs } from '../../support/clips.ts';
import {
  AUDITOR_KEY,
  CLIENT_KEY,
  OTHER_CLIENT_KEY,
  startTestGateway,
  type TestGateway,
} from '../../support/gateway.ts';

interface ReplayAnswer {
  readonly clips: number;
  readonly billed_usd: number;
  readonly routed_usd: number;
  readonly same_model: number;
  readonly skipped: number;
  readonly has_more: boolean;
  readonly models: readonly { readonly model: string; readonly clips: number; readonly usd: number }[];
}

const CLIP = { prompt: 'a fox', duration: 4, resolution: '720p', generate_audio: false };
const PRICEY = 'google/veo-3.1';

let gateway: TestGateway;
let bought: number;
beforeAll(async () => {
  gateway = await startTestGateway();
  for (const model of [PRICEY, PRICEY, 'google/veo-3.1-lite']) {
    const job = await follow(gateway, (await buy(gateway, { ...CLIP, model })).id);
    expect(job.status).toBe('completed');
  }
  bought = gateway.simulator.ledger().length;
});
afterAll(() => gateway.close());

const replay = (body: object, key = CLIENT_KEY) =>
  gateway.post('/route/replay', body, { authorization: `Bearer ${key}` });
const answerTo = async (body: object, key?: string) => readAs<ReplayAnswer>(await replay(body, key));

it('costs less by weights of cost alone, names the models, and buys nothing', async () => {
  const answer = await answerTo({ priority: { speed: 0, cost: 1, quality: 0 } });
  expect(answer).toMatchObject({ clips: 3, skipped: 0, has_more: false });
  expect(answer.billed_usd).toBeGreaterThan(0);
  expect(answer.routed_usd).toBeLessThan(answer.billed_usd);
  expect(answer.models.reduce((sum, { clips }) => sum + clips, 0)).toBe(3);
  expect(answer.models.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(answer.routed_usd, 6);
  const cheapest = answer.models[0]?.model;
  const route = await gateway.post('/route', { ...CLIP, priority: { speed: 0, cost: 1, quality: 0 } });
  expect((await readAs<{ selected: string }>(route)).selected).toBe(cheapest);
  expect(answer.same_model).toBe(cheapest === 'google/veo-3.1-lite' ? 1 : 0);
  expect(gateway.simulator.ledger()).toHaveLength(bought);
});

it('looks at no more than it is asked to, and says that there is more', async () => {
  expect(await answerTo({ limit: 2 })).toMatchObject({ clips: 2, has_more: true });
  expect(await answerTo({ since: '2000-01-01T00:00:00Z', until: '2000-02-01T00:00:00Z' })).toMatchObject({
    clips: 0,
    billed_usd: 0,
    models: [],
  });
});

it('shows a client its own clips alone, and an auditor those of all or of one', async () => {
  expect(await answerTo({}, OTHER_CLIENT_KEY)).toMatchObject({ clips: 0, skipped: 0 });
  expect(await answerTo({}, AUDITOR_KEY)).toMatchObject({ clips: 3 });
  expect(await answerTo({ client: 'agency' }, AUDITOR_KEY)).toMatchObject({ clips: 0 });
  const refused = await replay({ client: 'agency' });
  expect([refused.status, (await readAs<ProblemAnswer>(refused)).code]).toEqual([403, 'operator_required']);
});

it('counts a clip whose request was erased: what its price hangs on is kept', async () => {
  const { id } = await follow(gateway, (await buy(gateway, { ...CLIP, model: PRICEY })).id);
  expect((await gateway.request(`/jobs/${id}`, { method: 'DELETE' })).status).toBe(204);
  expect(await answerTo({})).toMatchObject({ clips: 4, skipped: 0 });
});

it.each([
  [{ limit: 301 }, '/limit'],
  [{ limit: 0 }, '/limit'],
  [{ priority: 'cheapest' }, '/priority'],
  [{ since: '2026-02-01T00:00:00Z', until: '2026-01-01T00:00:00Z' }, '/until'],
  [{ prompt: 'x' }, '/prompt'],
])('refuses %j', async (body, pointer) => {
  const refused = await replay(body);
  expect(refused.status).toBe(400);
  expect((await readAs<ProblemAnswer & { errors: { pointer: string }[] }>(refused)).errors[0]?.pointer).toBe(
    pointer,
  );
});
