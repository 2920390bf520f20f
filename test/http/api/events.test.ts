// Server-Sent Events over a real socket: every state a reader can see, resumable, closed by the end.

import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  CLIENT_KEY,
  OPERATOR_KEY,
  OTHER_CLIENT_KEY,
  startTestGateway,
  type TestGateway,
} from '../../support/gateway.ts';

let gateway: TestGateway;
afterEach(() => gateway.close());

const CLIP = { model: 'google/veo-3.1-lite', prompt: 'x', duration: 4, resolution: '720p' };

interface Event {
  readonly id: number;
  readonly data: { readonly status: string; readonly id: string };
}

const parse = (text: string): Event[] =>
  [...text.matchAll(/^event: job\nid: (\d+)\ndata: (.*)\n\n/gm)].map(([, id, data = '']) => ({
    id: Number(id),
    data: JSON.parse(data),
  }));

async function makeJob(): Promise<string> {
  const answer = await gateway.post('/jobs', CLIP);
  return ((await answer.json()) as { id: string }).id;
}

/** Reads a stream as it comes. */
async function readEvents(path: string, headers: Record<string, string> = {}) {
  const answer = await gateway.request(path, { headers });
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  let text = '';
  const ended = (async () => {
    for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString();
  })();
  return { ended, events: () => parse(text), text: () => text };
}

describe('GET /jobs/{id}/events', () => {
  it('tells every state from now to the end, and closes', async () => {
    gateway = await startTestGateway({ background: false });
    const id = await makeJob();
    const { ended, events } = await readEvents(`/jobs/${id}/events`);
    await expect.poll(() => events().length).toBe(1);
    await gateway.tick();
    await ended;
    expect(events().map(({ data }) => data.status)).toEqual(['pending', 'completed']);
    const ids = events().map((event) => event.id);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('resumes after the last event a client has seen', async () => {
    gateway = await startTestGateway({ background: false });
    const id = await makeJob();
    const first = await readEvents(`/jobs/${id}/events`);
    await expect.poll(() => first.events().length).toBe(1);
    const seen = String(first.events()[0]?.id);
    const resumed = await readEvents(`/jobs/${id}/events`, { 'last-event-id': seen });
    await gateway.tick();
    await resumed.ended;
    expect(resumed.events().map(({ data }) => data.status)).toEqual(['completed']);
    const last = String(resumed.events()[0]?.id);
    const nothing = await gateway.request(`/jobs/${id}/events`, { headers: { 'last-event-id': last } });
    expect(nothing.status).toBe(204);
  });

  it('has no event for a poll that changes nothing that is shown', async () => {
    gateway = await startTestGateway({ background: false });
    const pending = gateway.simulator.addFault({ fault: 'poll_status', status: 'pending' });
    const id = await makeJob();
    const { ended, events } = await readEvents(`/jobs/${id}/events`);
    await expect.poll(() => events().length).toBe(1);
    const polls = () => gateway.simulator.ledger()[0]?.polls ?? 0;
    await expect
      .poll(async () => {
        await gateway.tick();
        return polls();
      })
      .toBeGreaterThanOrEqual(5);
    pending();
    await expect
      .poll(async () => {
        await gateway.tick();
        return events().at(-1)?.data.status;
      })
      .toBe('completed');
    await ended;
    // The first poll brings the generation id, which is shown.
    expect(events().map(({ data }) => data.status)).toEqual(['pending', 'pending', 'completed']);
  });

  it('reaches every listener of a job', async () => {
    gateway = await startTestGateway({ background: false });
    const id = await makeJob();
    const listeners = await Promise.all(Array.from({ length: 50 }, () => readEvents(`/jobs/${id}/events`)));
    await gateway.tick();
    await Promise.all(listeners.map(({ ended }) => ended));
    for (const { events } of listeners) expect(events().at(-1)?.data.status).toBe('completed');
  });

  it('is as missing for another client as for nobody', async () => {
    gateway = await startTestGateway({ background: false });
    const id = await makeJob();
    const answer = await gateway.request(`/jobs/${id}/events`, {
      headers: { authorization: `Bearer ${OTHER_CLIENT_KEY}` },
    });
    expect(answer.status).toBe(404);
    const wrong = await gateway.request(`/jobs/${id}/events`, { headers: { 'last-event-id': 'seven' } });
    expect(wrong.status).toBe(400);
  });

  it('ends its streams when the gateway closes, without an end of the job', async () => {
    gateway = await startTestGateway({ background: false });
    const id = await makeJob();
    const { ended, events } = await readEvents(`/jobs/${id}/events`);
    await expect.poll(() => events().length).toBe(1);
    await gateway.gateway.close();
    await ended;
    expect(events()).toHaveLength(1);
  });
});

describe('GET /jobs/events', () => {
  const changesOf = (text: string) =>
    [...text.matchAll(/^event: job\ndata: (.*)\n\n/gm)].map(
      ([, data = '']) => JSON.parse(data) as { id: string; status: string; client: string },
    );

  /** Opens a stream, and waits until it is there. */
  async function open(key: string) {
    const aborting = new AbortController();
    onTestFinished(() => aborting.abort());
    const answer = await gateway.request('/jobs/events', {
      headers: { authorization: `Bearer ${key}` },
      signal: aborting.signal,
    });
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    let text = '';
    const ended = (async () => {
      for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString();
    })().catch((error: unknown) => {
      if (!aborting.signal.aborted) throw error;
    });
    await expect.poll(() => text).toContain('retry:');
    return { changes: () => changesOf(text), ended };
  }

  it('sends every change of the jobs of its client, and to an operator those of all', async () => {
    gateway = await startTestGateway({ background: false });
    const [mine, other, all] = await Promise.all([CLIENT_KEY, OTHER_CLIENT_KEY, OPERATOR_KEY].map(open));
    const id = await makeJob();
    await gateway.post('/jobs', CLIP, { authorization: `Bearer ${OTHER_CLIENT_KEY}` });
    const ends = [mine, other, all].map(
      (stream) => () => stream?.changes().filter(({ status }) => status === 'completed').length,
    );
    await expect
      .poll(async () => {
        await gateway.tick();
        return ends.map((count) => count());
      })
      .toEqual([1, 1, 2]);
    expect(new Set(mine?.changes().map((job) => job.id))).toEqual(new Set([id]));
    expect(new Set(other?.changes().map(({ client }) => client))).toEqual(new Set(['agency']));
  });

  it('ends when the gateway closes', async () => {
    gateway = await startTestGateway({ background: false });
    const { ended } = await open(CLIENT_KEY);
    await gateway.gateway.close();
    await ended;
  });
});
