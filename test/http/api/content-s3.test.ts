// GET and HEAD /jobs/{id}/content with a bucket behind it: passed through, or linked to; and a bucket that goes away.

import { afterEach, beforeEach, expect, it } from 'vitest';
import { archived, buy, CLIP, follow, type ProblemAnswer, readAs } from '../../support/clips.ts';
import { CLIENT_KEY, startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { type S3Server, startS3Server } from '../../support/s3-server.ts';

let s3: S3Server;
let gateway: TestGateway | undefined;
beforeEach(async () => {
  s3 = await startS3Server();
});
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
  await s3.close();
});

async function start(env: Record<string, string> = {}): Promise<TestGateway> {
  gateway = await startTestGateway({
    env: {
      ARCHIVE_URL: `s3://${s3.bucket}/studio?region=${s3.region}&endpoint=${s3.origin}`,
      AWS_ACCESS_KEY_ID: s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
      ...env,
    },
  });
  return gateway;
}
const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());

it('passes a clip through from the bucket, whole and in part, and asks upstream for it once', async () => {
  const { request, simulator } = await start();
  const { id, upstream } = await archived(gateway!, (await buy(gateway!)).id);
  const kept = s3.objects.get(`studio/${id}-0.mp4`)?.body;
  const whole = await request(`/jobs/${id}/content`);
  expect(whole.headers.get('content-length')).toBe(String(kept?.length));
  expect((await bytesOf(whole)).equals(kept!)).toBe(true);
  const part = await request(`/jobs/${id}/content`, { headers: { range: 'bytes=100-299' } });
  expect(part.status).toBe(206);
  expect(part.headers.get('content-range')).toBe(`bytes 100-299/${kept?.length}`);
  expect((await bytesOf(part)).equals(kept!.subarray(100, 300))).toBe(true);
  expect((await request(`/jobs/${id}/content`, { method: 'HEAD' })).status).toBe(200);
  expect(simulator.ledger().find(({ job_id }) => job_id === upstream.id)?.downloads).toBe(1);
});

it('answers with a URL of the bucket where CONTENT_REDIRECT says so, which no cache keeps', async () => {
  const { request } = await start({ CONTENT_REDIRECT: 'presigned' });
  const { id } = await archived(gateway!, (await buy(gateway!)).id);
  const kept = s3.objects.get(`studio/${id}-0.mp4`)?.body;
  for (const method of ['GET', 'HEAD']) {
    const answer = await request(`/jobs/${id}/content`, { method, redirect: 'manual' });
    expect(answer.status).toBe(302);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.has('etag')).toBe(false);
    const location = new URL(answer.headers.get('location') ?? '');
    expect(location.origin).toBe(s3.origin);
    expect(location.searchParams.get('X-Amz-Expires')).toBe('300');
    expect(location.searchParams.get('response-content-type')).toBe('video/mp4');
    const linked = await fetch(location, { method });
    expect(linked.status).toBe(200);
    if (method === 'GET') expect((await bytesOf(linked)).equals(kept!)).toBe(true);
  }
  const other = await request(`/jobs/${id}/content`, {
    redirect: 'manual',
    headers: { 'if-match': '"another"' },
  });
  expect(other.status).toBe(412);
  // Whoever reads the log could use it.
  expect(gateway!.logLines.join()).not.toContain('X-Amz-Signature');
});

it('passes a clip through to a session of the console, whose pages load nothing from a bucket', async () => {
  const { url } = await start({ CONTENT_REDIRECT: 'presigned' });
  const { id } = await archived(gateway!, (await buy(gateway!)).id);
  const signedIn = await fetch(`${url}/console/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key: CLIENT_KEY }),
  });
  const cookie = /^[^;]+/.exec(signedIn.headers.get('set-cookie') ?? '')?.[0] ?? '';
  const clip = await fetch(`${url}/jobs/${id}/content`, {
    headers: { cookie, range: 'bytes=0-99' },
    redirect: 'manual',
  });
  expect(clip.status).toBe(206);
  expect(await bytesOf(clip)).toHaveLength(100);
});

it('keeps what it could not put while the bucket was away, once it is back, and hands it out meanwhile', async () => {
  const { request } = await start();
  const away = { method: 'PUT', times: 1e9 };
  s3.faults.push({
    ...away,
    answer(incoming, response) {
      incoming.resume();
      response.writeHead(503).end();
      return true;
    },
  });
  const jobs = await Promise.all(
    [1, 2, 3].map(async (number) => (await buy(gateway!, { ...CLIP, prompt: `clip ${number}` })).id),
  );
  for (const id of jobs) await follow(gateway!, id);
  await expect
    .poll(() => gateway!.logLines.filter((line) => line.includes('"alarm":"archive_disk"')).length, {
      timeout: 20_000,
    })
    .toBeGreaterThan(0);
  expect((await bytesOf(await request(`/jobs/${jobs[0]}/content`))).length).toBeGreaterThan(1_000);
  const ready = await readAs<{ checks: { archive: object } }>(await request('/readyz'));
  expect(ready.checks.archive).toEqual({ ok: false, detail: 'not writable (503 refused)' });
  expect([...s3.objects.keys()]).toEqual(['studio/clipgate-health-check']);
  const outputsOf = async (id: string) =>
    (await readAs<{ outputs: { bytes: number | null }[] }>(await request(`/jobs/${id}`))).outputs;
  for (const id of jobs) expect((await outputsOf(id)).map(({ bytes }) => bytes)).toEqual([null]);

  s3.faults.length = 0;
  for (const id of jobs) {
    await archived(gateway!, id);
    expect((await outputsOf(id))[0]?.bytes).toBe(s3.objects.get(`studio/${id}-0.mp4`)?.body.length);
  }
}, 60_000);

it('fetches a clip again that is in the bucket with other bytes', async () => {
  const { request } = await start();
  const { id } = await archived(gateway!, (await buy(gateway!)).id);
  const key = `studio/${id}-0.mp4`;
  const kept = s3.objects.get(key)!;
  const metadata = { 'x-amz-meta-sha256': '0'.repeat(64) };
  s3.objects.set(key, { ...kept, metadata, body: Buffer.alloc(kept.body.length) });
  expect((await bytesOf(await request(`/jobs/${id}/content`))).equals(kept.body)).toBe(true);
});

it('is unavailable, and no other clip, where the bucket fails', async () => {
  const { request, simulator } = await start();
  const { id } = await archived(gateway!, (await buy(gateway!)).id);
  simulator.addFault({ fault: 'error', on: 'content', status: 410 });
  s3.faults.push({
    method: 'GET',
    times: 1e9,
    answer(_, response) {
      response.writeHead(500).end();
      return true;
    },
  });
  const answer = await request(`/jobs/${id}/content`);
  expect(answer.status).toBe(502);
  expect(await readAs<ProblemAnswer>(answer)).toMatchObject({ code: 'content_unavailable' });
});
