// GET /jobs and /jobs/{id}: every job once, newest first, and news as soon as there is some.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buy, CLIP, follow, type JobAnswer, readAs } from '../../support/clips.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
const made: string[] = [];
beforeAll(async () => {
  gateway = await startTestGateway();
  gateway.simulator.addFault({ fault: 'fail', match: { prompt: 'sinks' } });
  for (let index = 0; index < 12; index++) {
    const sinks = index % 3 === 0 ? { prompt: 'a boat sinks' } : {};
    const model = index % 4 === 0 ? { model: 'google/veo-3.1-fast' } : {};
    made.push((await follow(gateway, (await buy(gateway, { ...CLIP, ...model, ...sinks })).id)).id);
  }
});
afterAll(() => gateway.close());

interface Page {
  readonly data: readonly JobAnswer[];
  readonly next_cursor: string | null;
}
const page = async (query: string) => readAs<Page>(await gateway.request(`/jobs?${query}`));

async function walk(query: string): Promise<JobAnswer[]> {
  const jobs: JobAnswer[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { data, next_cursor } = await page(query + (cursor && `&cursor=${cursor}`));
    jobs.push(...data);
    cursor = next_cursor;
  }
  return jobs;
}

describe('the list', () => {
  it.each([1, 3, 5, 6, 12, 100])('shows each job once, newest first, %i at a time', async (limit) => {
    expect((await walk(`limit=${limit}`)).map(({ id }) => id)).toEqual(made.toReversed());
  });

  it('has room for twenty, and ends with null', async () => {
    expect(await page('')).toMatchObject({ data: { length: 12 }, next_cursor: null });
    expect((await page('limit=12')).next_cursor).toBeNull();
  });

  it('keeps to its filters on every page', async () => {
    const failed = await walk('limit=1&status=failed');
    expect(failed.map(({ status }) => status)).toEqual(Array(4).fill('failed'));
    const fast = await walk('limit=2&model=google/veo-3.1-fast');
    expect(fast.map(({ model }) => model)).toEqual(Array(3).fill('google/veo-3.1-fast'));
    const both = await walk('limit=1&status=failed&model=google/veo-3.1-fast');
    expect(both.map(({ id }) => id)).toEqual([made[0]]);
    expect(await page('status=expired')).toEqual({ data: [], next_cursor: null });
  });

  it('shows no job twice when others come meanwhile', async () => {
    const first = await page('limit=6');
    const late = await buy(gateway);
    const second = await page(`limit=6&cursor=${first.next_cursor}`);
    const seen = [...first.data, ...second.data].map(({ id }) => id);
    expect(seen).toEqual(made.toReversed());
    expect((await page('limit=1')).data[0]?.id).toBe(late.id);
    made.push(late.id);
  });
});

describe('Prefer: wait', () => {
  it('answers when the status changes', async () => {
    const stuck = gateway.simulator.addFault({ fault: 'poll_status', status: 'pending' });
    const { id } = await buy(gateway);
    const waiting = gateway.request(`/jobs/${id}`, { headers: { prefer: 'wait=60' } });
    stuck();
    const response = await waiting;
    expect(response.headers.get('preference-applied')).toBe('wait=50');
    expect(await response.json()).toMatchObject({ status: 'completed' });
  });

  it('answers at once for a job that has ended', async () => {
    const response = await gateway.request(`/jobs/${made[0]}`, { headers: { prefer: 'wait=60' } });
    expect(await response.json()).toMatchObject({ status: 'failed', error: { code: expect.any(String) } });
  });

  it('answers what there is when the time is up', async () => {
    const stuck = gateway.simulator.addFault({ fault: 'poll_status', status: 'pending' });
    const { id } = await buy(gateway);
    const response = await gateway.request(`/jobs/${id}`, { headers: { prefer: 'wait=1' } });
    expect(await response.json()).toMatchObject({ status: 'pending' });
    stuck();
  });

  it.each(['wait', 'wait=', 'wait=-1', 'wait=0', 'wait=soon', 'wait=1.5', 'x'.repeat(500), ';;,', 'wait="'])(
    'ignores %j',
    async (prefer) => {
      const response = await gateway.request(`/jobs/${made[0]}`, { headers: { prefer } });
      expect(response.status).toBe(200);
      expect(response.headers.get('preference-applied')).toBeNull();
    },
  );

  it('waits no longer than MAX_WAIT_S, whatever is asked', async () => {
    const response = await gateway.request(`/jobs/${made[0]}`, { headers: { prefer: 'wait=999999' } });
    expect(response.headers.get('preference-applied')).toBe('wait=50');
  });
});
