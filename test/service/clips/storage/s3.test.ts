// Clips in a bucket: the contract, and what the bucket may do to them on the way.

import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSecret } from '../../../../src/core/secret.ts';
import { createCredentials } from '../../../../src/outbound/s3/credentials.ts';
import { createS3Client } from '../../../../src/outbound/s3/s3-client.ts';
import { type ClipStorage, ClipStorageError } from '../../../../src/service/clips/storage/port.ts';
import { createS3Storage } from '../../../../src/service/clips/storage/s3.ts';
import { type S3Server, startS3Server } from '../../../support/s3-server.ts';
import { describeClipStorage } from './clip-storage.contract.ts';

const TIMEOUTS = { connectMs: 1_000, stallMs: 300, wholeMs: 300, uploadMs: 1_000, retryMs: 1 };
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

let server: S3Server;
let folder: string;
let closing: (() => Promise<void>)[] = [];
let now = 0;
beforeEach(async () => {
  server = await startS3Server();
  folder = await mkdtemp(join(tmpdir(), 'clipgate-s3-'));
});
afterEach(async () => {
  for (const close of closing) await close();
  closing = [];
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

function open(
  changed: { secret?: string; region?: string; bucket?: string; canPresign?: boolean } = {},
): ClipStorage {
  const credentials = createCredentials(
    {
      kind: 'fixed',
      accessKeyId: createSecret(server.accessKeyId),
      secretAccessKey: createSecret(changed.secret ?? server.secretAccessKey),
      sessionToken: null,
    },
    { clock: Date.now },
  );
  const s3 = createS3Client(
    { credentials, clock: Date.now, random: () => 0, sleep: async () => undefined },
    {
      bucket: changed.bucket ?? server.bucket,
      prefix: 'some/clips/',
      region: changed.region ?? server.region,
      endpoint: server.origin,
    },
    TIMEOUTS,
  );
  closing.push(() => s3.close());
  return createS3Storage(
    { s3, monotonic: () => now },
    { spoolFolder: folder, canPresign: changed.canPresign ?? false },
  );
}

async function put(storage: ClipStorage, bytes: Buffer, hash = sha256(bytes)): Promise<void> {
  const file = await storage.spool('a.mp4');
  try {
    await file.append(bytes);
    await storage.put('a.mp4', file, hash);
  } finally {
    await file.discard();
  }
}

async function read(storage: ClipStorage): Promise<Buffer> {
  const body = await storage.open('a.mp4', null);
  if (!body) throw new Error('nothing is stored');
  const sink = new PassThrough({ highWaterMark: 10_000_000 });
  const [received] = await Promise.all([buffer(sink), body.writeTo(sink)]);
  return received;
}

/** What befalls the next `times` requests with a method. */
const befall = (method: string, times: number, answer: (response: ServerResponse) => void) =>
  server.faults.push({
    method,
    times,
    answer(request, response) {
      request.resume();
      answer(response);
      return true;
    },
  });
const answered = (status: number) => (response: ServerResponse) => void response.writeHead(status).end();
const silent = () => undefined;
const stored = () => server.objects.get('some/clips/a.mp4')?.body;

describeClipStorage('a bucket', async () => ({
  storage: open(),
  spooled: async () => (await readdir(folder)).length,
  close: async () => undefined,
}));

describe('a clip in a bucket', () => {
  it('lies under the prefix with its type and its hash', async () => {
    const bytes = randomBytes(300_000);
    await put(open(), bytes);
    expect(server.objects.get('some/clips/a.mp4')).toMatchObject({
      body: bytes,
      contentType: 'video/mp4',
      metadata: { 'x-amz-meta-sha256': sha256(bytes) },
    });
    expect(await open().stat('a.mp4')).toEqual({ bytes: bytes.length, sha256: sha256(bytes) });
  });

  it('is not overwritten by the same bytes', async () => {
    const bytes = randomBytes(1_000);
    await put(open(), bytes);
    const before = server.objects.get('some/clips/a.mp4');
    await put(open(), bytes);
    expect(server.objects.get('some/clips/a.mp4')).toBe(before);
    expect(server.requests.filter(({ status }) => status === 412)).toHaveLength(1);
  });

  it('is put where the server knows no condition', async () => {
    befall('PUT', 1, answered(501));
    await put(open(), Buffer.from('clip'));
    expect(String(stored())).toBe('clip');
  });

  it('is refused where its bytes are not those of its hash', async () => {
    await expect(put(open(), Buffer.from('clip'), sha256(Buffer.from('other')))).rejects.toThrow(
      ClipStorageError,
    );
    expect(stored()).toBeUndefined();
  });

  it('counts as stored only once it was seen there whole', async () => {
    befall('PUT', 1, answered(200));
    await expect(put(open(), Buffer.from('clip'))).rejects.toMatchObject({
      cause: { message: 'what was put into the bucket is not there' },
    });
    await put(open(), Buffer.from('cli'));
    befall('PUT', 2, answered(200));
    await expect(put(open(), Buffer.from('clip'))).rejects.toMatchObject({
      cause: { message: 'what was put into the bucket has 3 of 4 bytes' },
    });
  });

  it.each([
    ['answers 503', answered(503)],
    ['answers 500', answered(500)],
    ['breaks the connection', (response: ServerResponse) => void response.destroy()],
  ])('is stored although the bucket twice %s', async (_, answer) => {
    for (const method of ['PUT', 'HEAD', 'GET']) befall(method, 2, answer);
    const bytes = randomBytes(500_000);
    const storage = open();
    await put(storage, bytes);
    expect((await read(storage)).equals(bytes)).toBe(true);
    expect(server.objects.size).toBe(1);
  });

  it('is stored although the answer to the first upload was lost', async () => {
    const bytes = randomBytes(500_000);
    befall('PUT', 1, (response) => {
      const metadata = { 'x-amz-meta-sha256': sha256(bytes) };
      server.objects.set('some/clips/a.mp4', {
        body: bytes,
        contentType: 'video/mp4',
        etag: '"e"',
        metadata,
      });
      response.destroy();
    });
    await put(open(), bytes);
    expect(server.requests.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'HEAD']);
  });

  it('is given up after three attempts, whatever fails', async () => {
    befall('PUT', 9, answered(503));
    await expect(put(open(), Buffer.from('clip'))).rejects.toThrow(ClipStorageError);
    expect(server.requests).toHaveLength(3);
  });

  it('is cut for its reader where the bucket sends only half of it', async () => {
    const bytes = randomBytes(100_000);
    await put(open(), bytes);
    befall('GET', 1, (response) => {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 50_000), () => response.destroy());
    });
    const body = await open().open('a.mp4', null);
    const sink = new PassThrough({ highWaterMark: 10_000_000 });
    const [received, sent] = await Promise.allSettled([buffer(sink), body?.writeTo(sink)]);
    expect([received.status, sent.status]).toEqual(['rejected', 'rejected']);
  });

  it('is cut for its reader where the bucket falls silent', async () => {
    const bytes = randomBytes(100_000);
    await put(open(), bytes);
    befall('GET', 1, (response) => {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 50_000));
    });
    const body = await open().open('a.mp4', null);
    const sink = new PassThrough({ highWaterMark: 10_000_000 });
    const [received, sent] = await Promise.allSettled([buffer(sink), body?.writeTo(sink)]);
    expect([received.status, sent.status]).toEqual(['rejected', 'rejected']);
  });

  it('is not taken for a part of it where the bucket ignores Range', async () => {
    await put(open(), randomBytes(100));
    befall('GET', 1, (response) => void response.writeHead(200, { 'content-length': 2 }).end('ab'));
    await expect(open().open('a.mp4', { first: 5, last: 6 })).rejects.toThrow(ClipStorageError);
  });

  it('has a URL that anybody can read it at, whole and in part, for five minutes', async () => {
    const bytes = randomBytes(1_000);
    const storage = open({ canPresign: true });
    await put(storage, bytes);
    const as = { contentType: 'video/mp4', disposition: 'inline; filename="a.mp4"' };
    const url = await storage.presign?.('a.mp4', { ...as, method: 'GET' });
    const whole = await fetch(String(url));
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
    const part = await fetch(String(url), { headers: { range: 'bytes=10-19' } });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true);
    expect(new URL(String(url)).searchParams.get('X-Amz-Expires')).toBe('300');
    const head = await storage.presign?.('a.mp4', { ...as, method: 'HEAD' });
    expect((await fetch(String(head), { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(String(head))).status).toBe(403);
    expect(open().presign).toBeNull();
  });
});

describe('a bucket that cannot be used', () => {
  it.each([
    ['the secret is wrong', { secret: 'wrong-canary' }, '403 SignatureDoesNotMatch'],
    ['the region is wrong', { region: 'eu-other-1' }, '400 AuthorizationHeaderMalformed'],
    ['the bucket is missing', { bucket: 'another' }, '404 NoSuchBucket'],
  ])('says that %s, once and without a secret', async (_, changed, words) => {
    const storage = open(changed);
    expect(await storage.health()).toEqual({ ok: false, detail: `not writable (${words})` });
    const error: unknown = await put(storage, Buffer.from('clip')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'ClipStorageError',
      cause: { message: `S3 answered ${words} to PUT` },
    });
    expect(server.requests).toHaveLength(2);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/canary|AKID|not-a-secret/);
  });

  it('does not pass for one that has no such clip', async () => {
    await put(open(), Buffer.from('clip'));
    await expect(open({ secret: 'wrong' }).stat('a.mp4')).rejects.toThrow(ClipStorageError);
    await expect(open({ secret: 'wrong' }).open('a.mp4', null)).rejects.toThrow(ClipStorageError);
    await expect(open({ secret: 'wrong' }).remove('a.mp4')).rejects.toThrow(ClipStorageError);
    expect(String(stored())).toBe('clip');
  });

  it('is waited for as long as its time limits say, and no longer', async () => {
    befall('HEAD', 9, silent);
    await expect(open().stat('a.mp4')).rejects.toMatchObject({ name: 'ClipStorageError' });
    expect(server.faults[0]?.times).toBe(6);
  });

  it('is asked again at most every five seconds, and its answer is not waited for', async () => {
    now = 0;
    const storage = open();
    befall('PUT', 1, answered(503));
    expect(await storage.health()).toEqual({ ok: false, detail: 'not writable (503 refused)' });
    now = 4_999;
    await storage.health();
    expect(server.requests).toHaveLength(1);
    now = 5_000;
    expect((await storage.health()).ok).toBe(false);
    await expect.poll(() => storage.health()).toEqual({ ok: true, detail: 'writable' });
    now = 34_999;
    await storage.health();
    expect(server.requests).toHaveLength(2);
  });

  it('is known by a clip that it did not take, before it is looked at again', async () => {
    const storage = open();
    expect((await storage.health()).ok).toBe(true);
    befall('PUT', 3, answered(503));
    await expect(put(storage, Buffer.from('clip'))).rejects.toThrow(ClipStorageError);
    expect(await storage.health()).toEqual({ ok: false, detail: 'not writable (503 refused)' });
  });

  it('is named by the connection that fails', async () => {
    const storage = open();
    await server.close();
    expect(await storage.health()).toEqual({ ok: false, detail: 'not writable (ECONNREFUSED)' });
    server = await startS3Server();
  });
});
