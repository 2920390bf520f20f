// Whatever form a field of the catalog comes in, every model is served and clips are routed, over HTTP.

import { describe, expect, it } from 'vitest';
import { readAs } from '../../support/clips.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

const CLIP = { prompt: 'x', duration: 4, resolution: '720p', aspect_ratio: '16:9' };

const DRIFTS: readonly (readonly [field: string, form: unknown])[] = [
  ['supported_durations', { min: 4, max: 12 }],
  ['supported_durations', { from: 4 }],
  ['supported_durations', undefined],
  ['supported_resolutions', { list: ['720p'] }],
  ['supported_aspect_ratios', 7],
  ['pricing_skus', { video: { usd: '1' } }],
  ['pricing_skus', ['0.1']],
  ['generate_audio', {}],
  ['seed', {}],
  ['name', undefined],
  ['canonical_slug', null],
];

/** Whether the catalog is whole, nothing was removed, and a clip is routed at a price that is not zero. */
async function check(gateway: TestGateway): Promise<void> {
  const models = await gateway.request('/models');
  expect(await readAs<object>(models)).toMatchObject({ catalog: { models: 30, dropped: 0 } });
  expect(await (await gateway.request('/catalog/changes')).text()).not.toContain('"removed"');
  const route = await gateway.post('/route', CLIP);
  expect(route.status).toBe(200);
  const { candidates } = await readAs<{ candidates: { estimate: { usd: number | null } }[] }>(route);
  expect(candidates.length).toBeGreaterThan(0);
  for (const { estimate } of candidates) expect(estimate.usd).not.toBe(0);
}

describe.each(DRIFTS)('a catalog of which every %s is %j', (field, form) => {
  const fault = { fault: 'drifted_field', field, ...(form === undefined ? {} : { form }) };
  const drift = (url: string) =>
    fetch(`${url}/_sim/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    });

  it('is routed by after a good one', async () => {
    const gateway = await startTestGateway({ background: false });
    try {
      await check(gateway);
      expect((await drift(gateway.simulator.url)).status).toBe(200);
      expect(await gateway.gateway.refreshCatalog()).toBe(true);
      await check(gateway);
    } finally {
      await gateway.close();
    }
  });

  it('is routed by where there never was a better one', async () => {
    const source = await startTestGateway({ background: false });
    try {
      expect((await drift(source.simulator.url)).status).toBe(200);
      const gateway = await startTestGateway({
        background: false,
        env: { OPENROUTER_BASE_URL: source.simulator.apiUrl },
      });
      await check(gateway).finally(() => gateway.close());
    } finally {
      await source.close();
    }
  });
});
