// What operators and auditors may do with the jobs of clients, over a real socket.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buy, CLIP, follow, type JobAnswer, readAs } from '../../support/clips.ts';
import { AUDITOR_KEY, OPERATOR_KEY, startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
beforeEach(() => gateway.simulator.reset());
afterAll(() => gateway.close());

const OPERATOR = { authorization: `Bearer ${OPERATOR_KEY}` };
const AUDITOR = { authorization: `Bearer ${AUDITOR_KEY}` };
const bought = () => gateway.simulator.ledger().length;

describe.each([
  ['an operator', OPERATOR],
  ['an auditor', AUDITOR],
])('%s', (_name, headers) => {
  it("reads a client's job, its record and its clip", async () => {
    const { id } = await follow(gateway, (await buy(gateway)).id);
    expect(await (await gateway.request(`/jobs/${id}`, { headers })).json()).toMatchObject({ id });
    const listed = await readAs<{ data: JobAnswer[] }>(
      await gateway.request('/jobs?client=studio&limit=100', { headers }),
    );
    expect(listed.data.map((job) => job.id)).toContain(id);
    expect((await gateway.request(`/jobs/${id}/audit`, { headers })).status).toBe(200);
    const clip = await gateway.request(`/jobs/${id}/content`, { headers });
    expect(clip.status).toBe(200);
    expect(Buffer.from(await clip.arrayBuffer()).toString('latin1', 4, 8)).toBe('ftyp');
  });
});

describe('an auditor', () => {
  it('changes nothing and buys nothing', async () => {
    const { id } = await follow(gateway, (await buy(gateway)).id);
    const before = bought();
    const posts: [string, object][] = [
      ['/jobs', CLIP],
      [`/jobs/${id}/resubmit`, { accept_double_charge: true }],
      [`/jobs/${id}/resolve`, { action: 'write_off', reason: 'none at all' }],
    ];
    for (const [path, body] of posts) {
      const answer = await gateway.post(path, body, AUDITOR);
      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({ code: 'scope_missing' });
    }
    expect(bought()).toBe(before);
  });
});

describe("an operator's resubmit", () => {
  it("uses no key of the client's, whose own order of that key is still bought", async () => {
    gateway.simulator.addFault({ fault: 'error', status: 400, count: 1 });
    const refused = await readAs<{ job_id: string }>(await gateway.post('/jobs', CLIP));
    const key = { 'idempotency-key': 'order-1' };
    const again = await gateway.post(`/jobs/${refused.job_id}/resubmit`, {}, { ...OPERATOR, ...key });
    expect(again.status).toBe(202);
    const own = await gateway.post('/jobs', { ...CLIP, prompt: 'a boat of its own' }, key);
    expect(own.status).toBe(202);
    expect(own.headers.get('idempotent-replayed')).toBeNull();
    expect(bought()).toBe(2);
    const replay = await gateway.post(`/jobs/${refused.job_id}/resubmit`, {}, { ...OPERATOR, ...key });
    expect(replay.headers.get('idempotent-replayed')).toBe('true');
    expect((await readAs<JobAnswer>(replay)).id).toBe((await readAs<JobAnswer>(again)).id);
    expect(bought()).toBe(2);
  });
});
