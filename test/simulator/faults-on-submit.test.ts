// Every fault of a submit, seen on the wire: what arrives, and what was bought all the same.
import { expect, test } from 'vitest';
import { buyClip, call, grokClip, openSimulator, send } from '../support/simulator.ts';
import { bodyOf, rawRequest, talk } from '../support/simulator-wire.ts';

const withFault = (marker: string) => ({ ...grokClip, prompt: `a paper boat [sim:${marker}]` });

test.each([
  ['reset when=before', []],
  ['reset when=after', [{ kind: 'reset', status: null }]],
])('%s resets the connection', async (marker, answers) => {
  const simulator = await openSimulator();
  const outcome = await talk(simulator, rawRequest('POST', '/videos', withFault(marker)));
  expect(outcome).toEqual({ text: '', bytes: 0, end: 'ECONNRESET' });
  expect(simulator.submits()).toBe(1);
  expect(simulator.ledger().map((entry) => entry.answer)).toEqual(answers);
});

test.each([
  ['hang when=before', 0],
  ['hang when=after', 1],
])('%s answers nothing, and the simulator still closes at once', async (marker, bought) => {
  const simulator = await openSimulator();
  const silence = talk(simulator, rawRequest('POST', '/videos', withFault(marker)));
  // A second request on another connection is answered: by then the first has been read and left hanging.
  await expect.poll(async () => (await call(simulator, '/_sim/ledger')).status).toBe(200);
  if (bought === 1) await expect.poll(() => simulator.ledger()[0]?.answer.kind).toBe('hang');
  await simulator.close();
  const { text } = await silence;
  expect(text).toBe('');
  expect(simulator.ledger()).toHaveLength(bought);
});

test.each([0, 9, 40])('cut at=%i ends the 202 after that many bytes of its body', async (at) => {
  const simulator = await openSimulator();
  const { text, end } = await talk(simulator, rawRequest('POST', '/videos', withFault(`cut at=${at}`)));
  expect(text).toMatch(/^HTTP\/1\.1 202 /);
  const length = Number(/content-length: (\d+)/.exec(text)?.[1]);
  expect(bodyOf(text)).toHaveLength(at);
  expect(length).toBeGreaterThan(at);
  expect(end).toBe('closed');
  expect(simulator.ledger()[0]?.answer).toEqual({ kind: 'cut', status: 202 });
});

test('no_id: accepted, billed, and no way to know which job', async () => {
  const simulator = await openSimulator();
  const answer = await send(simulator, '/videos', withFault('no_id'));
  expect(answer).toMatchObject({ status: 202, body: { status: 'pending' } });
  expect(answer.body).not.toHaveProperty('id');
  expect(simulator.ledger()).toHaveLength(1);
});

test.each([
  ['html', 1],
  ['html when=before', 0],
])('%s: a 202 that is not JSON, after the job was bought or before', async (marker, bought) => {
  const simulator = await openSimulator();
  const answer = await send(simulator, '/videos', withFault(marker));
  expect(answer.status).toBe(202);
  expect(answer.headers.get('content-type')).toContain('text/html');
  expect(answer.body).toBeUndefined();
  expect(simulator.ledger()).toHaveLength(bought);
});

test.each([500, 502, 503, 504, 524, 529])(
  'error %i comes before or after the job was bought',
  async (status) => {
    const simulator = await openSimulator();
    expect(await send(simulator, '/videos', withFault(`error status=${status}`))).toMatchObject({
      status,
      body: { error: { code: status } },
    });
    expect(simulator.ledger()).toHaveLength(0);
    expect((await send(simulator, '/videos', withFault(`error status=${status} when=after`))).status).toBe(
      status,
    );
    await expect.poll(() => simulator.ledger()[0]?.answer).toEqual({ kind: 'sent', status });
  },
);

test.each([
  ['error status=400', { message: 'Invalid request parameters' }],
  ['error status=401', { message: 'User not found.' }],
  ['error status=402', { metadata: { limit_source: 'openrouter_credits' } }],
  [
    'error status=402 limit_source=openrouter_key_limit',
    { metadata: { limit_source: 'openrouter_key_limit' } },
  ],
  [
    'error status=402 limit_source=openrouter_in_flight_budget retry_after_s=7',
    { metadata: { limit_source: 'openrouter_in_flight_budget' } },
  ],
  ['error status=403', { metadata: { reasons: ['violence'] } }],
  ['error status=404', { message: expect.stringContaining('Zero data retention') }],
  ['error status=413', { message: 'Request payload exceeds limits' }],
  ['error status=429', { message: 'Rate limit exceeded' }],
  [
    'error status=429 by=provider retry_after_s=7',
    { message: 'Provider returned error', metadata: { provider_name: 'xAI', retry_after_seconds: 7 } },
  ],
  ['error status=418 message="short and stout"', { message: 'short and stout' }],
])('%s is refused and not billed', async (marker, error) => {
  const simulator = await openSimulator();
  const answer = await send(simulator, '/videos', withFault(marker));
  const status = Number(/status=(\d+)/.exec(marker)?.[1]);
  expect(answer).toMatchObject({ status, body: { error: { ...error, code: status } } });
  expect(answer.headers.get('retry-after')).toBe(marker.includes('retry_after_s=7') ? '7' : null);
  expect(answer.headers.has('x-ratelimit-remaining')).toBe(marker === 'error status=429');
  expect(simulator.ledger()).toEqual([]);
});

test('the other envelope can be asked for', async () => {
  const simulator = await openSimulator();
  expect(await send(simulator, '/videos', withFault('error status=400 envelope=zod'))).toMatchObject({
    status: 400,
    body: { success: false, error: { name: 'ZodError', message: 'Invalid request parameters' } },
  });
});

test('redirect sends the submit to another host', async () => {
  const simulator = await openSimulator();
  const { text } = await talk(
    simulator,
    rawRequest('POST', '/videos', withFault('redirect status=307 to=https://evil.example/x'), {
      connection: 'close',
    }),
  );
  expect(text).toMatch(/^HTTP\/1\.1 307 /);
  expect(text).toContain('location: https://evil.example/x');
  expect(simulator.ledger()).toEqual([]);
});

test('refuse: nobody listens, then somebody does again', async () => {
  const simulator = await openSimulator();
  const knock = () =>
    talk(simulator, rawRequest('GET', '/videos/models', undefined, { connection: 'close' }));
  simulator.refuseConnections();
  expect((await knock()).end).toBe('ECONNREFUSED');
  await simulator.listenAgain();
  expect((await knock()).end).toBe('closed');

  expect((await send(simulator, '/_sim/faults', { fault: 'refuse', for_ms: 600_000 })).status).toBe(200);
  expect((await knock()).end).toBe('ECONNREFUSED');
  await simulator.listenAgain();
  await send(simulator, '/_sim/faults', { fault: 'refuse', for_ms: 1 });
  await expect.poll(async () => (await knock()).end).toBe('closed');
});

test('a fault by header strikes that request alone', async () => {
  const simulator = await openSimulator();
  const answer = await send(simulator, '/videos', grokClip, {
    'x-sim-fault': 'error status=503 when=after; cost_null',
  });
  expect(answer.status).toBe(503);
  await buyClip(simulator);
  const [first, second] = simulator.ledger();
  expect((await call(simulator, `/videos/${first!.job_id}`)).body).toMatchObject({ usage: { cost: null } });
  expect((await call(simulator, `/videos/${second!.job_id}`)).body).toMatchObject({ usage: { cost: 0.05 } });
});

test.each([
  ['explode', 'known faults: refuse, reset'],
  ['error status=999', 'Too big'],
  ['refuse', 'POST /_sim/faults only'],
])('a marker that cannot be read, [sim:%s], is refused rather than ignored', async (marker, message) => {
  const simulator = await openSimulator();
  const answer = await send(simulator, '/videos', withFault(marker));
  expect(answer.status).toBe(400);
  expect(answer.text).toContain(message);
  expect(simulator.ledger()).toEqual([]);
});
