// The archive on a failing disk: the reader gets the whole clip all the same, nothing half stays, an alarm sounds.

import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Job, StoredOutput } from '../../../src/core/job/job.ts';
import type { ContentResult } from '../../../src/outbound/openrouter/openrouter.ts';
import { createClipArchive } from '../../../src/service/clips/clip-archive.ts';
import { createFolderStorage } from '../../../src/service/clips/storage/folder.ts';
import { createAlarms } from '../../../src/service/runtime/alarms.ts';
import { createMp4 } from '../../support/mp4.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

const READERS = { readers: { total: 8, perClient: 4 } };

const JOB = {
  id: 'job_1',
  upstreamId: 'u1',
  status: 'completed',
  outputCount: 1,
  clipsRemovedAt: null,
} as Job;
const CLIP = createMp4(200_000);
const never = new AbortController().signal;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clipgate-archive-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What every file handle of this process inherits from: the disk, as far as the archive can tell. */
async function disk(): Promise<{ write: (...args: never[]) => Promise<unknown>; sync: () => Promise<void> }> {
  const handle = await open(folder, 'r');
  await handle.close();
  return Object.getPrototypeOf(handle);
}

const noSpace = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });

/** From now on the disk takes `bytes` more, the last write perhaps in part, and then nothing. */
async function leaveRoom(bytes: number): Promise<void> {
  const prototype = await disk();
  const write = prototype.write as (...args: unknown[]) => Promise<{ bytesWritten: number }>;
  let left = bytes;
  vi.spyOn(prototype, 'write').mockImplementation(async function (this: unknown, ...args: unknown[]) {
    const [chunk, offset, length, position] = args as [Buffer, number, number, number];
    if (left === 0) throw noSpace();
    const result = await write.call(this, chunk, offset, Math.min(length, left), position);
    left -= result.bytesWritten;
    return result;
  });
}

const bodyOf = (clip: Buffer) =>
  Readable.from(
    (function* () {
      for (let at = 0; at < clip.length; at += 10_000) yield clip.subarray(at, at + 10_000);
    })(),
    { objectMode: false },
  );
const whole = (clip = CLIP): ContentResult => ({
  kind: 'open',
  body: bodyOf(clip),
  contentType: 'video/mp4',
  bytes: clip.length,
});

function setUp(answer: (fetch: number) => ContentResult = () => whole()) {
  const outputs: StoredOutput[] = [];
  const log = createRecordedLog();
  let fetches = 0;
  const archive = createClipArchive(
    {
      store: {
        getOutputs: async () => outputs,
        saveOutput: async (output) => {
          outputs.push(output);
          return true;
        },
      },
      storage: createFolderStorage(folder),
      upstream: { openContent: async () => answer(++fetches) },
      alarms: createAlarms({ log, monotonic: () => 0 }),
      log,
    },
    READERS,
  );
  const read = async () => {
    const clip = await archive.open(JOB, 0, never);
    if (clip.kind !== 'live') throw new Error(clip.kind);
    return Buffer.concat((await clip.body.toArray()) as Buffer[]);
  };
  const alarms = () => log.lines.map(({ details }) => (details as { alarm?: string }).alarm).filter(Boolean);
  return { archive, outputs, read, alarms };
}

describe('a disk that is full', () => {
  it.each([0, 1, 10_000, 123_456, CLIP.length - 1])(
    'after %i bytes: the clip comes whole, nothing of it stays, and an alarm sounds',
    async (bytes) => {
      await leaveRoom(bytes);
      const { read, outputs, alarms } = setUp();
      expect((await read()).equals(CLIP)).toBe(true);
      expect(outputs).toEqual([]);
      await expect.poll(() => readdir(folder)).toEqual([]);
      expect(alarms()).toEqual(['archive_disk']);
    },
  );

  it('is said at the start already', async () => {
    await leaveRoom(0);
    const { archive, alarms } = setUp();
    await archive.start(0);
    expect(alarms()).toEqual(['archive_disk']);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is no end: once there is room the clip is stored', async () => {
    await leaveRoom(50_000);
    const { archive, outputs, alarms } = setUp();
    expect(await archive.keep(JOB)).toBe(false);
    expect(alarms()).toEqual(['archive_disk']);
    vi.restoreAllMocks();
    expect(await archive.keep(JOB)).toBe(true);
    expect(outputs).toMatchObject([{ bytes: CLIP.length }]);
  });

  it('serves every reader that was in the middle, each from where it stood', async () => {
    await leaveRoom(150_000);
    const { read } = setUp();
    const clips = await Promise.all([read(), read(), read()]);
    for (const clip of clips) expect(clip.equals(CLIP)).toBe(true);
  });

  it('does not pass off another clip as the rest of this one', async () => {
    await leaveRoom(50_000);
    const source = new PassThrough();
    const { archive } = setUp((fetch) =>
      fetch === 1
        ? { kind: 'open', body: source, contentType: 'video/mp4', bytes: null }
        : whole(createMp4(1_000)),
    );
    source.write(CLIP.subarray(0, 40_000));
    const clip = await archive.open(JOB, 0, never);
    if (clip.kind !== 'live') throw new Error(clip.kind);
    const reading = clip.body[Symbol.asyncIterator]();
    expect((await reading.next()).value).toHaveLength(40_000);
    // The disk fills up under a reader who has had the beginning.
    source.end(CLIP.subarray(40_000));
    await expect(reading.next()).rejects.toThrow('longer a moment ago');
  });
});

describe('a disk that', () => {
  it('cannot make a clip durable does not keep it, and its reader has it all', async () => {
    vi.spyOn(await disk(), 'sync').mockRejectedValue(
      Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' }),
    );
    const { read, outputs, alarms } = setUp();
    expect((await read()).equals(CLIP)).toBe(true);
    expect(outputs).toEqual([]);
    await expect.poll(alarms).toEqual(['archive_disk']);
  });

  it('takes less than it is given, yet takes it all in the end, keeps the clip whole', async () => {
    const prototype = await disk();
    const write = prototype.write as (...args: unknown[]) => Promise<unknown>;
    vi.spyOn(prototype, 'write').mockImplementation(function (this: unknown, ...args: unknown[]) {
      const [chunk, offset, length, position] = args as [Buffer, number, number, number];
      return write.call(this, chunk, offset, Math.min(length, 777), position);
    });
    const { archive, outputs } = setUp();
    expect(await archive.keep(JOB)).toBe(true);
    expect(outputs).toMatchObject([{ bytes: CLIP.length }]);
  });
});
