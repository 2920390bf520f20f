// The least upstream a gateway can be measured in front of: the recorded catalog, jobs that are done at once or never,
// and one clip of a given size. Arguments: catalog file, modalities file, clip file, how many models.

import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { json } from 'node:stream/consumers';
import { readCatalog, varyCatalog } from './support/catalog.ts';

/** What a prompt begins with that makes a job which does not end until the word comes. */
const NEVER = 'never';

const [catalogFile = '', modalitiesFile = '', clipFile = '', models = '30'] = process.argv.slice(2);
const { data, inputs } = varyCatalog(readCatalog(catalogFile, modalitiesFile), Number(models));
const catalog = JSON.stringify({ data });
const general = JSON.stringify({
  data: Object.entries(inputs).map(([id, kinds]) => ({ id, architecture: { input_modalities: kinds } })),
});

/** Answers that wait for the word to begin: a clip is asked for first and sent after, so that readers catch it live. */
const held: (() => void)[] = [];
let holding = false;
let jobs = 0;
let polls = 0;
let over = false;
const prompts = new Set<string>();
/** When each job was polled last, epoch milliseconds. */
const polledAt = new Map<string, number>();
let silent = false;

export interface UpstreamCount {
  readonly submits: number;
  readonly prompts: number;
  readonly polls: number;
  readonly polledAt: readonly (readonly [string, number])[];
}

function sendJson(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '').replace(/^\/api\/v1/, '');
  if (path.startsWith('/videos/models')) return sendJson(response, 200, catalog);
  if (path.startsWith('/models')) return sendJson(response, 200, general);
  if (path === '/videos') {
    const { prompt = '' } = (await json(request)) as { prompt?: string };
    jobs += 1;
    prompts.add(prompt);
    const id = `${prompt.startsWith(NEVER) ? NEVER : 'done'}-${jobs}`;
    return sendJson(response, 202, JSON.stringify({ id, status: 'pending' }));
  }
  const [, id = '', rest] = /^\/videos\/([\w-]+)(\/content)?/.exec(path) ?? [];
  if (rest) {
    if (holding) await new Promise<void>((resolve) => held.push(resolve));
    response.writeHead(200, { 'content-type': 'video/mp4' });
    createReadStream(clipFile, { highWaterMark: 256 * 1024 }).pipe(response);
    return;
  }
  if (id !== '') {
    polls += 1;
    polledAt.set(id, Date.now());
  }
  // As a poll hangs that is never answered: whoever asked must die or give up.
  if (silent) return;
  const done = { status: 'completed', unsigned_urls: ['https://x.invalid/0'], usage: { cost: 0.12 } };
  sendJson(
    response,
    200,
    JSON.stringify({ id, ...(over || id.startsWith('done') ? done : { status: 'in_progress' }) }),
  );
}

process.on('message', (message) => {
  if (message === 'hold') holding = true;
  if (message === 'release') for (const go of held.splice(0)) go();
  if (message === 'end') over = true;
  if (message === 'fall silent' || message === 'speak') silent = message === 'fall silent';
  if (message === 'count') {
    const count: UpstreamCount = { submits: jobs, prompts: prompts.size, polls, polledAt: [...polledAt] };
    process.send?.(count);
  }
});
const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => response.destroy(error as Error));
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
