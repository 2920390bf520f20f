// POST /jobs: one intent, one purchase, and an answer that says which of the two it was.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buy, CLIP, follow, type JobAnswer, type ProblemAnswer, readAs } from '../../support/clips.ts';
import { CLIENT_KEY, OTHER_CLIENT_KEY, startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
beforeEach(() => gateway.simulator.reset());
afterAll(() => gateway.close());

let keys = 0;
const newKey = () => ({ 'idempotency-key': `key-${++keys}` });
const bought = () => gateway.simulator.ledger();

describe('buying', () => {
  it('takes the model given, follows the job and hands out the MP4', async () => {
    const response = await gateway.post('/jobs', CLIP);
    const job = await readAs<JobAnswer>(response);
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toBe(`/jobs/${job.id}`);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(job).toMatchObject({ model: CLIP.model, request: CLIP, resubmit_safe: false });
    const done = await follow(gateway, job.id);
    expect(done).toMatchObject({ status: 'completed', cost: { estimated_usd: 0.12, actual_usd: 0.12 } });
    const clip = await gateway.request(done.outputs[0]?.url ?? '');
    expect(Buffer.from(await clip.arrayBuffer()).toString('latin1', 4, 8)).toBe('ftyp');
    expect(bought()).toMatchObject([{ job_id: done.upstream.id, body: CLIP }]);
  });

  it('takes the model the router picks, and sends what /route said', async () => {
    const body = { ...CLIP, model: undefined, priority: 'quality_and_cost' };
    const route = await readAs<{ request: object }>(await gateway.post('/route', body));
    const job = await buy(gateway, body);
    expect(job.request).toEqual(route.request);
    expect(bought().map((entry) => entry.body)).toEqual([route.request]);
  });

  it('plans and buys nothing with dry_run, and does not spend the key', async () => {
    const key = newKey();
    const response = await gateway.post('/jobs', { ...CLIP, dry_run: true }, key);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      dry_run: true,
      model: CLIP.model,
      request: CLIP,
      estimate: { usd: 0.12 },
    });
    expect(bought()).toEqual([]);
    expect((await gateway.post('/jobs', CLIP, key)).status).toBe(202);
    expect(bought()).toHaveLength(1);
  });

  it('says in a dry run whom it would take, and who could not', async () => {
    const body = { ...CLIP, model: undefined, duration: 5, dry_run: true };
    const plan = await readAs<{ rejected: { model: string }[] }>(await gateway.post('/jobs', body));
    expect(plan.rejected.map(({ model }) => model)).toContain(CLIP.model);
  });

  it('answers before upstream does with Prefer: respond-async', async () => {
    const response = await gateway.post('/jobs', CLIP, { prefer: 'respond-async, wait=100' });
    expect(response.status).toBe(202);
    expect(response.headers.get('preference-applied')).toBe('respond-async');
    const job = await readAs<JobAnswer>(response);
    expect(job).toMatchObject({ status: 'queued', upstream: { id: null } });
    expect(await follow(gateway, job.id)).toMatchObject({ status: 'completed' });
  });

  it('says that an outcome is unknown, and never sends it again', async () => {
    gateway.simulator.addFault({ fault: 'reset', when: 'after', count: 1 });
    const key = newKey();
    const response = await gateway.post('/jobs', CLIP, key);
    expect(response.status).toBe(202);
    const job = await readAs<JobAnswer>(response);
    expect(job).toMatchObject({ status: 'submission_unknown', resubmit_safe: false });
    const again = await gateway.post('/jobs', CLIP, key);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await readAs<JobAnswer>(again)).id).toBe(job.id);
    expect(bought()).toHaveLength(1);
  });
});

describe('Idempotency-Key', () => {
  it('buys once for twenty requests at once', async () => {
    const key = newKey();
    const answers = await Promise.all(Array.from({ length: 20 }, () => gateway.post('/jobs', CLIP, key)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(202));
    const ids = await Promise.all(answers.map(async (answer) => (await readAs<JobAnswer>(answer)).id));
    expect(new Set(ids).size).toBe(1);
    const replays = answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true');
    expect(replays).toHaveLength(19);
    expect(bought()).toHaveLength(1);
  });

  it('is the same for the same JSON in another order, and refused for another body', async () => {
    const key = newKey();
    const job = await readAs<JobAnswer>(await gateway.post('/jobs', CLIP, key));
    const reversed = Object.fromEntries(Object.entries(CLIP).reverse());
    expect((await readAs<JobAnswer>(await gateway.post('/jobs', reversed, key))).id).toBe(job.id);
    const other = await gateway.post('/jobs', { ...CLIP, duration: 6 }, key);
    expect(await readAs<ProblemAnswer>(other)).toMatchObject({
      status: 422,
      code: 'idempotency_key_reused',
      job_id: job.id,
    });
    expect(bought()).toHaveLength(1);
  });

  it('belongs to one client', async () => {
    const key = newKey();
    await gateway.post('/jobs', CLIP, key);
    const authorization = `Bearer ${OTHER_CLIENT_KEY}`;
    const other = await gateway.post('/jobs', { ...CLIP, prompt: 'another boat' }, { ...key, authorization });
    expect(other.status).toBe(202);
    expect(other.headers.get('idempotent-replayed')).toBeNull();
    expect(bought()).toHaveLength(2);
  });

  it('is free again when upstream refused', async () => {
    const key = newKey();
    gateway.simulator.addFault({ fault: 'error', status: 400, count: 1 });
    const refused = await gateway.post('/jobs', CLIP, key);
    const { job_id } = await readAs<ProblemAnswer>(refused);
    expect(refused.status).toBe(400);
    const again = await gateway.post('/jobs', CLIP, key);
    expect(again.headers.get('idempotent-replayed')).toBeNull();
    expect((await readAs<JobAnswer>(again)).id).not.toBe(job_id);
    expect(bought()).toHaveLength(1);
  });

  it('answers a finished job without asking to come back', async () => {
    const key = newKey();
    const { id } = await readAs<JobAnswer>(await gateway.post('/jobs', CLIP, key));
    await follow(gateway, id);
    const replay = await gateway.post('/jobs', CLIP, key);
    expect(replay.headers.get('retry-after')).toBeNull();
    expect(await replay.json()).toMatchObject({ id, status: 'completed' });
  });

  it('finds its job after the model has left the catalog', async () => {
    const shrinking = await startTestGateway({ env: { CATALOG_MAX_AGE_S: '1' } });
    try {
      const key = newKey();
      const { id } = await readAs<JobAnswer>(await shrinking.post('/jobs', CLIP, key));
      shrinking.simulator.addFault({ fault: 'remove_model', model: CLIP.model });
      // The catalog is fetched in the background once it is a second old.
      await expect
        .poll(async () => (await shrinking.request(`/models/${CLIP.model}`)).status, { timeout: 15_000 })
        .toBe(404);
      expect((await shrinking.post('/jobs', CLIP)).status).toBe(422);
      const replay = await shrinking.post('/jobs', CLIP, key);
      expect(replay.status).toBe(202);
      expect(await replay.json()).toMatchObject({ id });
    } finally {
      await shrinking.close();
    }
  });
});

describe('another client', () => {
  const stranger = { headers: { authorization: `Bearer ${OTHER_CLIENT_KEY}` } };
  /** A problem less the one member that names the request. */
  const bodyOf = async (response: Response) => ({ ...(await readAs<ProblemAnswer>(response)), instance: '' });

  it('cannot tell a job of mine from none', async () => {
    const { id, upstream } = await follow(gateway, (await buy(gateway)).id);
    const nobody = `job_${'0'.repeat(26)}`;
    for (const rest of ['', '/content', '/content?index=1']) {
      const [mine, none] = [
        await gateway.request(`/jobs/${id}${rest}`, stranger),
        await gateway.request(`/jobs/${nobody}${rest}`, stranger),
      ];
      expect(mine.status).toBe(404);
      expect(await bodyOf(mine)).toEqual(await bodyOf(none));
    }
    const listed = await readAs<{ data: JobAnswer[] }>(await gateway.request('/jobs?limit=100', stranger));
    expect(listed.data.map((job) => job.id)).not.toContain(id);
    const cursor = await readAs<{ data: JobAnswer[] }>(await gateway.request(`/jobs?cursor=${id}`, stranger));
    expect(cursor.data.map((job) => job.id)).not.toContain(id);
    const post = (previous_job_id: unknown) =>
      gateway.post('/jobs', { ...CLIP, previous_job_id, dry_run: true }, stranger.headers);
    const unknown = await bodyOf(await post(nobody));
    expect(unknown).toMatchObject({ status: 400, errors: [{ pointer: '/previous_job_id' }] });
    expect(await bodyOf(await post(id))).toEqual(unknown);
    expect(await bodyOf(await post(upstream.id))).toEqual(unknown);
  });

  it('is the same client under another case of the scheme', async () => {
    const { id } = await buy(gateway);
    const response = await gateway.request(`/jobs/${id}`, {
      headers: { authorization: `bEaReR  ${CLIENT_KEY}` },
    });
    expect(response.status).toBe(200);
  });
});

it('continues a job under upstream’s name for it, whichever name it was given', async () => {
  const { id, upstream } = await follow(gateway, (await buy(gateway)).id);
  for (const previous_job_id of [id, upstream.id]) {
    const response = await gateway.post('/jobs', { ...CLIP, previous_job_id, dry_run: true });
    expect(await response.json()).toMatchObject({ request: { previous_job_id: upstream.id } });
  }
});
