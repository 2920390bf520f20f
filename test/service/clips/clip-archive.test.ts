// The archive: whole clips only, once each, readable while they grow, and never in the way of the reader.

import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Job } from '../../../src/core/job/job.ts';
import type { ContentResult } from '../../../src/outbound/openrouter/openrouter.ts';
import { createClipArchive } from '../../../src/service/clips/clip-archive.ts';
import { startDownload } from '../../../src/service/clips/clip-download.ts';
import { createErasure } from '../../../src/service/clips/erasure.ts';
import { createFolderStorage } from '../../../src/service/clips/storage/folder.ts';
import { createAlarms } from '../../../src/service/runtime/alarms.ts';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite.ts';
import { createMp4 } from '../../support/mp4.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

const READERS = { readers: { total: 8, perClient: 4 } };

let folder: string;
let store: JobStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clipgate-archive-'));
  store = await openSqliteStore({ file: ':memory:', clock: () => 1 });
});
afterEach(async () => {
  await store.close();
  await chmod(folder, 0o700).catch(() => undefined);
  await rm(folder, { recursive: true, force: true });
});

const opened = (body: Readable, bytes: number | null = null) =>
  ({ kind: 'open', body, contentType: 'video/mp4', bytes }) satisfies ContentResult;
const chunked = (clip: Buffer, size = 1000) =>
  Readable.from(
    (function* () {
      for (let at = 0; at < clip.length; at += size) yield clip.subarray(at, at + size);
    })(),
    { objectMode: false },
  );
const never = new AbortController().signal;

async function setUp(answers: (() => ContentResult)[], at = folder) {
  const created = await store.createJob(
    {
      id: 'job_1',
      clientId: 'studio',
      model: 'a/b',
      request: { model: 'a/b' },
      nonce: 'n',
      expectedMs: 1,
      estimatedMicroUsd: 1,
      idempotency: null,
    },
    'me',
    1_000,
  );
  if (created.kind !== 'created') throw new Error(created.kind);
  const { lease } = created.claim;
  await store.saveStep(lease, { status: 'submitting' }, { keep: true, leaseMs: 1_000 });
  const job = (await store.saveStep(
    lease,
    { status: 'completed', upstreamId: 'u1', outputCount: 1 },
    { keep: false, runInMs: null },
  )) as Job;
  let fetches = 0;
  const log = createRecordedLog();
  const archive = createClipArchive(
    {
      store,
      storage: createFolderStorage(at),
      upstream: {
        openContent: async () => {
          fetches++;
          return (answers.shift() ?? (() => ({ kind: 'failed', reason: 'no more answers' }) as const))();
        },
      },
      alarms: createAlarms({ log, monotonic: () => 0 }),
      log,
    },
    READERS,
  );
  return { archive, job, log, fetches: () => fetches };
}

const readAll = async (body: Readable) => Buffer.concat((await body.toArray()) as Buffer[]);

describe('the clip archive', () => {
  it('stores a clip under its name with its hash, and serves the file from then on', async () => {
    const clip = createMp4(50_000);
    const { archive, job, fetches } = await setUp([() => opened(chunked(clip))]);
    expect(await archive.keep(job)).toBe(true);
    expect(await archive.keep(job)).toBe(true);
    const found = await archive.open(job, 0, never);
    if (found.kind !== 'stored') throw new Error(found.kind);
    expect(await readFile(join(folder, found.output.file))).toEqual(clip);
    expect(found.output).toMatchObject({ bytes: clip.length, contentType: 'video/mp4', file: 'job_1-0.mp4' });
    expect(fetches()).toBe(1);
    expect((await stat(join(folder, found.output.file))).mode & 0o077).toBe(0);
  });

  it('neither hands out nor fetches what was removed on purpose', async () => {
    const { archive, job, fetches } = await setUp([() => opened(chunked(createMp4(50_000)))]);
    await archive.keep(job);
    const erasure = createErasure({
      store,
      storage: createFolderStorage(folder),
      log: createRecordedLog(),
    });
    expect(await erasure.removeClips(job.id)).toBe(true);
    expect(await readdir(folder)).toEqual([]);
    const after = (await store.findJob(job.id)) as Job;
    expect(await archive.open(after, 0, never)).toEqual({ kind: 'removed' });
    expect(await archive.keep(after)).toBe(true);
    expect(await archive.refetch(after, 0, false)).toEqual({ kind: 'gone' });
    expect(fetches()).toBe(1);
    expect(await erasure.removeClips(job.id)).toBe(true);
    expect(await erasure.removeClips('job_none')).toBe(false);
  });

  it('keeps nothing of a clip that was on its way when it was removed', async () => {
    const clip = createMp4(50_000);
    const source = new PassThrough();
    const { archive, job } = await setUp([() => opened(source)]);
    source.write(clip.subarray(0, 10_000));
    const keeping = archive.keep(job);
    await store.beginClipRemoval(job.id);
    source.end(clip.subarray(10_000));
    expect(await keeping).toBe(false);
    expect(await readdir(folder)).toEqual([]);
    expect(await store.getOutputs([job.id])).toEqual([]);
  });

  it('serves many readers from one fetch while it is under way, each from the first byte', async () => {
    const clip = createMp4(300_000);
    const source = new PassThrough();
    const { archive, job, fetches } = await setUp([() => opened(source)]);
    source.write(clip.subarray(0, 100_000));
    const first = await archive.open(job, 0, never);
    const second = await archive.open(job, 0, never);
    if (first.kind !== 'live' || second.kind !== 'live') throw new Error('not live');
    const reading = Promise.all([readAll(first.body), readAll(second.body)]);
    source.end(clip.subarray(100_000));
    expect(await reading).toEqual([clip, clip]);
    expect(fetches()).toBe(1);
  });

  it('goes on storing where the reader hangs up', async () => {
    const clip = createMp4(300_000);
    const source = new PassThrough();
    const { archive, job } = await setUp([() => opened(source)]);
    source.write(clip.subarray(0, 10));
    const live = await archive.open(job, 0, never);
    if (live.kind !== 'live') throw new Error(live.kind);
    live.body.destroy();
    source.end(clip.subarray(10));
    expect(await archive.keep(job)).toBe(true);
  });

  it.each<[string, (clip: Buffer) => ContentResult]>([
    [
      'broken in the middle',
      (clip) => {
        const source = new PassThrough();
        source.write(clip.subarray(0, 1_000));
        setImmediate(() => source.destroy(new Error('other side closed')));
        return opened(source);
      },
    ],
    ['cut but cleanly ended', (clip) => opened(chunked(clip.subarray(0, -100)))],
    ['shorter than announced', (clip) => opened(chunked(clip), clip.length + 1)],
    ['not an MP4', () => opened(chunked(Buffer.alloc(5_000, 'x')))],
    ['empty', () => opened(chunked(Buffer.alloc(0)))],
  ])('neither stores nor ends well a clip that is %s', async (_name, answer) => {
    const clip = createMp4(20_000);
    const { archive, job } = await setUp([() => answer(clip), () => opened(chunked(clip))]);
    const live = await archive.open(job, 0, never);
    if (live.kind === 'live') await expect(readAll(live.body)).rejects.toThrow();
    expect(await store.getOutputs([job.id])).toEqual([]);
    await expect.poll(() => readdir(folder)).toEqual([]);
    // The next try stores it.
    expect(await archive.keep(job)).toBe(true);
  });

  it('fetches the clips of a job one after another, and each even where one before it fails', async () => {
    const clip = createMp4(5_000);
    const source = new PassThrough();
    const { archive, job, fetches } = await setUp([
      () => opened(source),
      () => ({ kind: 'failed', reason: '503' }),
      () => opened(chunked(clip)),
    ]);
    const keeping = archive.keep({ ...job, outputCount: 3 });
    await expect.poll(fetches).toBe(1);
    await expect.poll(() => readdir(folder)).toHaveLength(1);
    expect(fetches()).toBe(1);
    source.end(clip);
    expect(await keeping).toBe(false);
    expect(fetches()).toBe(3);
    expect((await store.getOutputs([job.id])).map(({ index }) => index)).toEqual([0, 2]);
  });

  const ODD: readonly [string, Buffer][] = [
    ['nothing', Buffer.alloc(0)],
    ['a JSON error', Buffer.from('{"error":{"message":"Provider returned error","code":502}}')],
    ['XML', Buffer.from('<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>')],
    ['the first bytes of a clip', createMp4(12_302).subarray(0, 5_000)],
    ['a clip without its moov', Buffer.concat([createMp4(10).subarray(0, 12), createMp4(10).subarray(36)])],
    ['a clip and more', Buffer.concat([createMp4(1_000), Buffer.from('trailing')])],
  ];

  it.each(ODD)(
    'does not store %s, however often it comes, says so once, and stores the clip',
    async (_name, odd) => {
      const clip = createMp4(5_000);
      const { archive, job, log } = await setUp([
        ...Array.from({ length: 5 }, () => () => opened(chunked(odd))),
        () => opened(chunked(clip)),
      ]);
      for (let look = 0; look < 5; look++) expect(await archive.keep(job)).toBe(false);
      expect(await store.getOutputs([job.id])).toEqual([]);
      expect(await readdir(folder)).toEqual([]);
      expect(log.lines.map(({ details }) => (details as { alarm?: string }).alarm).filter(Boolean)).toEqual([
        'clip_implausible',
      ]);
      expect(await archive.keep(job)).toBe(true);
      expect(await readFile(join(folder, 'job_1-0.mp4'))).toEqual(clip);
    },
  );

  it.each(ODD.filter(([name]) => !/clip/.test(name)))(
    'does not hand out %s as a clip',
    async (_name, odd) => {
      const { archive, job } = await setUp([() => opened(chunked(odd))]);
      expect(await archive.open(job, 0, never)).toMatchObject({ kind: 'unavailable' });
    },
  );

  it('is unavailable where the download breaks before its first byte', async () => {
    const breaking = () => {
      const source = new PassThrough();
      setImmediate(() => source.destroy(new Error('other side closed')));
      return opened(source);
    };
    const { archive, job } = await setUp([breaking]);
    expect(await archive.open(job, 0, never)).toEqual({
      kind: 'unavailable',
      reason: 'other side closed',
    });
  });

  it('keeps what an operator accepts as it is, under its own hash', async () => {
    const odd = Buffer.from('not an MP4');
    const { archive, job } = await setUp([() => opened(chunked(odd)), () => opened(chunked(odd))]);
    expect(await archive.refetch(job, 0, false)).toMatchObject({ kind: 'unavailable' });
    expect(await store.getOutputs([job.id])).toEqual([]);
    expect(await archive.refetch(job, 0, true)).toEqual({ kind: 'stored' });
    expect(await store.getOutputs([job.id])).toMatchObject([{ bytes: odd.length }]);
  });

  it('puts other bytes under another name in place of what is stored, and the same nowhere', async () => {
    const [old, young] = [createMp4(5_000, 1), createMp4(5_000, 2)];
    const { archive, job } = await setUp(
      [old, old, young, young.subarray(0, 100)].map((clip) => () => opened(chunked(clip))),
    );
    await archive.keep(job);
    expect(await archive.refetch(job, 0, false)).toEqual({ kind: 'unchanged' });
    expect(await readdir(folder)).toEqual(['job_1-0.mp4']);
    expect(await archive.refetch(job, 0, false)).toEqual({ kind: 'stored' });
    const [name = ''] = await readdir(folder);
    expect(name).toMatch(/^job_1-0\.[0-9a-f]{16}\.mp4$/);
    expect(await archive.open(job, 0, never)).toMatchObject({ kind: 'stored', isReplacement: true });
    // What upstream sends next is no clip: what is stored stays.
    expect(await archive.refetch(job, 0, false)).toMatchObject({ kind: 'unavailable' });
    expect(await readFile(join(folder, name))).toEqual(young);
    expect(await readdir(folder)).toEqual([name]);
  });

  it('fetches a clip again that was deleted from the folder', async () => {
    const clip = createMp4(5_000);
    const { archive, job, fetches } = await setUp([() => opened(chunked(clip)), () => opened(chunked(clip))]);
    await archive.keep(job);
    await rm(join(folder, 'job_1-0.mp4'));
    expect(await archive.keep(job)).toBe(true);
    expect(fetches()).toBe(2);
  });

  it('passes the clip on where the disk does not take it', async () => {
    const clip = createMp4(5_000);
    const { archive, job } = await setUp(
      [() => opened(chunked(clip)), () => opened(chunked(clip))],
      join(folder, 'missing'),
    );
    const live = await archive.open(job, 0, never);
    if (live.kind !== 'live') throw new Error(live.kind);
    expect(await readAll(live.body)).toEqual(clip);
    expect(await store.getOutputs([job.id])).toEqual([]);
  });

  it('stores whole clips where two processes fetch one into the same folder', async () => {
    const clip = createMp4(200_000);
    const { archive, job } = await setUp([() => opened(chunked(clip))]);
    const slow = new PassThrough();
    // What another process, whose request for the clip came first, is still writing.
    const storage = createFolderStorage(folder);
    const other = startDownload(() => storage.spool('job_1-0.mp4'), opened(slow), {
      acceptAsIs: false,
      keep: (file, { sha256 }) => storage.put('job_1-0.mp4', file, sha256),
    });
    slow.write(clip.subarray(0, 70_000));
    for await (const _first of other.read()) break;
    expect(await archive.keep(job)).toBe(true);
    expect(await readFile(join(folder, 'job_1-0.mp4'))).toEqual(clip);
    slow.end(clip.subarray(70_000));
    await other.done;
    expect(await readFile(join(folder, 'job_1-0.mp4'))).toEqual(clip);
    expect(await readdir(folder)).toEqual(['job_1-0.mp4']);
  });

  it('clears at its start what killed processes left behind, and nothing else', async () => {
    const now = Date.parse('2026-11-21T12:00:00Z');
    const files: [name: string, minutesOld: number][] = [
      ['job_1-0.mp4', 90],
      ['job_2-0.mp4.1b4e28ba.part', 61],
      ['job_3-0.mp4.5a0c7f11.part', 59],
    ];
    for (const [name, minutesOld] of files) {
      await writeFile(join(folder, name), 'x');
      await utimes(join(folder, name), now / 1000, now / 1000 - minutesOld * 60);
    }
    const { archive } = await setUp([]);
    await archive.start(now);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await readdir(folder)).sort()).toEqual(['job_1-0.mp4', 'job_3-0.mp4.5a0c7f11.part']);
  });

  it('tells gone from not available', async () => {
    const { archive, job } = await setUp([
      () => ({ kind: 'gone', reason: '410' }),
      () => ({ kind: 'failed', reason: '502' }),
    ]);
    expect(await archive.open(job, 0, never)).toEqual({ kind: 'gone' });
    expect(await archive.open(job, 0, never)).toMatchObject({ kind: 'unavailable' });
  });

  it('ends the fetches under way when it is stopped', async () => {
    const source = new PassThrough();
    const { archive, job } = await setUp([() => opened(source)]);
    source.write(createMp4(10).subarray(0, 10));
    const keeping = archive.keep(job);
    await archive.open(job, 0, never);
    source.destroy(new Error('aborted'));
    await archive.stop();
    expect(await keeping).toBe(false);
    expect(await readdir(folder)).toEqual([]);
  });
});
