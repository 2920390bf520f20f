// What every clip storage must do, whatever is behind it.

import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClipRange, ClipStorage } from '../../../../src/service/clips/storage/port.ts';

export interface StorageUnderTest {
  readonly storage: ClipStorage;
  /** Files that are on their way, by whatever name. */
  readonly spooled: () => Promise<number>;
  close(): Promise<void>;
}

/** A sink that has let go of a chunk once its write has called back, as a response has. */
function collect(): { readonly sink: Writable; readonly received: Promise<Buffer> } {
  const chunks: Buffer[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  const received = new Promise<Buffer>((resolve, reject) => {
    sink.once('finish', () => resolve(Buffer.concat(chunks)));
    sink.once('error', reject);
  });
  return { sink, received };
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const NOW = Date.parse('2026-11-21T12:00:00Z');

/** @param open makes an empty storage, not started. */
export function describeClipStorage(name: string, open: () => Promise<StorageUnderTest>): void {
  describe(`${name} as a clip storage`, () => {
    let test: StorageUnderTest;
    let storage: ClipStorage;
    beforeEach(async () => {
      test = await open();
      storage = test.storage;
      await storage.start(NOW);
    });
    afterEach(() => test.close());

    async function put(key: string, bytes: Buffer): Promise<void> {
      const file = await storage.spool(key);
      for (let at = 0; at < bytes.length; at += 100_000) await file.append(bytes.subarray(at, at + 100_000));
      await storage.put(key, file, sha256(bytes));
      await file.discard();
    }

    async function read(key: string, range: ClipRange | null = null): Promise<Buffer | null> {
      const body = await storage.open(key, range);
      if (!body) return null;
      const { sink, received } = collect();
      await body.writeTo(sink);
      return received;
    }

    it('hands out what was put, under its key alone', async () => {
      const [one, two] = [randomBytes(1_300_000), randomBytes(10)];
      await put('job_1-0.mp4', one);
      await put('job_1-1.mp4', two);
      expect((await read('job_1-0.mp4'))?.equals(one)).toBe(true);
      expect((await read('job_1-1.mp4'))?.equals(two)).toBe(true);
      expect(await storage.stat('job_1-0.mp4')).toMatchObject({ bytes: one.length });
      expect(await test.spooled()).toBe(0);
    });

    it.each<[number, number]>([
      [0, 0],
      [0, 99],
      [100, 699_999],
      [999_999, 999_999],
      [0, 999_999],
    ])('hands out the bytes from %i to %i', async (first, last) => {
      const bytes = randomBytes(1_000_000);
      await put('a.mp4', bytes);
      expect((await read('a.mp4', { first, last }))?.equals(bytes.subarray(first, last + 1))).toBe(true);
    });

    it('has nothing under a key that was not put, or was removed', async () => {
      expect(await storage.stat('a.mp4')).toBeNull();
      expect(await storage.open('a.mp4', null)).toBeNull();
      await storage.remove('a.mp4');
      await put('a.mp4', randomBytes(5));
      await storage.remove('a.mp4');
      expect(await storage.stat('a.mp4')).toBeNull();
      expect(await storage.open('a.mp4', { first: 0, last: 1 })).toBeNull();
    });

    it('keeps a clip of no bytes, which an operator may have accepted', async () => {
      await put('a.mp4', Buffer.alloc(0));
      expect(await storage.stat('a.mp4')).toMatchObject({ bytes: 0 });
      expect(await read('a.mp4')).toHaveLength(0);
    });

    it('replaces all by all, and lets a reader of the old one read it to its end', async () => {
      const [old, young] = [randomBytes(2_000_000), randomBytes(300_000)];
      await put('a.mp4', old);
      const body = await storage.open('a.mp4', null);
      await put('a.mp4', young);
      const { sink, received } = collect();
      await body?.writeTo(sink);
      expect((await received).equals(old)).toBe(true);
      expect((await read('a.mp4'))?.equals(young)).toBe(true);
    });

    it('shows nothing of a clip that is on its way, and nothing of one that was given up', async () => {
      const file = await storage.spool('a.mp4');
      await file.append(randomBytes(100));
      expect(await storage.stat('a.mp4')).toBeNull();
      expect(await test.spooled()).toBe(1);
      await file.discard();
      expect(await test.spooled()).toBe(0);
      expect(await storage.stat('a.mp4')).toBeNull();
    });

    it('lets a clip on its way be read while it grows, and to its end after it was put', async () => {
      const bytes = randomBytes(1_000);
      const file = await storage.spool('a.mp4');
      const release = file.retain();
      const into = Buffer.alloc(2_000);
      expect(await file.read(into, 0)).toBe(0);
      await file.append(bytes.subarray(0, 400));
      expect(await file.read(into, 0)).toBe(400);
      await file.append(bytes.subarray(400));
      await storage.put('a.mp4', file, sha256(bytes));
      await file.discard();
      expect(await file.read(into, 300)).toBe(700);
      expect(into.subarray(0, 700)).toEqual(bytes.subarray(300));
      await release();
      expect((await read('a.mp4'))?.equals(bytes)).toBe(true);
    });

    it('takes two clips under one key at the same time, each whole', async () => {
      const [one, two] = [randomBytes(400_000), randomBytes(300_000)];
      await Promise.all([put('a.mp4', one), put('a.mp4', two)]);
      const kept = await read('a.mp4');
      expect([one, two].some((bytes) => kept?.equals(bytes))).toBe(true);
      expect(await test.spooled()).toBe(0);
    });

    it('ends well where its reader leaves in the middle', async () => {
      await put('a.mp4', randomBytes(20_000_000));
      const server = createServer((_request, response) => {
        done = storage.open('a.mp4', null).then((body) => body?.writeTo(response));
      });
      let done: Promise<void> | undefined;
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const answer = await fetch(`http://127.0.0.1:${port}/`);
      await answer.body?.cancel();
      await done;
      server.closeAllConnections();
      server.close();
    });

    it('knows the hash of a clip, or says that it does not', async () => {
      const bytes = randomBytes(10);
      await put('a.mp4', bytes);
      expect([null, sha256(bytes)]).toContain((await storage.stat('a.mp4'))?.sha256);
    });

    it('takes the same clip twice, as after a crash before its row was written', async () => {
      const bytes = randomBytes(100_000);
      await put('a.mp4', bytes);
      await put('a.mp4', bytes);
      expect((await read('a.mp4'))?.equals(bytes)).toBe(true);
    });

    it('lists the clips that are stored, and none that is on its way', async () => {
      await put('a.mp4', randomBytes(10));
      await put('b.mp4', randomBytes(20));
      await put('c.mp4', randomBytes(30));
      await storage.remove('b.mp4');
      const file = await storage.spool('d.mp4');
      await storage.health();
      const listed: { key: string; bytes: number }[] = [];
      for await (const entry of storage.list()) listed.push(entry);
      expect(listed.sort((a, b) => a.bytes - b.bytes)).toEqual([
        { key: 'a.mp4', bytes: 10 },
        { key: 'c.mp4', bytes: 30 },
      ]);
      await file.discard();
    });

    it('is well, and keeps nothing of finding that out', async () => {
      expect(await storage.health()).toMatchObject({ ok: true });
      expect(await test.spooled()).toBe(0);
    });
  });
}
