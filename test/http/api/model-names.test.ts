// A model is known by its id and by its permanent slug; answers always say the id, and a near miss is told what was meant.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProblemAnswer, readAs } from '../../support/clips.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

const ID = 'google/veo-3.1-lite';
const SLUG = 'google/veo-3.1-lite-20260331';
const CLIP = { prompt: 'x', duration: 4, resolution: '720p' };

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ background: false });
});
afterAll(() => gateway.close());

describe('a canonical slug', () => {
  it('names the model of a job, which says its id and sends it', async () => {
    const response = await gateway.post('/jobs', { ...CLIP, model: SLUG });
    expect(response.status).toBe(202);
    expect(await readAs<object>(response)).toMatchObject({ model: ID, request: { model: ID } });
  });

  it('finds the jobs of its model in the list', async () => {
    const bought = await readAs<{ id: string }>(await gateway.post('/jobs', { ...CLIP, model: SLUG }));
    for (const model of [SLUG, ID]) {
      const answer = await gateway.request(`/jobs?model=${encodeURIComponent(model)}`);
      const { data } = await readAs<{ data: { id: string; model: string }[] }>(answer);
      expect(data.map(({ id }) => id)).toContain(bought.id);
      expect(new Set(data.map((job) => job.model))).toEqual(new Set([ID]));
    }
  });

  it('is found at GET /models/{author}/{slug}', async () => {
    const response = await gateway.request(`/models/${SLUG}`);
    expect(response.status).toBe(200);
    expect(await readAs<object>(response)).toMatchObject({ id: ID });
  });

  it('is allowed and denied like the id', async () => {
    const allowed = await gateway.post('/route', { ...CLIP, models: { allow: [SLUG] } });
    expect(await readAs<object>(allowed)).toMatchObject({ selected: ID, warnings: [] });
    const denied = await gateway.post('/route', { ...CLIP, models: { allow: [ID], deny: [SLUG] } });
    expect(denied.status).toBe(422);
  });
});

describe('a name that no model has', () => {
  it.each([`openrouter/${ID}`, 'Google/VEO-3.1-Lite', `${ID}:free`, 'google/veo-3.1-lit'])(
    '%s is refused with the right one first',
    async (model) => {
      const response = await gateway.post('/jobs', { ...CLIP, model });
      expect(response.status).toBe(422);
      const { code, detail } = await readAs<ProblemAnswer & { detail: string }>(response);
      expect(code).toBe('unknown_model');
      expect(detail).toContain(`Did you mean ${ID} or `);
    },
  );

  it('is told at GET /models/{author}/{slug} too', async () => {
    const response = await gateway.request(`/models/${ID}:free`);
    expect(response.status).toBe(404);
    expect((await readAs<{ detail: string }>(response)).detail).toContain(`Did you mean ${ID} or `);
  });
});
