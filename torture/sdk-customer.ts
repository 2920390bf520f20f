// A client without an Idempotency-Key: an unmodified SDK with its own retries, which orders again whenever it likes.

import { setTimeout as sleep } from 'node:timers/promises';
import { OpenRouter } from '@openrouter/sdk';
import OpenAI from 'openai';
import type { Told } from './customer.ts';
import { keyOf } from './orders.ts';
import { type SeenJob, type Shop, TERMINAL } from './shop.ts';

export interface SdkCustomerParts {
  readonly shop: Shop;
  /** Of the balancer. */
  readonly url: string;
  readonly secretOf: (client: string) => string;
  readonly random: () => number;
  /** Aborted when the run is over. */
  readonly signal: AbortSignal;
  readonly accuse: (what: string) => void;
}

/** Some want the same clip twice, and order both at once. */
const TWINS_SHARE = 0.15;
const LOOK_MS = 250;

type Order = (prompt: string, signal: AbortSignal) => Promise<string>;

const MODEL = 'google/veo-3.1-lite';

function byOpenRouter(url: string, apiKey: string): Order {
  const { videoGeneration } = new OpenRouter({ apiKey, serverURL: `${url}/api/v1` });
  return async (prompt, signal) => {
    const videoGenerationRequest = { model: MODEL, prompt, duration: 4, generateAudio: false };
    const { id } = await videoGeneration.generate({ videoGenerationRequest }, { fetchOptions: { signal } });
    return id;
  };
}

function byOpenAi(url: string, apiKey: string): Order {
  const { videos } = new OpenAI({ apiKey, baseURL: `${url}/v1` });
  return async (prompt, signal) => {
    // The types know the models of OpenAI alone.
    const terms = { model: MODEL, seconds: '4', size: '1280x720' } as object;
    const { id } = await videos.create({ prompt, ...terms }, { signal });
    return id;
  };
}

/** Orders what is wanted, as often as the SDK sees fit, and follows each job to its end. */
export async function buyBySdk(told: Told, parts: SdkCustomerParts): Promise<void> {
  const { order } = told;
  const { shop, random, signal, accuse } = parts;
  const prompt = String(order.body['prompt']);
  const secret = parts.secretOf(order.client);
  const send = random() < 0.5 ? byOpenRouter(parts.url, secret) : byOpenAi(parts.url, secret);
  const wanted = random() < TWINS_SHARE ? 2 : 1;
  told.wanted = wanted;

  async function follow(jobId: string): Promise<void> {
    while (!signal.aborted) {
      const answer = await shop.read(order.client, `/jobs/${jobId}`, { prefer: 'wait=1' });
      if (answer?.status === 404)
        accuse(`${order.key} was told of job ${jobId}, and then that there is none`);
      if (answer?.status === 200) {
        const job = answer.body as SeenJob;
        if (keyOf(job.request) !== order.key)
          accuse(`${order.key} was told of job ${jobId} of ${keyOf(job.request)}`);
        told.status = job.status;
        if (TERMINAL.has(job.status) || job.status === 'submission_unknown') return;
      } else await sleep(LOOK_MS);
    }
  }

  await Promise.all(
    Array.from({ length: wanted }, async () => {
      told.posts += 1;
      // It gives up: refused, or worn out by what happened to its retries.
      const jobId = await send(prompt, signal).catch(() => null);
      if (jobId === null) return;
      told.jobId = jobId;
      told.jobIds.add(jobId);
      await follow(jobId);
    }),
  );
}
