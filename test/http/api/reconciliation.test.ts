// Operators decide what nobody knows, owners send again at their own risk: over real sockets, counted in the ledger.

import { afterEach, describe, expect, it } from 'vitest';
import {
  OPERATOR_KEY,
  OTHER_CLIENT_KEY,
  startTestGateway,
  type TestGateway,
  type TestGatewayOptions,
} from '../../support/gateway.ts';

interface JobBody {
  readonly id: string;
  readonly client: string;
  readonly status: string;
  readonly code: string;
  readonly resubmit_of: string | null;
  readonly upstream: { readonly id: string | null };
}

let gateway: TestGateway | undefined;
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
});

const CLIP = { model: 'google/veo-3.1-lite', prompt: 'a paper boat', duration: 4, resolution: '720p' };
const OPERATOR = { authorization: `Bearer ${OPERATOR_KEY}` };
const OTHER = { authorization: `Bearer ${OTHER_CLIENT_KEY}` };
const REASON = { reason: 'found on the invoice' };

async function start(options: TestGatewayOptions = {}) {
  const started = await startTestGateway({ background: false, ...options });
  gateway = started;
  return started;
}

const read = async (response: Promise<Response>) => {
  const answered = await response;
  return { status: answered.status, headers: answered.headers, body: (await answered.json()) as JobBody };
};

/** A job that upstream has and we do not know of. */
async function loseOne(at: TestGateway, headers: Record<string, string> = {}): Promise<string> {
  const restore = at.simulator.addFault({ fault: 'reset', when: 'after' });
  const { body } = await read(at.post('/jobs', CLIP, headers));
  restore();
  expect(body.status).toBe('submission_unknown');
  return body.id;
}

const idOf = (at: TestGateway, index = 0) => at.simulator.ledger()[index]?.job_id ?? 'none';

describe('POST /jobs/{id}/resolve', () => {
  it('attaches an id that upstream confirms, on record, and the job goes on to its clip', async () => {
    const at = await start();
    const id = await loseOne(at);
    const decision = { action: 'attach', upstream_id: idOf(at), ...REASON };
    const decided = await read(at.post(`/jobs/${id}/resolve`, decision, OPERATOR));
    expect(decided).toMatchObject({
      status: 200,
      body: { id, status: 'pending', upstream: { id: idOf(at) } },
    });
    await at.tick();
    expect(await read(at.request(`/jobs/${id}`))).toMatchObject({ body: { status: 'completed' } });
    const audit = await (await at.request(`/jobs/${id}/audit`, { headers: OPERATOR })).json();
    expect(audit).toEqual({
      data: [
        {
          at: expect.stringMatching(/^\d{4}-/),
          operator: 'alice',
          action: 'attach',
          reason: REASON.reason,
          before: { status: 'submission_unknown', upstream_id: null },
          after: { status: 'pending', upstream_id: idOf(at) },
        },
      ],
    });
    expect(at.simulator.ledger()).toHaveLength(1);
  });

  it('attaches nothing that upstream does not know, or cannot be asked for, or that is another’s', async () => {
    const at = await start();
    const id = await loseOne(at);
    const attach = (upstreamId: string) =>
      read(
        at.post(`/jobs/${id}/resolve`, { action: 'attach', upstream_id: upstreamId, ...REASON }, OPERATOR),
      );
    expect(await attach('gen-vid-slip')).toMatchObject({
      status: 409,
      body: { code: 'upstream_id_unconfirmed' },
    });
    const restore = at.simulator.addFault({ fault: 'error', status: 500, on: 'poll' });
    expect(await attach(idOf(at))).toMatchObject({ status: 503, body: { code: 'upstream_unreachable' } });
    restore();
    const { body: other } = await read(at.post('/jobs', CLIP, OTHER));
    expect(await attach(other.upstream.id ?? '')).toMatchObject({
      status: 409,
      body: { code: 'upstream_id_taken', job_id: other.id },
    });
    expect(await read(at.request(`/jobs/${id}`))).toMatchObject({ body: { status: 'submission_unknown' } });
    expect(await (await at.request(`/jobs/${id}/audit`, { headers: OPERATOR })).json()).toEqual({ data: [] });
  });

  it('closes as not accepted, which frees the key, or writes off, which does not', async () => {
    const at = await start();
    const first = await loseOne(at, { 'idempotency-key': 'a' });
    const second = await loseOne(at, { 'idempotency-key': 'b' });
    const decide = (id: string, action: string) =>
      read(at.post(`/jobs/${id}/resolve`, { action, ...REASON }, OPERATOR));
    expect(await decide(first, 'not_accepted')).toMatchObject({ body: { status: 'not_accepted' } });
    expect(await decide(second, 'write_off')).toMatchObject({ body: { status: 'written_off' } });
    expect((await read(at.post('/jobs', CLIP, { 'idempotency-key': 'a' }))).body.id).not.toBe(first);
    expect((await read(at.post('/jobs', CLIP, { 'idempotency-key': 'b' }))).body.id).toBe(second);
    // Once decided, it is decided.
    expect(await decide(first, 'write_off')).toMatchObject({ status: 409, body: { code: 'not_resolvable' } });
  });

  it('is for operators alone, and only for what is unknown', async () => {
    const at = await start();
    const id = await loseOne(at);
    const decision = { action: 'write_off', ...REASON };
    expect(await read(at.post(`/jobs/${id}/resolve`, decision))).toMatchObject({
      status: 403,
      body: { code: 'operator_required' },
    });
    expect(await read(at.request(`/jobs/${id}/audit`))).toMatchObject({ status: 403 });
    const { body: known } = await read(at.post('/jobs', CLIP));
    expect(await read(at.post(`/jobs/${known.id}/resolve`, decision, OPERATOR))).toMatchObject({
      status: 409,
    });
    const nobody = `job_${'0'.repeat(26)}`;
    expect(await read(at.post(`/jobs/${nobody}/resolve`, decision, OPERATOR))).toMatchObject({ status: 404 });
  });

  it.each([
    [{ action: 'attach', ...REASON }],
    [{ action: 'write_off' }],
    [{ action: 'write_off', upstream_id: 'x', ...REASON }],
    [{ action: 'forget', ...REASON }],
    [{ action: 'attach', upstream_id: 'a b', ...REASON }],
  ])('refuses %j', async (body) => {
    const at = await start();
    expect((await at.post(`/jobs/${await loseOne(at)}/resolve`, body, OPERATOR)).status).toBe(400);
  });
});

describe('an operator', () => {
  it('is told whose each job is, by id, by list and by event', async () => {
    const at = await start({ background: true });
    const makers = { studio: {}, agency: OTHER, 'operator:alice': OPERATOR };
    for (const [client, headers] of Object.entries(makers)) {
      const { body: made } = await read(at.post('/jobs', CLIP, headers));
      expect(made.client).toBe(client);
      const events = await (await at.request(`/jobs/${made.id}/events`, { headers: OPERATOR })).text();
      expect(events).toContain(`"client":"${client}"`);
      // Asked for by its owner first: what is written for one reader is sent to all.
      expect((await read(at.request(`/jobs/${made.id}`, { headers }))).body.client).toBe(client);
      expect((await read(at.request(`/jobs/${made.id}`, { headers: OPERATOR }))).body.client).toBe(client);
    }
    const list = await at.request('/jobs', { headers: OPERATOR });
    const { data } = (await list.json()) as { data: JobBody[] };
    expect(data.map(({ client }) => client)).toEqual(Object.keys(makers).toReversed());
  });

  it('reads every client’s jobs, by id and by list', async () => {
    const at = await start();
    const mine = await loseOne(at);
    const theirs = await loseOne(at, OTHER);
    const { body: known } = await read(at.post('/jobs', CLIP, OTHER));
    const list = async (query: string, headers: Record<string, string> = OPERATOR) => {
      const answer = await at.request(`/jobs${query}`, { headers });
      const { data } = (await answer.json()) as { data?: JobBody[] };
      return data?.map(({ id }) => id) ?? answer.status;
    };
    expect(await list('')).toEqual([known.id, theirs, mine]);
    expect(await list('?status=submission_unknown')).toEqual([theirs, mine]);
    expect(await list('?status=submission_unknown&client=studio')).toEqual([mine]);
    expect(await list('?client=nobody')).toEqual([]);
    expect((await at.request(`/jobs/${theirs}`, { headers: OPERATOR })).status).toBe(200);
    // A client's view has not grown.
    expect((await at.request(`/jobs/${theirs}`)).status).toBe(404);
    expect(await list('', {})).toEqual([mine]);
    expect(await list('?client=agency', {})).toBe(403);
  });
});

describe('POST /jobs/{id}/resubmit', () => {
  it('sends again at once what was refused, linked to the old job', async () => {
    const at = await start();
    const restore = at.simulator.addFault({ fault: 'error', status: 400 });
    const { body: problem } = await read(at.post('/jobs', CLIP));
    restore();
    const { job_id: old } = problem as unknown as { job_id: string };
    const again = await read(at.post(`/jobs/${old}/resubmit`, {}));
    expect(again).toMatchObject({ status: 202, body: { status: 'pending', resubmit_of: old } });
    expect(again.headers.get('location')).toBe(`/jobs/${again.body.id}`);
    expect(at.simulator.ledger()).toHaveLength(1);
    expect(await read(at.request(`/jobs/${old}`))).toMatchObject({ body: { status: 'rejected' } });
  });

  it('buys a refused intent once, by whichever way and key it is asked for again', async () => {
    const at = await start();
    const K1 = { 'idempotency-key': 'K1' };
    const restore = at.simulator.addFault({ fault: 'error', status: 400 });
    const { body: problem } = await read(at.post('/jobs', CLIP, K1));
    restore();
    const { job_id: old } = problem as unknown as { job_id: string };
    expect((await read(at.request(`/jobs/${old}`))).body).toMatchObject({ resubmit_safe: true });
    const { body: again } = await read(at.post(`/jobs/${old}/resubmit`, {}));
    expect((await read(at.request(`/jobs/${old}`))).body).toMatchObject({ resubmit_safe: false });

    const retried = await read(at.post('/jobs', CLIP, K1));
    expect(retried).toMatchObject({ status: 202, body: { id: again.id } });
    expect(retried.headers.get('idempotent-replayed')).toBe('true');
    expect(await read(at.post('/jobs', { ...CLIP, prompt: 'a ship' }, K1))).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused', job_id: again.id },
    });
    const own = { 'idempotency-key': 'mine' };
    expect(await read(at.post(`/jobs/${old}/resubmit`, {}, own))).toMatchObject({
      status: 409,
      body: { code: 'double_charge_not_accepted' },
    });
    expect((await read(at.post(`/jobs/${old}/resubmit`, {}))).body.id).toBe(again.id);
    expect(at.simulator.ledger()).toHaveLength(1);
    const accepted = { accept_double_charge: true };
    expect((await read(at.post(`/jobs/${old}/resubmit`, accepted, own))).status).toBe(202);
    expect(at.simulator.ledger()).toHaveLength(2);
  });

  it('makes one job of many that ask at once, each with a key of its own', async () => {
    const at = await start();
    const restore = at.simulator.addFault({ fault: 'error', status: 400 });
    const { body: problem } = await read(at.post('/jobs', CLIP, { 'idempotency-key': 'K1' }));
    restore();
    const { job_id: old } = problem as unknown as { job_id: string };
    const answers = await Promise.all([
      ...['a', 'b', 'c'].map((key) => read(at.post(`/jobs/${old}/resubmit`, {}, { 'idempotency-key': key }))),
      ...[1, 2, 3].map(() => read(at.post('/jobs', CLIP, { 'idempotency-key': 'K1' }))),
    ]);
    for (const { status, body } of answers) {
      if (status !== 202) expect(body.code).toBe('double_charge_not_accepted');
    }
    const made = answers.filter(({ status }) => status === 202);
    expect(new Set(made.map(({ body }) => body.id)).size).toBe(1);
    expect(at.simulator.ledger()).toHaveLength(1);
  });

  it('sends an unknown again only for someone who accepts a second bill, and then once', async () => {
    const at = await start();
    const old = await loseOne(at);
    expect(await read(at.post(`/jobs/${old}/resubmit`, {}))).toMatchObject({
      status: 409,
      body: { code: 'double_charge_not_accepted' },
    });
    expect(at.simulator.ledger()).toHaveLength(1);
    const accepted = { accept_double_charge: true };
    const made = await Promise.all([1, 2, 3].map(() => read(at.post(`/jobs/${old}/resubmit`, accepted))));
    expect(new Set(made.map(({ body }) => body.id)).size).toBe(1);
    expect(at.simulator.ledger()).toHaveLength(2);
    // What is unknown stays so: the old video may still turn up.
    expect(await read(at.request(`/jobs/${old}`))).toMatchObject({ body: { status: 'submission_unknown' } });
    const own = await read(at.post(`/jobs/${old}/resubmit`, accepted, { 'idempotency-key': 'mine' }));
    expect(own.body.id).not.toBe(made[0]?.body.id);
    expect(at.simulator.ledger()).toHaveLength(3);
  });

  it('has nothing to send again of a job that is going or done, nor of another client’s', async () => {
    const at = await start();
    const { body: job } = await read(at.post('/jobs', CLIP));
    const again = (headers: Record<string, string> = {}) =>
      read(at.post(`/jobs/${job.id}/resubmit`, { accept_double_charge: true }, headers));
    expect(await again()).toMatchObject({ status: 409, body: { code: 'not_resubmittable' } });
    await at.tick();
    expect(await again()).toMatchObject({ status: 409, body: { code: 'not_resubmittable' } });
    expect(await again(OTHER)).toMatchObject({ status: 404 });
  });

  it('makes a job of the owner’s where an operator asks', async () => {
    const at = await start();
    const old = await loseOne(at, OTHER);
    const { body } = await read(at.post(`/jobs/${old}/resubmit`, { accept_double_charge: true }, OPERATOR));
    expect(body.client).toBe('agency');
    expect((await at.request(`/jobs/${body.id}`, { headers: OTHER })).status).toBe(200);
  });
});
