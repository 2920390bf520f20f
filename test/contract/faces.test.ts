// The story of a job through each face; a face that is added stands here too.

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

for (const face of [clipgate, openrouter, openai]) describeFace(face);
