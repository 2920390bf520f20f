// Pictures in requests: shown cut wherever a job is answered, whole to who asks for it, and lists that stay small.

import { afterEach, describe, expect, it } from 'vitest';
import { buy, CLIP, type JobAnswer, readAs } from '../../support/clips.ts';
import { OPERATOR_KEY, OTHER_CLIENT_KEY, startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
afterEach(() => gateway.close());

const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
const PICTURE = `data:image/png;base64,${'QUJD'.repeat(500_000)}`;
const CUT = 'data:image/png;base64,[1500000 bytes]';
const frame = (url: string) => [{ type: 'image_url', image_url: { url }, frame_type: 'first_frame' }];
const PICTURED = { ...CLIP, frame_images: frame(PICTURE) };

describe('a request with a picture', () => {
  it('is shown cut in every answer, list and event, and whole where that is asked for', async () => {
    gateway = await startTestGateway({ background: false });
    const job = await buy(gateway, PICTURED);
    expect(job.request).toEqual({ ...CLIP, frame_images: frame(CUT) });
    const shown = await readAs<JobAnswer>(await gateway.request(`/jobs/${job.id}`));
    expect(shown.request).toEqual(job.request);
    const list = await gateway.request('/jobs');
    expect((await readAs<{ data: JobAnswer[] }>(list)).data[0]?.request).toEqual(job.request);

    const events = await gateway.request(`/jobs/${job.id}/events`);
    await gateway.tick();
    const text = await events.text();
    expect(text).toContain(CUT);
    expect(text.length).toBeLessThan(10_000);

    const path = `/jobs/${job.id}?include=request`;
    for (const init of [{}, as(OPERATOR_KEY)]) {
      const whole = await readAs<JobAnswer>(await gateway.request(path, init));
      expect(whole).toEqual({
        ...(await readAs<JobAnswer>(await gateway.request(`/jobs/${job.id}`))),
        request: PICTURED,
      });
    }
    expect((await gateway.request(path, as(OTHER_CLIENT_KEY))).status).toBe(404);
    expect((await gateway.request(`/jobs/${job.id}?include=everything`)).status).toBe(400);
  });

  it('is sent again whole, and kept once', async () => {
    gateway = await startTestGateway({ background: false });
    gateway.simulator.addFault({ fault: 'fail', match: { prompt: CLIP.prompt } });
    const job = await buy(gateway, PICTURED);
    await expect
      .poll(async () => {
        await gateway.tick();
        return (await readAs<JobAnswer>(await gateway.request(`/jobs/${job.id}`))).status;
      })
      .toBe('failed');
    const again = await gateway.post(`/jobs/${job.id}/resubmit`, { accept_double_charge: true });
    expect(again.status).toBe(202);
    const { id } = await readAs<JobAnswer>(again);
    const whole = await readAs<JobAnswer>(await gateway.request(`/jobs/${id}?include=request`));
    expect(whole.request).toEqual(PICTURED);
  });
});

describe('a prompt', () => {
  it('is taken up to 100,000 characters', async () => {
    gateway = await startTestGateway({ background: false });
    const prompt = 'é'.repeat(100_000);
    expect((await buy(gateway, { ...CLIP, prompt })).request['prompt']).toBe(prompt);
    const refused = await gateway.post('/jobs', { ...CLIP, prompt: `${prompt}é` });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      errors: [{ pointer: '/prompt', message: 'must have at most 100000 characters' }],
    });
    expect(gateway.simulator.submits()).toBe(1);
  });

  it('makes pages of a list shorter where it is long, and loses no job between them', async () => {
    gateway = await startTestGateway({ background: false });
    const made: string[] = [];
    for (let index = 0; index < 25; index++) {
      made.push((await buy(gateway, { ...CLIP, prompt: `${index} ${'x'.repeat(99_000)}` })).id);
    }
    const seen: string[] = [];
    let pages = 0;
    for (let cursor: string | null = ''; cursor !== null; pages++) {
      const page = await gateway.request(`/jobs?limit=100${cursor && `&cursor=${cursor}`}`);
      const text = await page.text();
      expect(text.length).toBeLessThan(1_250_000);
      const { data, next_cursor } = JSON.parse(text) as { data: JobAnswer[]; next_cursor: string | null };
      seen.push(...data.map(({ id }) => id));
      cursor = next_cursor;
    }
    expect(seen).toEqual(made.toReversed());
    expect(pages).toBe(3);
  });
});
