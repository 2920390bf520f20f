// A clip bought as the clients that people have buy it, unmodified and with their own retries: ordered, followed, fetched.

import { setTimeout as sleep } from 'node:timers/promises';
import { createOpenRouter } from '@openrouter/ai-sdk-provider';
import { OpenRouter } from '@openrouter/sdk';
import { experimental_generateVideo as generateVideo } from 'ai';
import OpenAI from 'openai';

export interface Wish {
  /** Origin of what serves the clients' APIs. */
  readonly url: string;
  readonly apiKey: string;
  readonly model: string;
  readonly prompt: string;
  readonly durationS: number;
  /** How long to wait between two polls. */
  readonly pollMs: number;
  /** After how long the AI SDK gives up a job and orders it again; absent = its ten minutes. */
  readonly maxPollMs?: number;
  readonly signal?: AbortSignal;
}

export interface Purchased {
  /** The job's id; null where the client does not tell. */
  readonly id: string | null;
  readonly clip: Uint8Array;
}

/** @throws Error what the client throws; where the job ended without a clip, how it ended. */
export type Purchase = (wish: Wish) => Promise<Purchased>;

const byOpenRouterSdk: Purchase = async (wish) => {
  const { url, apiKey, model, prompt, durationS: duration, pollMs, signal } = wish;
  const { videoGeneration } = new OpenRouter({ apiKey, serverURL: `${url}/api/v1` });
  const options = signal ? { fetchOptions: { signal } } : {};
  const request = { videoGenerationRequest: { model, prompt, duration } };
  const { id } = await videoGeneration.generate(request, options);
  for (;;) {
    const { status, error } = await videoGeneration.getGeneration({ jobId: id }, options);
    if (status === 'completed') break;
    if (status !== 'pending' && status !== 'in_progress') throw new Error(`${id} is ${status}: ${error}`);
    await sleep(pollMs, undefined, { ...(signal && { signal }) });
  }
  const stream = await videoGeneration.getVideoContent({ jobId: id, index: 0 }, options);
  return { id, clip: new Uint8Array(await new Response(stream).arrayBuffer()) };
};

const byAiSdk: Purchase = async (wish) => {
  const { url, apiKey, model, prompt, durationS: duration, pollMs, maxPollMs, signal } = wish;
  const { video } = await generateVideo({
    model: createOpenRouter({ apiKey, baseURL: `${url}/api/v1` }).videoModel(model, {
      pollIntervalMs: pollMs,
      ...(maxPollMs === undefined ? {} : { maxPollTimeMs: maxPollMs }),
    }),
    prompt,
    duration,
    ...(signal && { abortSignal: signal }),
    // Its own refuses 127.0.0.1, and sends no key: where links are not signed, clients bring this function.
    download: async ({ url: link }) => {
      const answer = await fetch(link, {
        headers: { authorization: `Bearer ${apiKey}` },
        ...(signal && { signal }),
      });
      if (!answer.ok) throw new Error(`${answer.status} for ${link.pathname}`);
      return { data: new Uint8Array(await answer.arrayBuffer()), mediaType: 'video/mp4' };
    },
  });
  return { id: null, clip: video.uint8Array };
};

const byOpenAi: Purchase = async (wish) => {
  const { url, apiKey, model, prompt, durationS, pollMs, signal } = wish;
  const { videos } = new OpenAI({ apiKey, baseURL: `${url}/v1` });
  const options = signal ? { signal } : {};
  // The types know the models and lengths of OpenAI alone.
  const terms = { model, seconds: String(durationS) } as object;
  const { id } = await videos.create({ prompt, ...terms }, options);
  for (;;) {
    const { status, error } = await videos.retrieve(id, options);
    if (status === 'completed') break;
    if (status === 'failed') throw new Error(`${id} is ${status}: ${error?.code} ${error?.message}`);
    await sleep(pollMs, undefined, { ...(signal && { signal }) });
  }
  const answer = await videos.downloadContent(id, {}, options);
  return { id, clip: new Uint8Array(await answer.arrayBuffer()) };
};

/** By the name of its package. */
export const PURCHASES = {
  '@openrouter/sdk': byOpenRouterSdk,
  '@openrouter/ai-sdk-provider': byAiSdk,
  openai: byOpenAi,
} as const satisfies Record<string, Purchase>;

export type ClientName = keyof typeof PURCHASES;
