// Every fault of a job, its polls and its film, as a client meets it after a submit that went well.
import { ALL_FORMATS, BufferSource, Input } from 'mediabunny';
import { expect, test } from 'vitest';
import { buyClip, call, grokClip, openSimulator, send } from '../support/simulator.ts';
import { bodyOf, rawRequest, talk } from '../support/simulator-wire.ts';

const withFault = (marker: string) => ({ ...grokClip, prompt: `a paper boat [sim:${marker}]` });

test.each([
  ['fail', 'failed', { error: 'Provider returned error' }],
  ['fail message="output flagged"', 'failed', { error: 'output flagged' }],
  ['cancel', 'cancelled', { error: 'Job was cancelled' }],
  ['dead', 'dead', {}],
])('%s: the job ends %s, and nothing is billed', async (marker, status, extra) => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator, withFault(marker));
  const polled = await call(simulator, `/videos/${id}`);
  const polling_url = `${simulator.apiUrl}/videos/${id}`;
  expect(polled.status).toBe(200);
  expect(polled.body).toEqual({ id, generation_id: id, polling_url, status, ...extra });
  expect(await call(simulator, `/videos/${id}/content`)).toMatchObject({ status: 409 });
  expect(simulator.ledger()[0]).toMatchObject({ status, price_usd: 0.05, billed_usd: 0 });
});

test('expire: pending for more than two hours, then expired', async () => {
  const simulator = await openSimulator({ timeScale: 1, frozen: true });
  const submit = send(simulator, '/videos', withFault('expire'));
  await expect.poll(() => simulator.ledger().length).toBe(1);
  simulator.advance(2 * 3600 * 1000);
  const { id } = (await submit).body as { id: string };
  expect((await call(simulator, `/videos/${id}`)).body).toMatchObject({ status: 'pending' });
  simulator.advance(60_000);
  const error = 'Job exceeded maximum time to live';
  expect((await call(simulator, `/videos/${id}`)).body).toMatchObject({ status: 'expired', error });
});

test('stuck: still pending after a year', async () => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator, withFault('stuck'));
  simulator.advance(365 * 24 * 3600 * 1000);
  expect((await call(simulator, `/videos/${id}`)).body).toMatchObject({ status: 'pending' });
  expect(simulator.ledger()[0]).toMatchObject({ status: 'pending', ready_at: null });
});

test('latency: exactly as long as asked', async () => {
  const simulator = await openSimulator({ timeScale: 1, frozen: true });
  const submit = send(simulator, '/videos', withFault('latency seconds=100'));
  await expect.poll(() => simulator.ledger().length).toBe(1);
  simulator.advance(99_999);
  const { id } = (await submit).body as { id: string };
  expect((await call(simulator, `/videos/${id}`)).body).toMatchObject({ status: 'pending' });
  simulator.advance(1);
  expect((await call(simulator, `/videos/${id}`)).body).toMatchObject({ status: 'completed' });
});

test.each([
  ['cost_null', { usage: { cost: null, is_byok: false } }],
  ['no_usage', { usage: undefined }],
  ['byok', { usage: { cost: 0, is_byok: true } }],
  ['byok fee_usd=0.0025', { usage: { cost: 0.0025, is_byok: true } }],
  ['no_url', { unsigned_urls: [] }],
  ['two_urls', { unsigned_urls: [expect.stringMatching(/index=0$/), expect.stringMatching(/index=1$/)] }],
  ['foreign_url', { unsigned_urls: ['https://cdn.elsewhere.example/video.mp4'] }],
])('%s: completed, but not as usual', async (marker, shown) => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator, withFault(marker));
  const { body } = await call(simulator, `/videos/${id}`);
  expect(body).toMatchObject({ status: 'completed' });
  for (const [field, value] of Object.entries(shown))
    expect(Reflect.get(body as object, field)).toEqual(value);
});

test('two_urls: both films are there, a third is not', async () => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator, withFault('two_urls'));
  expect((await call(simulator, `/videos/${id}/content?index=1`)).status).toBe(200);
  expect(await call(simulator, `/videos/${id}/content?index=2`)).toMatchObject({
    status: 400,
    body: { error: { message: 'Video index 2 out of range (2 videos available)' } },
  });
});

test('a poll just after the submit may not find the job', async () => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator, withFault('error on=poll status=404 count=2'));
  for (const status of [404, 404, 200]) {
    const polled = await call(simulator, `/videos/${id}`);
    expect(polled.status).toBe(status);
    if (status === 404) expect(polled.body).toMatchObject({ error: { message: `Job ${id} not found` } });
  }
});

test.each([500, 502, 503, 524])('a poll may answer %i', async (status) => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator, withFault(`error on=poll status=${status} count=1`));
  expect((await call(simulator, `/videos/${id}`)).status).toBe(status);
  expect((await call(simulator, `/videos/${id}`)).status).toBe(200);
});

test('poll_status: a status nobody knows, then the truth', async () => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator, withFault('poll_status status=rendering count=1'));
  expect((await call(simulator, `/videos/${id}`)).body).toMatchObject({ status: 'rendering' });
  expect((await call(simulator, `/videos/${id}`)).body).toMatchObject({ status: 'completed' });
});

test('spelling: the end in another word, with all that belongs to it', async () => {
  const simulator = await openSimulator({ timeScale: 1, frozen: true });
  const submit = send(simulator, '/videos', withFault('spelling status=SUCCEEDED'));
  await expect.poll(() => simulator.ledger().length).toBe(1);
  simulator.advance(4_000);
  const { id } = (await submit).body as { id: string };
  expect((await call(simulator, `/videos/${id}`)).body).toMatchObject({ status: 'pending' });
  simulator.advance(600_000);
  expect((await call(simulator, `/videos/${id}`)).body).toMatchObject({
    status: 'SUCCEEDED',
    unsigned_urls: [expect.any(String)],
    usage: { cost: 0.05 },
  });
  expect((await call(simulator, `/videos/${id}/content`)).status).toBe(200);
});

test.each<[string, unknown]>([
  ['object', { message: 'flagged' }],
  ['nested', { error: { message: 'flagged', code: 400 } }],
  ['empty', ''],
])('error_shape: %s', async (as, error) => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator, {
    ...grokClip,
    prompt: `x [sim:fail message=flagged] [sim:error_shape as=${as}]`,
  });
  expect((await call(simulator, `/videos/${id}`)).body).toMatchObject({ status: 'failed', error });
});

test('status_detail and signed_urls: what newer answers have beside the rest', async () => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator, {
    ...grokClip,
    prompt: 'x [sim:status_detail detail=finalizing] [sim:signed_urls]',
  });
  expect((await call(simulator, `/videos/${id}`)).body).toMatchObject({
    status: 'completed',
    status_detail: 'finalizing',
    urls: [expect.stringContaining('signature')],
    unsigned_urls: [expect.stringContaining(simulator.apiUrl)],
  });
});

test.each<[string, RegExp]>([
  ['empty', /^$/],
  ['json', /^\{"error"/],
  ['xml', /^<\?xml/],
  ['half', /^....ftyp/s],
])('wrong_body: %s for four seconds, then the film', async (body, pattern) => {
  const simulator = await openSimulator({ frozen: true });
  const id = await buyClip(simulator, withFault(`wrong_body body=${body} for_s=4`));
  const wrong = await call(simulator, `/videos/${id}/content`);
  expect(wrong.headers.get('content-type')).toBe('video/mp4');
  expect(wrong.text).toMatch(pattern);
  simulator.advance(4_000);
  const right = await call(simulator, `/videos/${id}/content`);
  expect(right.text.slice(4, 8)).toBe('ftyp');
  expect(right.text.length).toBeGreaterThan(wrong.text.length);
});

test('huge: fifty megabytes of poll', async () => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator, withFault('huge'));
  const response = await fetch(`${simulator.apiUrl}/videos/${id}`, {
    headers: { authorization: 'Bearer k' },
  });
  let bytes = 0;
  for await (const chunk of response.body!) bytes += chunk.length;
  expect(bytes).toBeGreaterThan(50_000_000);
});

test.each([
  ['reset on=poll', ''],
  ['reset on=content', '/content'],
])('%s', async (marker, path) => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator, withFault(marker));
  expect((await talk(simulator, rawRequest('GET', `/videos/${id}${path}`))).end).toBe('ECONNRESET');
});

test.each([0, 100, 5000])('cut on=content at=%i: a chunked body that never ends', async (at) => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator, withFault(`cut on=content at=${at}`));
  const { text, end } = await talk(simulator, rawRequest('GET', `/videos/${id}/content`));
  expect(text).toMatch(/transfer-encoding: chunked/i);
  const body = bodyOf(text);
  expect(end).toBe('closed');
  // One chunk of exactly that many bytes, and no last chunk of zero.
  if (at === 0) expect(body).toBe('');
  else expect(body).toHaveLength(at + `${at.toString(16)}\r\n\r\n`.length);
  expect(body.endsWith('0\r\n\r\n')).toBe(false);
});

test('stall: some bytes, then silence', async () => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator, withFault('stall at=1000'));
  const { end, text } = await talk(
    simulator,
    rawRequest('GET', `/videos/${id}/content`),
    (sofar) => bodyOf(sofar).length >= 1000,
  );
  expect(end).toBe('open');
  expect(bodyOf(text)).toHaveLength('3e8\r\n\r\n'.length + 1000);
});

test('slow: the film comes as simulated time goes by', async () => {
  const simulator = await openSimulator({ frozen: true });
  const id = await buyClip(simulator, withFault('slow bytes_per_second=1000'));
  const response = await fetch(`${simulator.apiUrl}/videos/${id}/content`, {
    headers: { authorization: 'Bearer k' },
  });
  const reader = response.body!.getReader();
  expect((await reader.read()).value).toHaveLength(100);
  for (let second = 0; second < 3; second++) {
    const next = reader.read();
    simulator.advance(100);
    expect((await next).value).toHaveLength(100);
  }
  await reader.cancel();
});

test.each([
  [409, 'has no content yet'],
  [410, 'is gone'],
  [502, 'Provider returned error'],
  [403, 'flagged'],
])('content may answer %i', async (status, message) => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator, withFault(`error on=content status=${status}`));
  const answer = await call(simulator, `/videos/${id}/content`);
  expect(answer.status).toBe(status);
  expect(answer.body).toMatchObject({ error: { message: expect.stringContaining(message) } });
});

test('redirect on=content: to another host', async () => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator, withFault('redirect on=content'));
  const answer = await call(simulator, `/videos/${id}/content`, { redirect: 'manual' });
  expect([answer.status, answer.headers.get('location')]).toEqual([302, 'https://elsewhere.example/']);
});

test('wrong_type and html: something else than a film', async () => {
  const simulator = await openSimulator();
  const typed = await buyClip(simulator, withFault('wrong_type type=application/json'));
  expect((await call(simulator, `/videos/${typed}/content`)).headers.get('content-type')).toBe(
    'application/json',
  );
  const page = await buyClip(simulator, withFault('html on=content'));
  expect((await call(simulator, `/videos/${page}/content`)).text).toContain('<!DOCTYPE html>');
});

test('large: as many bytes as asked, and it still plays', async () => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator, withFault('large bytes=3000000'));
  const response = await fetch(`${simulator.apiUrl}/videos/${id}/content`, {
    headers: { authorization: 'Bearer k' },
  });
  const film = await response.arrayBuffer();
  expect(film.byteLength).toBe(3_000_000);
  const input = new Input({ source: new BufferSource(film), formats: ALL_FORMATS });
  expect(await input.computeDuration()).toBe(1);
});
