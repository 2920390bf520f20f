// The router over HTTP: a first bill, a second, and the answers they change; the arena's word and the operator's.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  OTHER_CLIENT_KEY,
  startTestGateway,
  type TestGateway,
  type TestGatewayOptions,
} from '../../support/gateway.ts';

let gateway: TestGateway | undefined;
afterEach(() => gateway?.close());

const LITE = 'google/veo-3.1-lite';
const CLIP = { prompt: 'a paper boat', duration: 4, resolution: '720p', generate_audio: false };

/** What these tests read of any answer. */
interface Answer {
  readonly id?: string;
  readonly why?: string;
  readonly estimate?: object;
  readonly candidates?: readonly {
    readonly estimate: object;
    readonly quality: object;
    readonly expected_s: object;
    readonly scores: Readonly<Record<string, number>>;
  }[];
}

async function start(options: TestGatewayOptions = {}) {
  const t = await startTestGateway({ background: false, ...options });
  gateway = t;
  const json = async (path: string, body: object) => (await t.post(path, body)).json() as Promise<Answer>;
  return {
    ...t,
    routeTo: async (model: string) =>
      (await json('/route', { ...CLIP, models: { allow: [model] } })).candidates?.[0],
    buy: async (model: string) => {
      const { id } = await json('/jobs', { ...CLIP, model });
      await vi.waitFor(async () => {
        await t.tick();
        expect(await (await t.request(`/jobs/${id}`)).json()).toMatchObject({ status: 'completed' });
      }, 15_000);
    },
    route: () => json('/route', CLIP),
    dryRun: (body: object) => json('/jobs', { ...CLIP, ...body, dry_run: true }),
  };
}

describe('a gateway that has bought clips', () => {
  it('estimates as it was billed, and says from how many', async () => {
    const t = await start({ simulator: { settings: { price_factors: { [LITE]: 0.4 } } } });
    const before = await t.routeTo(LITE);
    expect(before?.estimate).toMatchObject({ usd: 0.12, certainty: 'exact' });
    expect(before?.estimate).not.toHaveProperty('learned');
    await t.buy(LITE);
    await t.buy(LITE);
    const after = await t.routeTo(LITE);
    expect(after?.estimate).toMatchObject({
      usd: 0.048,
      low_usd: 0.048,
      certainty: 'estimated',
      learned: { ratio: 0.4, samples: 2 },
      lines: [{ usd: 0.12 }],
    });
    expect(after?.expected_s).toMatchObject({ source: 'observed', samples: 2 });
    expect(after?.scores['reliability']).toBeGreaterThan(0.95);
    expect((await t.dryRun({ model: LITE })).estimate).toEqual(after?.estimate);
  });

  it('compares limits with the list, however little its bills were', async () => {
    const t = await start({ simulator: { settings: { price_factors: { [LITE]: 0.4 } } } });
    await t.buy(LITE);
    await t.buy(LITE);
    expect((await t.routeTo(LITE))?.estimate).toMatchObject({
      usd: 0.048,
      high_usd: 0.12,
      ceiling_usd: 0.12,
    });
    const order = { ...CLIP, model: LITE };
    const refused = await t.post('/jobs', { ...order, max_cost_usd: 0.1 });
    expect([refused.status, await refused.json()]).toMatchObject([422, { code: 'unsupported_request' }]);
    const bought = await t.post('/jobs', { ...order, max_cost_usd: 0.12 });
    expect(await bought.json()).toMatchObject({ cost: { estimated_usd: 0.048, ceiling_usd: 0.12 } });
    expect(t.simulator.ledger()).toHaveLength(3);
  });

  it('moves no other client’s estimates by the bills of one', async () => {
    const t = await start({ simulator: { settings: { price_factors: { [LITE]: 0.4 } } } });
    for (let bought = 0; bought < 3; bought++) await t.buy(LITE);
    const answer = await t.request('/route', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${OTHER_CLIENT_KEY}` },
      body: JSON.stringify({ ...CLIP, models: { allow: [LITE] } }),
    });
    const { candidates } = (await answer.json()) as Answer;
    expect(candidates?.[0]?.estimate).toMatchObject({ usd: 0.12, certainty: 'exact', ceiling_usd: 0.12 });
    expect((await t.routeTo(LITE))?.estimate).toMatchObject({ usd: 0.048 });
  });

  it('learns nothing of a model from prompts that were moderated', async () => {
    const t = await start();
    t.simulator.addFault({ fault: 'fail', message: 'Prompt flagged by content moderation' });
    for (let failed = 0; failed < 3; failed++) {
      const { id } = (await (await t.post('/jobs', { ...CLIP, model: LITE })).json()) as Answer;
      await vi.waitFor(async () => {
        await t.tick();
        expect(await (await t.request(`/jobs/${id}`)).json()).toMatchObject({ status: 'failed' });
      }, 15_000);
    }
    expect((await t.routeTo(LITE))?.scores['reliability']).toBe(0.95);
  });

  it('still knows after a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'clipgate-'));
    const simulator = { settings: { price_factors: { [LITE]: 0.4 } } };
    const t = await start({ folder, simulator });
    await t.buy(LITE);
    await t.buy(LITE);
    await t.close();
    const again = await start({ folder, simulator });
    expect((await again.routeTo(LITE))?.estimate).toMatchObject({ usd: 0.048, learned: { samples: 2 } });
    await again.close();
    gateway = undefined;
    await rm(folder, { recursive: true });
  });
});

describe('a gateway that has bought nothing', () => {
  it('asks the arena, with its key', async () => {
    const t = await start();
    await vi.waitFor(async () => {
      expect(await t.routeTo(LITE)).toMatchObject({
        quality: { source: 'benchmark' },
        expected_s: { source: 'benchmark', samples: 0 },
      });
    });
  });

  it('goes by recordings and resolutions without a key', async () => {
    const t = await start({ env: { OPENROUTER_API_KEY: '' } });
    expect(await t.routeTo(LITE)).toMatchObject({
      quality: { value: 0.375, source: 'resolution' },
      expected_s: { p50: 41, p90: 62, source: 'documented', samples: 1 },
    });
  });

  it('takes its operator’s word over the arena’s', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'clipgate-'));
    const file = join(folder, 'quality.json');
    await writeFile(file, JSON.stringify({ [LITE]: 8, 'google/veo-3.1': 10 }));
    const t = await start({ env: { QUALITY_FILE: file } });
    expect((await t.routeTo(LITE))?.quality).toEqual({ value: 0.8, source: 'quality_file' });
    await rm(folder, { recursive: true });
  });

  it('says why, of a route, of a dry run, and of a model that was named', async () => {
    const t = await start();
    expect((await t.route()).why).toMatch(/of \d+ that fit/);
    expect((await t.dryRun({})).why).toMatch(/of \d+ that fit/);
    expect((await t.dryRun({ model: LITE })).why).toBe('named in the request');
  });

  it('refuses a weight that the guide does not have', async () => {
    const t = await start();
    const priority = { speed: 1, cost: 1, quality: 1, reliability: 1 };
    expect((await t.post('/route', { ...CLIP, priority })).status).toBe(200);
    const refused = await t.post('/route', { ...CLIP, priority, scoring: 'guide' });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ errors: [{ pointer: '/priority/reliability' }] });
  });
});
