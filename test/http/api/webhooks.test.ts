// The whole way over real sockets: an answer that is lost, a webhook that brings the id back, one bill in the ledger.

import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from '../../support/gateway.ts';

interface JobBody {
  readonly id: string;
  readonly status: string;
  readonly request: object;
  readonly upstream: { readonly id: string | null };
  readonly error: { readonly code: string } | null;
}

let gateway: TestGateway | undefined;
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
});

const SECRET = 'whsec-one-and-only';
const CLIP = { model: 'google/veo-3.1-lite', prompt: 'a paper boat', duration: 4, resolution: '720p' };

async function start(options: TestGatewayOptions = {}) {
  const started = await startTestGateway({
    webhooks: true,
    ...options,
    simulator: { webhookSecret: SECRET, ...options.simulator },
    env: { OPENROUTER_WEBHOOK_SECRET: `whsec-from-before, ${SECRET}`, ...options.env },
  });
  gateway = started;
  return started;
}

const buy = async (at: TestGateway, key: string): Promise<JobBody> =>
  (await (await at.post('/jobs', CLIP, { 'idempotency-key': key })).json()) as JobBody;

const read = async (at: TestGateway, id: string): Promise<JobBody> =>
  (await (await at.request(`/jobs/${id}`)).json()) as JobBody;

const hookOf = (at: TestGateway): string => {
  const body = at.simulator.ledger()[0]?.body as { callback_url: string } | undefined;
  return body?.callback_url ?? 'none';
};

/** What the simulator would send for the only job it has. */
function forge(at: TestGateway, changes: { id?: string; secret?: string | null; ageS?: number } = {}) {
  const [entry] = at.simulator.ledger();
  const { id = entry?.job_id, secret = SECRET, ageS = 0 } = changes;
  const body = JSON.stringify({ type: 'video.generation.completed', data: { id, status: 'completed' } });
  const t = Math.floor(Date.now() / 1000) - ageS;
  const v1 = secret === null ? '' : createHmac('sha256', secret).update(`${t},${body}`).digest('hex');
  return {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      ...(secret === null ? {} : { 'x-openrouter-signature': `t=${t},v1=${v1}` }),
    },
  };
}

const alarmsOf = (at: TestGateway) =>
  at.logLines.map((line) => JSON.parse(line) as { alarm?: string }).flatMap(({ alarm }) => alarm ?? []);

describe('a submit whose answer is lost', () => {
  it.each([
    ['a reset', { fault: 'reset', when: 'after', count: 1 }],
    ['a 503', { fault: 'error', status: 503, when: 'after', count: 1 }],
    ['a 202 without an id', { fault: 'no_id', count: 1 }],
  ] as const)('is bound by the webhook and never sent twice: %s', async (_name, fault) => {
    // The clip takes a moment, or the webhook would come before the answer is lost.
    const at = await start({ simulator: { webhookSecret: SECRET, timeScale: 0.01 } });
    at.simulator.addFault(fault);
    const job = await buy(at, 'order-1');
    expect(job.status).toBe('submission_unknown');
    // Clients try again; that is what keys are for.
    for (let i = 0; i < 3; i += 1) expect(await buy(at, 'order-1')).toMatchObject({ id: job.id });

    await expect.poll(() => read(at, job.id), { timeout: 10_000 }).toMatchObject({ status: 'completed' });
    const done = await read(at, job.id);
    expect(done.error).toBeNull();
    const ledger = at.simulator.ledger();
    expect(ledger).toHaveLength(1);
    expect(done.upstream.id).toBe(ledger[0]?.job_id);
    expect(ledger[0]?.webhooks).toEqual([expect.objectContaining({ status: 204 })]);
    const clip = await at.request(`/jobs/${job.id}/content`);
    expect(
      Buffer.from(await clip.arrayBuffer())
        .subarray(4, 8)
        .toString(),
    ).toBe('ftyp');
  });

  it('survives duplicates', async () => {
    const at = await start();
    at.simulator.addFault({ fault: 'webhook_duplicate', times: 5 });
    at.simulator.addFault({ fault: 'reset', when: 'after', count: 1 });
    const job = await buy(at, 'order-1');
    await expect.poll(() => read(at, job.id), { timeout: 10_000 }).toMatchObject({ status: 'completed' });
    expect(at.simulator.ledger()).toHaveLength(1);
    expect(alarmsOf(at)).toEqual(['submission_unknown']);
  });

  it.each(['webhook_bad_signature', 'webhook_stale'] as const)(
    'stays unknown where the webhook is not good: %s',
    async (fault) => {
      const at = await start();
      at.simulator.addFault({ fault });
      at.simulator.addFault({ fault: 'reset', when: 'after', count: 1 });
      const job = await buy(at, 'order-1');
      await expect.poll(() => at.simulator.ledger()[0]?.webhooks[0]?.status, { timeout: 5_000 }).toBe(403);
      expect(await read(at, job.id)).toMatchObject({ status: 'submission_unknown', upstream: { id: null } });
      // The same news, well signed, is still welcome.
      expect((await fetch(hookOf(at), forge(at))).status).toBe(204);
      await expect.poll(() => read(at, job.id), { timeout: 10_000 }).toMatchObject({ status: 'completed' });
    },
  );
});

describe('POST /hooks/openrouter/{nonce}', () => {
  const lost = async (options: TestGatewayOptions = {}) => {
    const at = await start({ background: false, ...options });
    at.simulator.addFault({ fault: 'webhook_lose' });
    at.simulator.addFault({ fault: 'reset', when: 'after', count: 1 });
    return { at, job: await buy(at, 'order-1') };
  };

  it('binds no id that upstream does not know', async () => {
    const { at, job } = await lost();
    expect((await fetch(hookOf(at), forge(at, { id: 'gen-vid-invented' }))).status).toBe(204);
    await (await at.gateway.webhooks.tick()).settled;
    expect(await read(at, job.id)).toMatchObject({ status: 'submission_unknown', upstream: { id: null } });
    // The true one comes later and wins.
    await fetch(hookOf(at), forge(at));
    await (await at.gateway.webhooks.tick()).settled;
    expect(await read(at, job.id)).toMatchObject({ status: 'pending' });
    await at.tick();
    expect(await read(at, job.id)).toMatchObject({ status: 'completed' });
  });

  it('shows its address to upstream alone', async () => {
    const { at, job } = await lost();
    const nonce = /[0-9a-f]{32}$/.exec(hookOf(at))?.[0] ?? 'none';
    expect(hookOf(at)).toBe(`${at.url}/hooks/openrouter/${nonce}`);
    await fetch(hookOf(at), forge(at));
    await fetch(`${hookOf(at)}0`, forge(at));
    const told = [
      JSON.stringify(await read(at, job.id)),
      await (await at.request('/jobs')).text(),
      await (await at.post('/jobs', { ...CLIP, dry_run: true })).text(),
      ...at.logLines,
    ].join('\n');
    expect(told).not.toContain(nonce);
    // The field of that name in the document is the clients' own, for being called back by us.
    expect(told).not.toContain('callback_url');
    expect(await (await at.request('/openapi.json')).text()).not.toContain(nonce);
  });

  it('needs no client key, but a signature where there is a secret', async () => {
    const { at } = await lost();
    expect((await fetch(hookOf(at), forge(at, { secret: null }))).status).toBe(403);
    expect((await fetch(hookOf(at), forge(at, { secret: 'whsec-other' }))).status).toBe(403);
    expect((await fetch(hookOf(at), forge(at, { ageS: 400 }))).status).toBe(403);
    expect((await fetch(hookOf(at), forge(at, { ageS: -400 }))).status).toBe(403);
    expect((await fetch(hookOf(at), forge(at, { secret: 'whsec-from-before' }))).status).toBe(204);
  });

  it('makes do with the nonce, and a poll, where there is none', async () => {
    const { at, job } = await lost({
      simulator: { webhookSecret: [] },
      env: { OPENROUTER_WEBHOOK_SECRET: '' },
    });
    expect((await fetch(hookOf(at), forge(at, { secret: null, id: 'gen-vid-invented' }))).status).toBe(204);
    expect((await fetch(hookOf(at), forge(at, { secret: null }))).status).toBe(204);
    await (await at.gateway.webhooks.tick()).settled;
    expect(await read(at, job.id)).toMatchObject({
      status: 'pending',
      upstream: { id: at.simulator.ledger()[0]?.job_id },
    });
  });

  it.each<[string, string, number]>([
    ['no nonce at all', '/hooks/openrouter/', 404],
    ['a nonce of nobody', `/hooks/openrouter/${'0'.repeat(32)}`, 404],
    ['a nonce that cannot be one', '/hooks/openrouter/..%2f..%2fjobs', 404],
    ['upper case', `/hooks/openrouter/${'A'.repeat(32)}`, 404],
  ])('knows nothing of %s', async (_name, path, status) => {
    const { at } = await lost();
    expect((await fetch(`${at.url}${path}`, forge(at))).status).toBe(status);
  });

  it('takes no more than 64 kB, and answers other methods', async () => {
    const { at } = await lost();
    const large = await fetch(hookOf(at), { method: 'POST', body: 'x'.repeat(65 * 1024) });
    expect(large.status).toBe(413);
    expect((await fetch(hookOf(at))).status).toBe(405);
  });

  it('raises an alarm where it contradicts the record, which stays', async () => {
    const { at, job } = await lost();
    await fetch(hookOf(at), forge(at));
    await (await at.gateway.webhooks.tick()).settled;
    await at.tick();
    const before = await read(at, job.id);
    expect((await fetch(hookOf(at), forge(at, { id: 'gen-vid-other' }))).status).toBe(204);
    expect(await read(at, job.id)).toEqual(before);
    expect(alarmsOf(at)).toEqual(['submission_unknown', 'webhook_other_id']);
  });
});

describe('without PUBLIC_URL', () => {
  it('asks for no webhook, and says at boot what that costs', async () => {
    const at = await start({ webhooks: false });
    await buy(at, 'order-1');
    expect(at.simulator.ledger()[0]?.body).not.toHaveProperty('callback_url');
    expect(at.logLines.join('')).toContain('PUBLIC_URL is not set');
  });
});
