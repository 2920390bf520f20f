// A job through the gateway, from intent to MP4, over real sockets.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const CLIP = {
  prompt: 'a paper boat',
  duration: 4,
  resolution: '720p',
  aspect_ratio: '16:9',
  generate_audio: false,
};

describe('POST /jobs', () => {
  it('buys once, follows the job and hands out the MP4', async () => {
    const made = await gateway.post('/jobs', { model: 'google/veo-3.1-lite', ...CLIP });
    expect(made.status).toBe(202);
    const job = (await made.json()) as { id: string; status: string; cost: object };
    expect(made.headers.get('location')).toBe(`/jobs/${job.id}`);
    let current = job;
    while (!['completed', 'failed'].includes(current.status)) {
      current = (await (
        await gateway.request(`/jobs/${job.id}`, { headers: { prefer: 'wait=5' } })
      ).json()) as typeof job;
    }
    expect(current.cost).toMatchObject({ estimated_usd: 0.12, actual_usd: 0.12 });
    const clip = await gateway.request(`/jobs/${job.id}/content`);
    expect(clip.status).toBe(200);
    const bytes = Buffer.from(await clip.arrayBuffer());
    expect(bytes.subarray(4, 8).toString()).toBe('ftyp');
    expect(gateway.simulator.ledger()).toHaveLength(1);
  });
});
