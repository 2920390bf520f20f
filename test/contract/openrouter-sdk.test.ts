// OpenRouter's own SDK, unmodified but for its base URL, over the gateway: it reads, buys, and gets errors of its own classes.

import { OpenRouter } from '@openrouter/sdk';
import * as errors from '@openrouter/sdk/models/errors';
import { afterEach, describe, expect, it } from 'vitest';
import {
  CLIENT_KEY,
  startTestGateway,
  type TestGateway,
  type TestGatewayOptions,
} from '../support/gateway.ts';

let gateway: TestGateway;
afterEach(() => gateway.close());

async function start(options: TestGatewayOptions = {}) {
  gateway = await startTestGateway(options);
  return new OpenRouter({ apiKey: CLIENT_KEY, serverURL: `${gateway.url}/api/v1` });
}

const CLIP = { model: 'google/veo-3.1-lite', prompt: 'a paper boat', duration: 4 };
const buy = (client: OpenRouter, change: object = {}) =>
  client.videoGeneration.generate({ videoGenerationRequest: { ...CLIP, ...change } });
const poll = (client: OpenRouter, jobId: string) => client.videoGeneration.getGeneration({ jobId });
const bought = () => gateway.simulator.ledger().length;

describe('the SDK', () => {
  it('reads the catalog, buys, polls and downloads', async () => {
    const client = await start();
    expect((await client.videoGeneration.listVideosModels()).data).toHaveLength(30);
    const { id, status } = await buy(client);
    expect(status).toBe('pending');
    await expect.poll(async () => (await poll(client, id)).status).toBe('completed');
    expect(await poll(client, id)).toMatchObject({ usage: { cost: expect.any(Number), isByok: false } });
    const stream = await client.videoGeneration.getVideoContent({ jobId: id, index: 0 });
    const clip = Buffer.from(await new Response(stream).arrayBuffer());
    expect(clip.subarray(4, 8).toString()).toBe('ftyp');
    expect(bought()).toBe(1);
  });

  it('reads the key, whose limit is the budget with the least left', async () => {
    const client = await start({ background: false });
    expect(await client.apiKeys.getCurrentKeyMetadata()).toMatchObject({ data: { limit: null } });
  });

  it('is given its own error classes', async () => {
    const client = await start({ background: false });
    await expect(buy(client, { model: 'no/model' })).rejects.toBeInstanceOf(errors.BadRequestResponseError);
    await expect(poll(client, 'job_none')).rejects.toBeInstanceOf(errors.NotFoundResponseError);
    const { id } = await buy(client, { prompt: 'x [sim:stuck]' });
    const early = client.videoGeneration.getVideoContent({ jobId: id, index: 0 });
    await expect(early).rejects.toBeInstanceOf(errors.ConflictResponseError);
  });
});
