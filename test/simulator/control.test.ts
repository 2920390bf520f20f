// The control API under /_sim/: its document describes what it does, and invalid requests are rejected with a message.
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect, test } from 'vitest';
import { listFaults } from '../../src/simulator/faults/catalogue.ts';
import { buyClip, call, grokClip, openSimulator, send } from '../support/simulator.ts';

type Content = { content: { 'application/json': { schema: object; example?: unknown } } };
type Operation = { operationId: string; requestBody?: Content; responses: Record<string, Partial<Content>> };
type Document = { openapi: string; paths: Record<string, Record<string, Operation>> };

async function openDocument() {
  const simulator = await openSimulator();
  const document = (await call(simulator, '/_sim/openapi.json')).body as Document;
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  const fits = (content: Partial<Content>, value: unknown) => {
    const schema = content.content?.['application/json'].schema ?? false;
    return ajv.validate(schema, value) ? [] : ajv.errors;
  };
  return { simulator, document, fits };
}

test('what the levers answer is what their document says', async () => {
  const { simulator, document, fits } = await openDocument();
  await buyClip(simulator, { ...grokClip, prompt: '[sim:stuck]' });
  await buyClip(simulator);
  expect(document.openapi).toBe('3.1.0');
  const seen: string[] = [];
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const body = operation.requestBody?.content['application/json'].example;
      const init = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await call(simulator, path.replace('{id}', '1'), {
        method: method.toUpperCase(),
        ...init,
      });
      seen.push(`${method} ${path} ${answer.status}`);
      const documented = operation.responses[String(answer.status)];
      expect(documented, seen.at(-1)).toBeDefined();
      if (answer.status !== 204) expect(fits(documented!, answer.body), seen.at(-1)).toEqual([]);
      if (operation.requestBody !== undefined) expect(fits(operation.requestBody, body)).toEqual([]);
    }
  }
  expect(seen).toEqual([
    'get /_sim/ledger 200',
    'post /_sim/reset 204',
    'get /_sim/clock 200',
    'post /_sim/clock 200',
    'get /_sim/settings 200',
    'patch /_sim/settings 200',
    'get /_sim/faults 200',
    'post /_sim/faults 200',
    'delete /_sim/faults 204',
    'delete /_sim/faults/{id} 404',
  ]);
});

test('every fault is in the document, with its summary', async () => {
  const { document } = await openDocument();
  const text = JSON.stringify(document.paths['/_sim/faults']);
  for (const { name, summary } of listFaults()) {
    expect(text).toContain(`"${name}"`);
    expect(text).toContain(summary);
  }
});

test.each([
  ['POST', '/_sim/clock', { advance_ms: -1 }],
  ['POST', '/_sim/clock', { speed: 2 }],
  ['PATCH', '/_sim/settings', { time_scale: 'fast' }],
  ['PATCH', '/_sim/settings', { timescale: 1 }],
])('%s %s refuses %j', async (method, path, body) => {
  const simulator = await openSimulator();
  const answer = await send(simulator, path, body, {}, method);
  expect(answer).toMatchObject({ status: 400, body: { message: expect.any(String) } });
});

test('settings change what is named and reset to where they began', async () => {
  const simulator = await openSimulator({ settings: { credits_usd: 5 } });
  await send(simulator, '/_sim/settings', { id_style: 'legacy' }, {}, 'PATCH');
  expect((await call(simulator, '/_sim/settings')).body).toMatchObject({
    id_style: 'legacy',
    credits_usd: 5,
  });
  await call(simulator, '/_sim/reset', { method: 'POST' });
  expect((await call(simulator, '/_sim/settings')).body).toMatchObject({
    id_style: 'gen-vid',
    credits_usd: 5,
  });
});

test('the ledger keeps the body as received, but not megabytes of inline images', async () => {
  const simulator = await openSimulator();
  const url = `data:image/png;base64,${'A'.repeat(100_000)}`;
  const frame_images = [{ type: 'image_url', image_url: { url }, frame_type: 'first_frame' }];
  await buyClip(simulator, { ...grokClip, unheard_of: { kept: true }, frame_images });
  const body = simulator.ledger()[0]?.body as typeof grokClip & { frame_images: typeof frame_images };
  expect(body).toMatchObject({ ...grokClip, unheard_of: { kept: true } });
  expect(body.frame_images[0]?.image_url.url).toMatch(
    /^data:image\/png;base64,A+\.\.\. \(100022 characters, #[0-9a-f]+\)$/,
  );
});

test('a path or a body that nobody understands is refused in the house’s envelope', async () => {
  const simulator = await openSimulator();
  expect(await call(simulator, '/videos/x/cancel', { method: 'POST' })).toMatchObject({
    status: 404,
    body: { error: { message: 'Resource not found', code: 404 } },
  });
  expect(await call(simulator, '/videos', { method: 'POST', body: '{"model":' })).toMatchObject({
    status: 400,
  });
  expect((await call(simulator, '/_sim/nothing')).status).toBe(404);
});

test('the documented message for a missing key is a switch away', async () => {
  const simulator = await openSimulator({ settings: { missing_key_message: 'documented' } });
  const response = await fetch(`${simulator.apiUrl}/credits`);
  expect([response.status, await response.json()]).toEqual([
    401,
    { error: { message: 'Missing Authentication header', code: 401 } },
  ]);
});
