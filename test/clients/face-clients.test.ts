// The documents of OpenRouter's and OpenAI's API: what generators make of them, and what a validating proxy says of a whole flow.

import { readFileSync } from 'node:fs';
import { OpenRouter } from '@openrouter/sdk';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startValidatingProxy, type ValidatingProxy } from './prism.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

const OPENROUTER = 'openapi/openrouter-face.json';
const OPENAI = 'openapi/openai-face.json';

/** What the documents do not have must not compile: an expected error that is none is one. */
const WRONG = `import createClient from 'openapi-fetch';
import type { paths as OpenAiPaths } from './openai.ts';
import type { paths as OpenRouterPaths } from './openrouter.ts';
import { createVideo as openAiByHey } from './openai-hey/index.ts';
import { createVideo as openRouterByHey } from './openrouter-hey/index.ts';

// @ts-expect-error seconds is text or a number
export const one = () => createClient<OpenAiPaths>().POST('/v1/videos', { body: { prompt: 'x', seconds: true } });
// @ts-expect-error a duration is a number
export const two = () => createClient<OpenRouterPaths>().POST('/api/v1/videos', { body: { model: 'x', duration: '4' } });
// @ts-expect-error a prompt is required
export const three = () => openAiByHey({ body: { model: 'auto' } });
// @ts-expect-error a model is required
export const four = () => openRouterByHey({ body: { prompt: 'x' } });
`;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ env: { MODEL_ALIASES: 'sora-2=google/veo-3.1-lite' } });
});
afterAll(() => gateway.close());
const bought = () => gateway.simulator.ledger().length;

describe('a client that a generator made', () => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await createWorkspace('face-clients', 'test/clients/face-clients.md', {
      'openrouter-face.json': readFileSync(OPENROUTER, 'utf8'),
      'openai-face.json': readFileSync(OPENAI, 'utf8'),
      'wrong.ts': WRONG,
    });
    await workspace.compile();
  }, 180_000);

  it.each([
    ['openrouter-fetch', 'pending', '400'],
    ['openrouter-hey-api', 'pending', '400'],
    ['openrouter-orval', 'pending', '400'],
    ['openrouter-zod', 'pending', '400'],
    ['openai-fetch', 'video', 'model_not_found'],
    ['openai-hey-api', 'video', 'model_not_found'],
    ['openai-orval', 'video', 'model_not_found'],
    ['openai-zod', 'video', 'model_not_found'],
  ])('%s buys one clip, and reads a refusal', async (program, answer, refusal) => {
    const before = bought();
    const env = { CLIPGATE_URL: gateway.url, CLIPGATE_KEY: CLIENT_KEY };
    expect(await workspace.runProgram(program, env)).toEqual([`${answer} google/veo-3.1-lite`, refusal]);
    expect(bought()).toBe(before + 1);
  });
});

/** Waits for the last violation, which the test asked for: its lines come in order, so there is none before it. */
async function expectOnlyViolation({ violations }: ValidatingProxy, asked: RegExp): Promise<void> {
  await expect.poll(() => violations.some((line) => asked.test(line))).toBe(true);
  expect(violations.filter((line) => !asked.test(line))).toEqual([]);
}

describe('a validating proxy', () => {
  const proxies: ValidatingProxy[] = [];
  const behind = async (document: string) => {
    const proxy = await startValidatingProxy(document, gateway.url);
    proxies.push(proxy);
    return proxy;
  };
  afterAll(() => Promise.all(proxies.map((proxy) => proxy.close())));

  it("has nothing against OpenRouter's SDK, in any of its calls", async () => {
    const proxy = await behind(OPENROUTER);
    const { videoGeneration } = new OpenRouter({ apiKey: CLIENT_KEY, serverURL: `${proxy.url}/api/v1` });
    const order = { model: 'clipgate/cheap', prompt: 'A paper boat', duration: 4 };
    const { id: jobId } = await videoGeneration.generate({ videoGenerationRequest: order });
    await expect.poll(async () => (await videoGeneration.getGeneration({ jobId })).status).toBe('completed');
    const clip = await videoGeneration.getVideoContent({ jobId, index: 0 });
    expect(Buffer.from(await new Response(clip).arrayBuffer()).toString('latin1', 4, 8)).toBe('ftyp');
    expect((await videoGeneration.listVideosModels()).data.length).toBeGreaterThan(20);
    const ask = (path: string) =>
      fetch(`${proxy.url}/api/v1${path}`, { headers: { authorization: `Bearer ${CLIENT_KEY}` } });
    expect((await ask('/key')).status).toBe(200);
    expect((await ask('/models?output_modalities=video')).status).toBe(200);
    expect((await ask('/videos/unknown')).status).toBe(404);
    expect((await ask(`/videos/${jobId}/content?index=7`)).status).toBe(400);
    await ask(`/videos/${jobId}/content?index=no`);
    await expectOnlyViolation(proxy, /index/);
  }, 60_000);

  it("has nothing against OpenAI's library, in any of its calls", async () => {
    const proxy = await behind(OPENAI);
    const { videos } = new OpenAI({ apiKey: CLIENT_KEY, baseURL: `${proxy.url}/v1` });
    const { id } = await videos.create({ prompt: 'A paper boat', seconds: '4', size: '1280x720' });
    const image = Buffer.from('89504e470d0a1a0a', 'hex');
    const image_url = `data:image/png;base64,${image.toString('base64')}`;
    await videos.create({ prompt: 'Another', input_reference: { image_url } });
    // The proxy passes the bytes of a file on as if they were text: the gateway has to refuse what comes of them.
    const file = await toFile(image, 'first.png', { type: 'image/png' });
    await expect(videos.create({ prompt: 'A third', input_reference: file })).rejects.toThrow(/PNG/);
    await expect.poll(async () => (await videos.retrieve(id)).status).toBe('completed');
    const clip = Buffer.from(await (await videos.downloadContent(id)).arrayBuffer());
    expect(clip.toString('latin1', 4, 8)).toBe('ftyp');
    expect((await videos.list({ limit: 2, order: 'desc' })).data).toHaveLength(2);
    await expect(videos.create({ prompt: 'x', size: '1x2' as '1280x720' })).rejects.toThrow(/size/);
    await expect(videos.downloadContent(id, { variant: 'thumbnail' })).rejects.toThrow(/variant/);
    expect(await videos.delete(id)).toMatchObject({ deleted: true });
    await expect(videos.retrieve(id)).rejects.toThrow(OpenAI.NotFoundError);
    await fetch(`${proxy.url}/v1/videos?limit=1000`, { headers: { authorization: `Bearer ${CLIENT_KEY}` } });
    await expectOnlyViolation(proxy, /limit/);
  }, 60_000);
});
