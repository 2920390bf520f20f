// A job's life on the simulator, moved by stepping its clock: pending, then completed, then its film.
import { expect, test } from 'vitest';
import { buyClip, call, grokClip, openSimulator, send } from '../support/simulator.ts';

test('at time scale 0 the first poll is already completed', async () => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator);
  expect((await call(simulator, `/videos/${id}`)).body).toEqual({
    id,
    generation_id: id,
    polling_url: `${simulator.apiUrl}/videos/${id}`,
    status: 'completed',
    unsigned_urls: [`${simulator.apiUrl}/videos/${id}/content?index=0`],
    usage: { cost: 0.05, is_byok: false },
  });
});

test('with the clock frozen a job is pending until time is stepped past its latency', async () => {
  const simulator = await openSimulator({ frozen: true });
  await send(simulator, '/_sim/settings', { time_scale: 1 }, {}, 'PATCH');
  const answer = send(simulator, '/videos', grokClip);
  // The job is bought as soon as the ledger shows it; its 202 is still seconds away.
  await expect.poll(() => simulator.ledger().length).toBe(1);
  expect(simulator.ledger()[0]?.answer.kind).toBe('waiting');
  simulator.advance(3600);
  const { id } = (await answer).body as { id: string };

  const pending = await call(simulator, `/videos/${id}`);
  expect(Object.keys(pending.body as object)).toEqual(['id', 'generation_id', 'polling_url', 'status']);
  expect(pending.body).toMatchObject({ status: 'pending' });
  expect(await call(simulator, `/videos/${id}/content`)).toMatchObject({ status: 409 });

  const [entry] = simulator.ledger();
  const latencyMs = Date.parse(entry!.ready_at!) - Date.parse(entry!.accepted_at);
  expect(latencyMs).toBeGreaterThan(2000);
  expect(latencyMs).toBeLessThan(9000);
  await send(simulator, '/_sim/clock', { advance_ms: latencyMs });
  expect((await call(simulator, `/videos/${id}`)).body).toMatchObject({ status: 'completed' });
});

test('content is the whole film in chunks: no length, no ranges', async () => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator);
  const whole = await fetch(`${simulator.apiUrl}/videos/${id}/content?index=0`, {
    headers: { authorization: 'Bearer k', range: 'bytes=0-9' },
  });
  expect(whole.status).toBe(200);
  expect(whole.headers.get('content-type')).toBe('video/mp4');
  expect(whole.headers.get('content-length')).toBeNull();
  expect(whole.headers.get('transfer-encoding')).toBe('chunked');
  const bytes = Buffer.from(await whole.arrayBuffer());
  expect(bytes.length).toBeGreaterThan(1000);
  expect(bytes.toString('latin1', 4, 8)).toBe('ftyp');
  expect(simulator.ledger()[0]).toMatchObject({
    polls: 0,
    downloads: 1,
    answer: { kind: 'sent', status: 202 },
  });
});

test.each([
  ['/videos/none', 404, 'Job none not found'],
  ['/videos/none/content', 404, 'Job none not found'],
  ['/videos/ID/content?index=5', 400, 'Video index 5 out of range (1 videos available)'],
])('%s answers %i', async (path, status, message) => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator);
  const answer = await call(simulator, path.replace('ID', id));
  expect(answer).toMatchObject({ status, body: { error: { message, code: status } } });
});

test('content needs the key too', async () => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator);
  expect((await fetch(`${simulator.apiUrl}/videos/${id}/content`)).status).toBe(401);
});

test('reset forgets what was bought', async () => {
  const simulator = await openSimulator();
  const id = await buyClip(simulator);
  expect((await call(simulator, '/_sim/reset', { method: 'POST' })).status).toBe(204);
  expect((await call(simulator, '/_sim/ledger')).body).toMatchObject({
    data: [],
    totals: { submits: 0, jobs: 0 },
  });
  expect((await call(simulator, `/videos/${id}`)).status).toBe(404);
});

test('the catalog in use can be swapped', async () => {
  const simulator = await openSimulator({
    catalog: new URL('../fixtures/videos-models.2026-05-guide.json', import.meta.url),
  });
  const { data } = (await call(simulator, '/videos/models')).body as { data: unknown[] };
  expect(data).toHaveLength(13);
  await expect(openSimulator({ catalog: { data: [{ id: 'x' }] } })).rejects.toThrow('no video catalog');
});

test('two hundred jobs at once, each with its own id, bill and film', async () => {
  const simulator = await openSimulator();
  const ids = await Promise.all(
    Array.from({ length: 200 }, (_, n) => buyClip(simulator, { ...grokClip, prompt: `boat ${n}` })),
  );
  expect(new Set(ids).size).toBe(200);
  const films = await Promise.all(
    ids.map(async (id) => (await call(simulator, `/videos/${id}/content`)).text),
  );
  expect(new Set(films).size).toBe(200);
  expect((await call(simulator, '/_sim/ledger')).body).toMatchObject({
    totals: { jobs: 200, billed_usd: 10 },
  });
});

test('the same seed and the same clock are the same run', async () => {
  const run = async (seed: number) => {
    const simulator = await openSimulator({
      seed,
      clock: () => 1_790_000_000_000,
      settings: { time_scale: 1 },
    });
    for (let n = 1; n <= 5; n++) {
      const submitted = send(simulator, '/videos', grokClip);
      await expect.poll(() => simulator.ledger().length).toBe(n);
      simulator.advance(3600);
      await submitted;
    }
    return simulator.ledger().map((entry) => [entry.job_id, entry.ready_at]);
  };
  const first = await run(11);
  expect(await run(11)).toEqual(first);
  expect(await run(12)).not.toEqual(first);
});

test('films can be made to trickle for every job', async () => {
  const simulator = await openSimulator({ frozen: true, settings: { content_bytes_per_second: 5000 } });
  const id = await buyClip(simulator);
  const response = await fetch(`${simulator.apiUrl}/videos/${id}/content`, {
    headers: { authorization: 'Bearer k' },
  });
  const reader = response.body!.getReader();
  expect((await reader.read()).value).toHaveLength(500);
  const next = reader.read();
  simulator.advance(100);
  expect((await next).value).toHaveLength(500);
  await reader.cancel();
});
