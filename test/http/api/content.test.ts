// GET and HEAD /jobs/{id}/content: the bytes of the clip, whole, in part, unchanged, or on their way.

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archived, buy, CLIP, follow, type ProblemAnswer, readAs } from '../../support/clips.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
let path: string;
let whole: Buffer;
beforeAll(async () => {
  gateway = await startTestGateway();
  const { id } = await archived(gateway, (await buy(gateway)).id);
  path = `/jobs/${id}/content`;
  whole = await bytesOf(await gateway.request(path));
});
afterAll(() => gateway.close());

const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());
const get = (headers: Record<string, string>, method = 'GET') => gateway.request(path, { method, headers });
const etagOf = (bytes: Buffer) => `"${createHash('sha256').update(bytes).digest('hex')}"`;

describe('the whole clip', () => {
  it('comes with its length and its hash, for its owner alone to keep', async () => {
    const response = await get({});
    const name = `${path.split('/')[2]}-0.mp4`;
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'video/mp4',
      'content-length': String(whole.length),
      'accept-ranges': 'bytes',
      'cache-control': 'private, max-age=86400, immutable',
      'content-disposition': `inline; filename="${name}"`,
      'x-content-type-options': 'nosniff',
      etag: etagOf(whole),
      vary: 'authorization',
    });
    expect((await bytesOf(response)).equals(whole)).toBe(true);
  });

  it('has a HEAD that says the same and sends nothing', async () => {
    const [head, full] = [await get({}, 'HEAD'), await get({})];
    for (const name of ['content-length', 'content-type', 'etag', 'accept-ranges', 'cache-control'])
      expect(head.headers.get(name)).toBe(full.headers.get(name));
    expect(await bytesOf(head)).toHaveLength(0);
    await full.body?.cancel();
  });

  it('is not sent again to who has it', async () => {
    const etag = etagOf(whole);
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const response = await get({ 'if-none-match': known, range: 'bytes=0-1' });
      expect(response.status).toBe(304);
      expect(response.headers.get('etag')).toBe(etag);
    }
    expect((await get({ 'if-none-match': '"x"' }, 'HEAD')).status).toBe(200);
  });
});

describe('If-Match', () => {
  it.each(['*', 'the clip', '"x", the clip'])('holds for %s', async (known) => {
    const response = await get({ 'if-match': known.replace('the clip', etagOf(whole)) });
    expect(response.status).toBe(200);
    await response.body?.cancel();
  });

  it.each(['"x"', 'W/the clip', ''])('refuses %j', async (known) => {
    for (const method of ['GET', 'HEAD']) {
      const headers = { 'if-match': known.replace('the clip', etagOf(whole)), range: 'bytes=0-1' };
      const response = await get(headers, method);
      expect(response.status).toBe(412);
      if (method === 'GET')
        expect(await readAs<ProblemAnswer>(response)).toMatchObject({ code: 'precondition_failed' });
    }
  });
});

describe('Range', () => {
  it.each<[range: string, from: number, to: number | undefined]>([
    ['bytes=0-0', 0, 1],
    ['bytes=0-99', 0, 100],
    ['bytes=100-199', 100, 200],
    ['bytes=500-', 500, undefined],
    ['bytes=-7', -7, undefined],
    ['bytes=10-999999999', 10, undefined],
    ['bytes=-999999999', 0, undefined],
    [' bytes=5-6 ', 5, 7],
  ])('%s', async (range, from, to) => {
    const expected = whole.subarray(from, to);
    const response = await get({ range });
    expect(response.status).toBe(206);
    const first = whole.length - whole.subarray(from).length;
    expect(response.headers.get('content-range')).toBe(
      `bytes ${first}-${first + expected.length - 1}/${whole.length}`,
    );
    expect(response.headers.get('content-length')).toBe(String(expected.length));
    expect((await bytesOf(response)).equals(expected)).toBe(true);
    // RFC 9110, 14.2: only GET has ranges.
    const head = await get({ range }, 'HEAD');
    expect(head.status).toBe(200);
    expect(head.headers.has('content-range')).toBe(false);
    expect(head.headers.get('content-length')).toBe(String(whole.length));
  });

  it.each([
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=5-2',
    'bytes=0-1,4-5',
    'items=0-1',
    'bytes',
    'bytes=--1',
    'bytes=1e1-',
  ])('ignores %j', async (range) => {
    const response = await get({ range });
    expect(response.status).toBe(200);
    expect(await bytesOf(response)).toHaveLength(whole.length);
  });

  it.each(['bytes=999999999-', 'bytes=999999999-999999999', 'bytes=-0'])('%s lies outside', async (range) => {
    const response = await get({ range });
    expect(await readAs<ProblemAnswer>(response)).toMatchObject({
      status: 416,
      code: 'range_not_satisfiable',
    });
    expect(response.headers.get('content-range')).toBe(`bytes */${whole.length}`);
  });

  it('holds only for the clip that If-Range means', async () => {
    const status = async (known: string) => {
      const response = await get({ range: 'bytes=0-1', 'if-range': known });
      await response.body?.cancel();
      return response.status;
    };
    expect(await status(etagOf(whole))).toBe(206);
    // A weak tag cannot vouch for single bytes, and there is no date to compare with.
    for (const other of ['"x"', `W/${etagOf(whole)}`, 'Wed, 21 Oct 2026 07:28:00 GMT'])
      expect(await status(other)).toBe(200);
  });
});

describe('what is not there', () => {
  it.each([1, 2, 1000])('index %i is none of its clips', async (index) => {
    const response = await gateway.request(`${path}?index=${index}`);
    expect(await readAs<ProblemAnswer>(response)).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('is not ready before the job is completed', async () => {
    const stuck = gateway.simulator.addFault({ fault: 'poll_status', status: 'pending' });
    const { id } = await buy(gateway);
    for (const method of ['GET', 'HEAD']) {
      const response = await gateway.request(`/jobs/${id}/content`, { method });
      expect(response.status).toBe(409);
      expect(response.headers.get('retry-after')).toBe('5');
      if (method === 'GET')
        expect(await readAs<ProblemAnswer>(response)).toMatchObject({ code: 'not_ready' });
    }
    stuck();
  });

  it('is gone where the job failed', async () => {
    gateway.simulator.addFault({ fault: 'fail', count: 1 });
    const { id } = await follow(gateway, (await buy(gateway)).id);
    const problem = await readAs<ProblemAnswer>(await gateway.request(`/jobs/${id}/content`));
    expect(problem).toMatchObject({ status: 410, code: 'content_gone' });
    expect(problem.detail).toContain('failed');
  });

  it('is unavailable while upstream cannot hand it out', async () => {
    const broken = gateway.simulator.addFault({ fault: 'error', on: 'content', status: 502 });
    const { id } = await follow(gateway, (await buy(gateway)).id);
    const problem = await readAs<ProblemAnswer>(await gateway.request(`/jobs/${id}/content`));
    expect(problem).toMatchObject({ status: 502, code: 'content_unavailable' });
    broken();
  });

  it.each<[string, Parameters<TestGateway['simulator']['addFault']>[0]]>([
    ['breaks before its first byte', { fault: 'cut', on: 'content', at: 0 }],
    ['is reset', { fault: 'reset', on: 'content' }],
    ['is a page', { fault: 'html', on: 'content' }],
  ])('is unavailable where the download %s', async (_name, fault) => {
    const broken = gateway.simulator.addFault(fault);
    const { id } = await follow(gateway, (await buy(gateway)).id);
    const response = await gateway.request(`/jobs/${id}/content`);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await readAs<ProblemAnswer>(response)).toMatchObject({ status: 502, code: 'content_unavailable' });
    broken();
  });

  it('is gone where upstream has lost it before it was kept', async () => {
    const gone = gateway.simulator.addFault({ fault: 'error', on: 'content', status: 410 });
    const { id } = await follow(gateway, (await buy(gateway)).id);
    const problem = await readAs<ProblemAnswer>(await gateway.request(`/jobs/${id}/content`));
    expect(problem).toMatchObject({ status: 410, code: 'content_gone' });
    gone();
  });
});

describe('two clips of one job', () => {
  it('are told apart by index', async () => {
    gateway.simulator.addFault({ fault: 'two_urls', count: 1 });
    const { id, outputs } = await archived(gateway, (await buy(gateway)).id);
    expect(outputs.map(({ url }) => url)).toEqual([
      `/jobs/${id}/content?index=0`,
      `/jobs/${id}/content?index=1`,
    ]);
    for (const { url, bytes } of outputs)
      expect(await bytesOf(await gateway.request(url))).toHaveLength(bytes ?? -1);
    expect((await gateway.request(`/jobs/${id}/content?index=2`)).status).toBe(404);
  });
});

describe('before the archive is whole', () => {
  it('streams what has come, and takes a client that hangs up for nothing', async () => {
    const stall = gateway.simulator.addFault({ fault: 'stall', at: 1000, match: { prompt: 'slowly' } });
    const { id, upstream } = await follow(gateway, (await buy(gateway, { ...CLIP, prompt: 'slowly' })).id);
    const live = () => gateway.request(`/jobs/${id}/content`);
    const [response, other] = await Promise.all([live(), live()]);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'video/mp4',
      'cache-control': 'no-store',
    });
    for (const name of ['content-length', 'etag', 'accept-ranges'])
      expect(response.headers.has(name)).toBe(false);
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    expect(Buffer.from(value!).toString('latin1', 4, 8)).toBe('ftyp');
    await reader.cancel();
    // One reader's end is not the other's.
    const otherReader = other.body!.getReader();
    expect((await otherReader.read()).value).toHaveLength(1000);
    await otherReader.cancel();
    expect(
      (await gateway.request(`/jobs/${id}/content`, { method: 'HEAD' })).headers.has('content-length'),
    ).toBe(false);
    stall();
    const entry = gateway.simulator.ledger().find(({ job_id }) => job_id === upstream.id);
    expect(entry?.downloads).toBe(1);
  });

  it('hands out every byte of a large clip to many readers while it is fetched once', async () => {
    const large = gateway.simulator.addFault({
      fault: 'large',
      bytes: 5_000_000,
      match: { prompt: 'large' },
    });
    const { id } = await follow(gateway, (await buy(gateway, { ...CLIP, prompt: 'large' })).id);
    const readers = Array.from({ length: 5 }, () => gateway.request(`/jobs/${id}/content`).then(bytesOf));
    const [first = Buffer.alloc(0), ...rest] = await Promise.all(readers);
    expect(first).toHaveLength(5_000_000);
    for (const bytes of rest) expect(bytes.equals(first)).toBe(true);
    await archived(gateway, id);
    const kept = await gateway.request(`/jobs/${id}/content`, { method: 'HEAD' });
    expect(kept.headers.get('etag')).toBe(etagOf(first));
    large();
  });
});
