// The story of a job through each face; a face that is added stands here too.

import type { ErrorCode } from '../../src/core/errors.ts';
import { ERROR_CODES } from '../../src/http/server/error-codes.ts';
import type { TestGateway } from '../support/gateway.ts';
import { callTool } from '../support/mcp.ts';
import { describeFace, type Face, type FaceStatus } from './faces.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const clipOf = async (answer: Response) =>
  answer.status === 200 ? new Uint8Array(await answer.arrayBuffer()) : answer.status;

const ENDED: Readonly<Record<string, FaceStatus>> = { completed: 'completed', failed: 'failed' };

const clipgate: Face = {
  name: 'the API of the gateway',
  statuses: { unknownModel: 422, budget: 402, unknownJob: 404 },
  hasKeys: true,
  async buy(gateway, { model, prompt, durationS, key }, clientKey) {
    const headers = {
      authorization: `Bearer ${clientKey}`,
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    };
    const answer = await gateway.post('/jobs', { model, prompt, duration: durationS }, headers);
    const body = (await answer.json()) as { id: string; detail: string };
    return answer.status === 202
      ? { kind: 'bought', id: body.id }
      : { kind: 'refused', status: answer.status, message: body.detail };
  },
  async poll(gateway, id, clientKey) {
    const answer = await gateway.request(`/jobs/${id}`, {
      headers: { authorization: `Bearer ${clientKey}` },
    });
    if (answer.status !== 200) return answer.status;
    return ENDED[((await answer.json()) as { status: string }).status] ?? 'running';
  },
  download: async (gateway, id, clientKey) =>
    clipOf(
      await gateway.request(`/jobs/${id}/content`, { headers: { authorization: `Bearer ${clientKey}` } }),
    ),
};

const openrouter: Face = {
  name: "OpenRouter's video API",
  statuses: { unknownModel: 400, budget: 402, unknownJob: 404 },
  hasKeys: true,
  async buy(gateway, { model, prompt, durationS, key }, clientKey) {
    const answer = await gateway.request('/api/v1/videos', {
      method: 'POST',
      headers: {
        ...JSON_TYPE,
        authorization: `Bearer ${clientKey}`,
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      body: JSON.stringify({ model, prompt, duration: durationS }),
    });
    const body = (await answer.json()) as { id: string; error: { message: string } };
    return answer.status === 202
      ? { kind: 'bought', id: body.id }
      : { kind: 'refused', status: answer.status, message: body.error.message };
  },
  async poll(gateway, id, clientKey) {
    const answer = await gateway.request(`/api/v1/videos/${id}`, {
      headers: { authorization: `Bearer ${clientKey}` },
    });
    if (answer.status !== 200) return answer.status;
    return ENDED[((await answer.json()) as { status: string }).status] ?? 'running';
  },
  download: async (gateway, id, clientKey) =>
    clipOf(
      await gateway.request(`/api/v1/videos/${id}/content?index=0`, {
        headers: { authorization: `Bearer ${clientKey}` },
      }),
    ),
};

const openai: Face = {
  name: "OpenAI's Videos API",
  statuses: { unknownModel: 400, budget: 402, unknownJob: 404 },
  hasKeys: true,
  async buy(gateway, { model, prompt, durationS, key }, clientKey) {
    const form = new FormData();
    const fields = { model, prompt, seconds: String(durationS), size: '1280x720' };
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    const answer = await gateway.request('/v1/videos', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${clientKey}`,
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      body: form,
    });
    const body = (await answer.json()) as { id: string; error: { message: string } };
    return answer.status === 200
      ? { kind: 'bought', id: body.id }
      : { kind: 'refused', status: answer.status, message: body.error.message };
  },
  async poll(gateway, id, clientKey) {
    const answer = await gateway.request(`/v1/videos/${id}`, {
      headers: { authorization: `Bearer ${clientKey}` },
    });
    if (answer.status !== 200) return answer.status;
    return ENDED[((await answer.json()) as { status: string }).status] ?? 'running';
  },
  download: async (gateway, id, clientKey) =>
    clipOf(
      await gateway.request(`/v1/videos/${id}/content`, {
        headers: { authorization: `Bearer ${clientKey}` },
      }),
    ),
};

/** What a tool answers, or what the API would answer with the status of. */
async function ask<T>(
  gateway: TestGateway,
  name: string,
  args: object,
  clientKey: string,
): Promise<
  | { readonly answer: T; readonly link: string | undefined }
  | { readonly status: number; readonly message: string }
> {
  const { isError, content, structuredContent } = await callTool(gateway, name, args, clientKey);
  if (!isError) return { answer: structuredContent as T, link: content.find(({ uri }) => uri)?.uri };
  const { code, detail } = JSON.parse(content[0]?.text ?? '') as { code: ErrorCode; detail: string };
  return { status: ERROR_CODES[code].status, message: detail };
}

let purchases = 0;

const mcp: Face = {
  name: 'the tools of MCP',
  statuses: { unknownModel: 422, budget: 402, unknownJob: 404 },
  hasKeys: true,
  async buy(gateway, { model, prompt, durationS, key }, clientKey) {
    const clip = { model, prompt, duration: durationS };
    // An agent that calls again repeats its quote, too.
    const quoteOf = () => ask<{ quote: string }>(gateway, 'quote_clip', clip, clientKey);
    const known = key === undefined ? undefined : quotes.get(gateway)?.get(`${key} ${durationS}`);
    const quoted = known ?? (await quoteOf());
    if (!('answer' in quoted)) return { kind: 'refused', ...quoted };
    if (key !== undefined)
      quotes.set(gateway, (quotes.get(gateway) ?? new Map()).set(`${key} ${durationS}`, quoted));
    const purchase = { quote: quoted.answer.quote, idempotency_key: key ?? `purchase-${++purchases}` };
    const bought = await ask<{ id: string }>(gateway, 'buy_clip', purchase, clientKey);
    return 'answer' in bought ? { kind: 'bought', id: bought.answer.id } : { kind: 'refused', ...bought };
  },
  async poll(gateway, id, clientKey) {
    const job = await ask<{ status: string }>(gateway, 'get_job', { id }, clientKey);
    return 'answer' in job ? (ENDED[job.answer.status] ?? 'running') : job.status;
  },
  async download(gateway, id, clientKey) {
    const job = await ask(gateway, 'get_job', { id }, clientKey);
    if (!('answer' in job)) return job.status;
    if (job.link === undefined) return 404;
    return clipOf(await fetch(job.link, { headers: { authorization: `Bearer ${clientKey}` } }));
  },
};

const quotes = new WeakMap<TestGateway, Map<string, Awaited<ReturnType<typeof ask<{ quote: string }>>>>>();

const FACES = [clipgate, openrouter, openai, mcp];
for (const face of FACES)
  describeFace(
    face,
    FACES.filter((other) => other !== face),
  );
