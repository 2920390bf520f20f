// How the demo shows that code written for other APIs runs as it is: two clients of other people buy a clip each.

import { setTimeout as pause } from 'node:timers/promises';
import { OpenRouter } from '@openrouter/sdk';
import OpenAI from 'openai';
import type { Screen } from './screen.ts';
import type { Stage } from './stage.ts';

const MODEL = 'google/veo-3.1-lite';
const SECONDS = 4;
const POLL_MS = 250;
// This gateway asks for no key; the clients insist on one.
const ANY_KEY = 'any';

/** What a client came to: its calls, and what they brought. */
interface Bought {
  readonly id: string;
  readonly bytes: number;
  readonly bill: string;
}

/** Has OpenRouter's SDK and the `openai` package buy a clip each at the same time, with their default settings. */
export async function tellClients(stage: Stage, screen: Screen, signal: AbortSignal): Promise<void> {
  screen.step('Unmodified clients of OpenRouter and OpenAI');
  const before = stage.purchases();
  const openRouterUrl = `${stage.url}/api/v1`;
  const openAiUrl = `${stage.url}/v1`;
  const [first, second] = await Promise.all([
    buyWithOpenRouter(openRouterUrl, signal),
    buyWithOpenAi(openAiUrl, signal),
  ]);
  screen.say(`@openrouter/sdk with serverURL ${openRouterUrl}`);
  screen.say(`  ${describe(first)}`);
  screen.say(`openai with baseURL ${openAiUrl}`);
  screen.say(`  ${describe(second)}`);
  screen.say(`clips ordered: 2, paid jobs in the simulator's ledger: ${stage.purchases() - before}`);
}

const describe = ({ id, bytes, bill }: Bought): string =>
  `ordered ${id}, followed it, downloaded ${(bytes / 1024).toFixed(0)} kB of MP4; ${bill}`;

async function buyWithOpenRouter(serverURL: string, signal: AbortSignal): Promise<Bought> {
  const { videoGeneration } = new OpenRouter({ apiKey: ANY_KEY, serverURL });
  const options = { fetchOptions: { signal } };
  const { id } = await videoGeneration.generate(
    {
      videoGenerationRequest: { model: MODEL, prompt: 'A paper boat passes a lighthouse', duration: SECONDS },
    },
    options,
  );
  for (;;) {
    const { status, error, usage } = await videoGeneration.getGeneration({ jobId: id }, options);
    if (status === 'completed') {
      const stream = await videoGeneration.getVideoContent({ jobId: id }, options);
      const { byteLength } = await new Response(stream).arrayBuffer();
      return { id, bytes: byteLength, bill: `usage.cost ${usage?.cost}` };
    }
    if (status !== 'pending' && status !== 'in_progress') throw new Error(`${id} is ${status}: ${error}`);
    await pause(POLL_MS, undefined, { signal });
  }
}

async function buyWithOpenAi(baseURL: string, signal: AbortSignal): Promise<Bought> {
  const { videos } = new OpenAI({ apiKey: ANY_KEY, baseURL });
  const request = {
    model: MODEL,
    prompt: 'A paper boat meets a duck',
    seconds: '4',
    size: '1280x720',
  } as const;
  const { id } = await videos.create(request, { signal });
  for (;;) {
    const { status, error, seconds, size } = await videos.retrieve(id, { signal });
    if (status === 'completed') {
      const { byteLength } = await (await videos.downloadContent(id, {}, { signal })).arrayBuffer();
      return { id, bytes: byteLength, bill: `${seconds} s, ${size}` };
    }
    if (status === 'failed') throw new Error(`${id} failed: ${error?.message}`);
    await pause(POLL_MS, undefined, { signal });
  }
}
