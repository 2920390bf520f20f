// Clips in a bucket of a real server, Ceph's: the contract, and the answers that the adapter relies on.

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { AwsV4Signer } from 'aws4fetch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSecret } from '../../../../src/core/secret.ts';
import { createCredentials } from '../../../../src/outbound/s3/credentials.ts';
import { createS3Client, type S3Client } from '../../../../src/outbound/s3/s3-client.ts';
import { ClipStorageError } from '../../../../src/service/clips/storage/port.ts';
import { createS3Storage } from '../../../../src/service/clips/storage/s3.ts';
import { type CephRgw, findCeph, startCephRgw } from '../../../support/ceph-rgw.ts';
import { describeClipStorage } from './clip-storage.contract.ts';

const BUCKET = 'clips';
const PATIENT = 120_000;
const TIMEOUTS = { connectMs: 5_000, stallMs: 15_000, wholeMs: 15_000, uploadMs: 60_000, retryMs: 100 };
const BIG_BYTES = 300 * 1024 * 1024;
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const root = findCeph();

describe.skipIf(root === null)('Ceph', () => {
  let server: CephRgw;
  let folder: string;
  let prefixes = 0;
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    server = await startCephRgw(root ?? '/');
    folder = await mkdtemp(join(tmpdir(), 'clipgate-s3-'));
    const signed = await new AwsV4Signer({
      url: `${server.origin}/${BUCKET}`,
      method: 'PUT',
      service: 's3',
      region: server.region,
      accessKeyId: server.accessKeyId,
      secretAccessKey: server.secretAccessKey,
    }).sign();
    expect((await fetch(signed.url, { method: 'PUT', headers: signed.headers })).status).toBe(200);
  }, PATIENT);
  afterAll(async () => {
    for (const close of closing) await close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** A prefix of its own, so that no test sees another's clips. */
  function connect(changed: { secret?: string; bucket?: string } = {}): S3Client {
    const credentials = createCredentials(
      {
        kind: 'fixed',
        accessKeyId: createSecret(server.accessKeyId),
        secretAccessKey: createSecret(changed.secret ?? server.secretAccessKey),
        sessionToken: null,
      },
      { clock: Date.now },
    );
    prefixes += 1;
    const s3 = createS3Client(
      { credentials, clock: Date.now, random: () => 0, sleep: async () => undefined },
      {
        bucket: changed.bucket ?? BUCKET,
        prefix: `p${prefixes}/`,
        region: server.region,
        endpoint: server.origin,
      },
      TIMEOUTS,
    );
    closing.push(() => s3.close());
    return s3;
  }
  const store = (s3: S3Client) =>
    createS3Storage({ s3, monotonic: () => performance.now() }, { spoolFolder: folder, canPresign: true });

  describeClipStorage('a bucket', async () => ({
    storage: store(connect()),
    spooled: async () => (await readdir(folder)).length,
    close: async () => undefined,
  }));

  async function fileOf(bytes: Buffer) {
    const path = join(folder, `file-${sha256(bytes).slice(0, 8)}`);
    await writeFile(path, bytes);
    return { path, bytes: bytes.length, sha256: sha256(bytes) };
  }

  it('answers 412 where an object is to be new and is there, and keeps it', async () => {
    const s3 = connect();
    const [first, second] = [await fileOf(Buffer.from('first')), await fileOf(Buffer.from('second'))];
    expect(await s3.putFile('a.mp4', first, { onlyNew: true })).toBe('stored');
    expect(await s3.putFile('a.mp4', second, { onlyNew: true })).toBe('exists');
    expect(await s3.head('a.mp4')).toEqual({ bytes: 5, sha256: first.sha256 });
  });

  it('refuses bytes that are not those of their hash', async () => {
    const s3 = connect();
    const file = { ...(await fileOf(Buffer.from('clip'))), sha256: sha256(Buffer.from('other')) };
    await expect(s3.putFile('a.mp4', file, { onlyNew: true })).rejects.toMatchObject({ status: 400 });
    expect(await s3.head('a.mp4')).toBeNull();
  });

  it('refuses a wrong secret and a bucket that is not there, which is said in a word', async () => {
    expect(await store(connect({ secret: 'wrong' })).health()).toEqual({
      ok: false,
      detail: 'not writable (403 SignatureDoesNotMatch)',
    });
    expect(await store(connect({ bucket: 'another' })).health()).toEqual({
      ok: false,
      detail: 'not writable (404 NoSuchBucket)',
    });
    await expect(store(connect({ secret: 'wrong' })).stat('a.mp4')).rejects.toThrow(ClipStorageError);
  });

  it('hands out through a presigned URL what was put, in part as well', async () => {
    const s3 = connect();
    const bytes = randomBytes(100_000);
    await s3.putFile('a.mp4', await fileOf(bytes), { onlyNew: true });
    const url = await store(s3).presign?.('a.mp4', {
      method: 'GET',
      contentType: 'video/mp4',
      disposition: 'attachment; filename="clip.mp4"',
    });
    const answer = await fetch(String(url), { headers: { range: 'bytes=10-19' } });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([206, 'video/mp4']);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes.subarray(10, 20));
  });

  it('takes 300 MB in one request, streamed from the disk', { timeout: PATIENT }, async () => {
    const s3 = connect();
    const path = join(folder, 'big');
    const hash = createHash('sha256');
    const writing = createWriteStream(path);
    const block = randomBytes(1024 * 1024);
    for (let written = 0; written < BIG_BYTES; written += block.length) {
      block.writeUInt32BE(written, 0);
      hash.update(block);
      writing.write(Buffer.from(block));
      if (writing.writableNeedDrain) await once(writing, 'drain');
    }
    writing.end();
    await finished(writing);
    const digest = hash.digest('hex');
    await s3.putFile('big.mp4', { path, bytes: BIG_BYTES, sha256: digest }, { onlyNew: true });
    expect(await s3.head('big.mp4')).toEqual({ bytes: BIG_BYTES, sha256: digest });
    const back = createHash('sha256');
    const got = await s3.get('big.mp4', null);
    for await (const chunk of got?.body ?? []) back.update(chunk as Buffer);
    expect(back.digest('hex')).toBe(digest);
    await rm(path);
  });
});
