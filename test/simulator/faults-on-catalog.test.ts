// Every fault of the catalog, and of the general model list beside it.
import { expect, test } from 'vitest';
import type { FaultRequest } from '../../src/simulator/index.ts';
import { call, openSimulator } from '../support/simulator.ts';
import { rawRequest, talk } from '../support/simulator-wire.ts';

type Listed = { id: string; pricing_skus: Record<string, string> };

async function catalogUnder(fault: Exclude<FaultRequest, { fault: 'refuse' }>) {
  const simulator = await openSimulator();
  simulator.addFault({ ...fault, count: 1 });
  const spoiled = await call(simulator, '/videos/models');
  const honest = await call(simulator, '/videos/models');
  expect((honest.body as { data: unknown[] }).data).toHaveLength(30);
  return { spoiled, models: (spoiled.body as { data: Listed[] } | undefined)?.data };
}

test('html', async () => {
  const { spoiled } = await catalogUnder({ fault: 'html', on: 'catalog' });
  expect(spoiled.headers.get('content-type')).toContain('text/html');
});

test('empty', async () => {
  expect((await catalogUnder({ fault: 'empty' })).models).toEqual([]);
});

test('truncated: a whole answer of half a document', async () => {
  const { spoiled } = await catalogUnder({ fault: 'truncated', at: 1234 });
  expect([spoiled.status, spoiled.text.length, spoiled.body]).toEqual([200, 1234, undefined]);
});

test('malformed_model: one of thirty makes no sense', async () => {
  const { models } = await catalogUnder({ fault: 'malformed_model' });
  expect(models).toHaveLength(30);
  expect(models!.filter((model) => typeof model.pricing_skus === 'number')).toHaveLength(1);
});

test('remove_model', async () => {
  const { models } = await catalogUnder({ fault: 'remove_model', model: 'google/veo-3.1' });
  expect(models).toHaveLength(29);
  expect(models!.map((model) => model.id)).not.toContain('google/veo-3.1');
});

test('reprice, exactly', async () => {
  const { models } = await catalogUnder({
    fault: 'reprice',
    factor: 1.1,
    model: 'bytedance/seedance-2.0-mini',
  });
  const repriced = models!.find((model) => model.id === 'bytedance/seedance-2.0-mini');
  expect(repriced?.pricing_skus['video_tokens']).toBe('0.00000385');
});

test('many_models: ten thousand, each with its own name', async () => {
  const { models } = await catalogUnder({ fault: 'many_models' });
  expect(new Set(models!.map((model) => model.id)).size).toBe(10_000);
});

test.each([500, 503, 429])('error %i', async (status) => {
  expect((await catalogUnder({ fault: 'error', on: 'catalog', status })).spoiled.status).toBe(status);
});

test('cut and reset', async () => {
  const simulator = await openSimulator();
  simulator.addFault({ fault: 'cut', on: 'catalog', at: 100, count: 1 });
  const cut = await talk(simulator, rawRequest('GET', '/videos/models'));
  expect([cut.end, cut.text.split('\r\n\r\n')[1]?.length]).toEqual(['closed', 100]);
  simulator.addFault({ fault: 'reset', on: 'catalog', count: 1 });
  expect((await talk(simulator, rawRequest('GET', '/videos/models'))).end).toBe('ECONNRESET');
});

test('the modalities list fails apart from the catalog', async () => {
  const simulator = await openSimulator();
  simulator.addFault({ fault: 'error', on: 'modalities', status: 500 });
  expect((await call(simulator, '/models?output_modalities=video')).status).toBe(500);
  expect((await call(simulator, '/videos/models')).status).toBe(200);
});
