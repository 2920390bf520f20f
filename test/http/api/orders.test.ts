// What an order says before and after it buys: its plan, its warnings, a price nobody knows, and when it answers.

import { afterEach, expect, it } from 'vitest';
import { CLIP, type JobAnswer, readAs } from '../../support/clips.ts';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from '../../support/gateway.ts';

let gateway: TestGateway | undefined;
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
});

async function start(options: TestGatewayOptions = {}): Promise<TestGateway> {
  gateway = await startTestGateway({ background: false, ...options });
  return gateway;
}

interface Warned {
  readonly warnings?: readonly { readonly code: string; readonly field: string; readonly message: string }[];
}

const frame = {
  type: 'image_url',
  image_url: { url: 'https://example.com/a.png' },
  frame_type: 'first_frame',
};
/** Frames win over references, which upstream then ignores. */
const IGNORED = {
  prompt: 'a paper boat',
  duration: 4,
  frame_images: [frame],
  input_references: [{ type: 'image_url', image_url: { url: 'https://example.com/b.png' } }],
};
const bought = (at: TestGateway) => at.simulator.ledger().length;

it('POST /jobs/plan answers what a dry run does and buys nothing', async () => {
  const at = await start();
  const planned = await at.post('/jobs/plan', CLIP);
  expect(planned.status).toBe(200);
  const dry = await at.post('/jobs', { ...CLIP, dry_run: true });
  const plan = await readAs<{ catalog: object }>(planned);
  expect({ ...plan, catalog: null }).toEqual({ ...(await readAs<object>(dry)), catalog: null });
  expect(plan).toMatchObject({ dry_run: true, model: CLIP.model, estimate: { usd: 0.12 } });
  expect(bought(at)).toBe(0);
});

it('a purchase says the warnings of its plan, and a replay does not', async () => {
  const at = await start();
  const plan = await readAs<Warned>(await at.post('/jobs/plan', IGNORED));
  expect(plan.warnings).toMatchObject([{ code: 'ignored_by_upstream', field: 'input_references' }]);
  const key = { 'idempotency-key': 'warned' };
  const made = await at.post('/jobs', IGNORED, key);
  expect(made.status).toBe(202);
  expect((await readAs<Warned>(made)).warnings).toEqual(plan.warnings);
  const replay = await at.post('/jobs', IGNORED, key);
  expect(replay.headers.get('idempotent-replayed')).toBe('true');
  expect(await replay.json()).not.toHaveProperty('warnings');
  expect(await readAs<Warned>(await at.post('/jobs', CLIP))).toMatchObject({ warnings: [] });
  expect(bought(at)).toBe(2);
});

it.each<[string, Record<string, string>, object, number]>([
  ['by default', {}, {}, 202],
  ['where the order is strict', {}, { strict: true }, 422],
  ['where the gateway is', { STRICT_WARNINGS: 'yes' }, {}, 422],
  ['where the gateway is and the order is not', { STRICT_WARNINGS: 'yes' }, { strict: false }, 202],
])('an order with warnings %s', async (_name, env, strictness, status) => {
  const at = await start({ env });
  const answer = await at.post('/jobs', { ...IGNORED, ...strictness });
  expect(answer.status).toBe(status);
  expect(bought(at)).toBe(status === 202 ? 1 : 0);
  expect((await at.post('/jobs', { ...CLIP, ...strictness })).status).toBe(202);
  if (status === 202) return;
  expect(await answer.json()).toMatchObject({
    code: 'warnings_refused',
    warnings: [{ code: 'ignored_by_upstream', field: 'input_references' }],
  });
});

it('a quote without a ceiling says so, and buys only where its unknown price is accepted', async () => {
  const at = await start();
  const { model } = CLIP;
  at.simulator.addFault({ fault: 'drifted_field', field: 'pricing_skus', form: { by_mood: '1' }, model });
  await at.gateway.refreshCatalog();
  const clip = { ...CLIP, model: undefined, models: { allow: [model] } };
  const quoted = await readAs<{ quote: string; quote_ceiling_usd: number | null }>(
    await at.post('/route', clip),
  );
  expect(quoted.quote_ceiling_usd).toBeNull();
  const refused = await at.post('/jobs', { ...clip, quote: quoted.quote });
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({ code: 'unknown_price_not_accepted' });
  expect(bought(at)).toBe(0);
  const order = { ...clip, quote: quoted.quote, accept_unknown_price: true };
  expect((await at.post('/jobs', order)).status).toBe(202);
  expect(bought(at)).toBe(1);
});

it('a quote with a ceiling names it and needs no acceptance', async () => {
  const at = await start();
  const clip = { ...CLIP, model: undefined, models: { allow: [CLIP.model] } };
  const quoted = await readAs<{ quote: string }>(await at.post('/route', clip));
  expect(quoted).toMatchObject({ quote_ceiling_usd: 0.12 });
  expect((await at.post('/jobs', { ...clip, quote: quoted.quote })).status).toBe(202);
  expect((await at.post('/jobs', { ...CLIP, accept_unknown_price: true })).status).toBe(400);
});

it('no wait is longer than MAX_WAIT_S', async () => {
  const at = await start({ env: { MAX_WAIT_S: '1' } });
  const { id } = await readAs<JobAnswer>(await at.post('/jobs', CLIP));
  const waited = await at.request(`/jobs/${id}`, { headers: { prefer: 'wait=50' } });
  expect(waited.headers.get('preference-applied')).toBe('wait=1');
  expect(await waited.json()).toMatchObject({ id, status: 'pending' });
});

it('a job says when it is expected, when it ended, and which key ordered it', async () => {
  const at = await start();
  const made = await readAs<JobAnswer>(await at.post('/jobs', CLIP));
  expect(made).toMatchObject({ finished_at: null, ended: false, client: 'studio' });
  expect(made).toMatchObject({ key_id: expect.stringMatching(/^env_[0-9a-f]{12}$/) });
  const { created_at, expected_at } = made as unknown as Record<string, string>;
  expect(Date.parse(expected_at ?? '')).toBeGreaterThan(Date.parse(created_at ?? ''));
  at.simulator.addFault({ fault: 'error', status: 400, count: 1 });
  const { job_id } = await readAs<{ job_id: string }>(await at.post('/jobs', CLIP));
  const refused = await readAs<Record<string, string>>(await at.request(`/jobs/${job_id}`));
  expect(refused).toMatchObject({ ended: true, status: 'rejected', expected_at: null });
  expect(Date.parse(refused['finished_at'] ?? '')).toBeGreaterThanOrEqual(
    Date.parse(refused['created_at'] ?? ''),
  );
});
