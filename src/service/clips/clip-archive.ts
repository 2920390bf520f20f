// Keeps every finished clip in the storage, and hands a clip out while it is still being fetched.

import { Readable } from 'node:stream';
import { LRUCache } from 'lru-cache';
import type { Job, StoredOutput } from '../../core/job/job.ts';
import type { OpenRouter } from '../../outbound/openrouter/openrouter.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { Alarms } from '../runtime/alarms.ts';
import { createFairLimit, type FairLimitOptions } from '../runtime/fair-limit.ts';
import { aboutJob, type Log } from '../runtime/log.ts';
import { type ClipDownload, ImplausibleClipError, startDownload } from './clip-download.ts';
import { beginsAsMp4, MP4_BEGINNING } from './mp4-boxes.ts';
import {
  type ClipBody,
  type ClipRange,
  type ClipStorage,
  ClipStorageError,
  type LinkedAs,
  type StoredClip,
} from './storage/port.ts';

/** A clip to hand out. */
export type Clip =
  | {
      readonly kind: 'stored';
      readonly output: StoredOutput;
      /** True where the clip took the place of another under the same job and index. */
      readonly isReplacement: boolean;
      /** Null where it has gone from the storage since it was found there. @throws ClipStorageError. */
      readonly open: (range: ClipRange | null) => Promise<ClipBody | null>;
      /** A URL that hands it out for five minutes, where it is to be handed out so. @throws ClipStorageError. */
      readonly presign: ((as: LinkedAs) => Promise<string>) | null;
    }
  /** On its way: length and hash are not known yet. */
  | { readonly kind: 'live'; readonly body: Readable; readonly contentType: string }
  /** It was removed from the archive on purpose, and is not fetched again. */
  | { readonly kind: 'removed' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** What fetching a clip anew came to: `unchanged` = the same bytes as are stored. */
export type Refetched =
  | { readonly kind: 'stored' }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unavailable'; readonly reason: string };

export interface ClipArchive {
  /** Makes the storage ready and sees whether it takes clips. @param now epoch milliseconds. */
  start(now: number): Promise<void>;
  /** Where to get a completed job's clip. @param signal ends what is done for this reader alone. */
  open(job: Job, index: number, signal: AbortSignal): Promise<Clip>;
  /** Fetches what is not stored yet of a completed job; true where all of it is stored now. */
  keep(job: Job): Promise<boolean>;
  /**
   * Fetches a clip from upstream whether or not one is stored; what is stored stays until the new one is.
   * @param acceptAsIs keeps what upstream sends even where it is no MP4.
   */
  refetch(job: Job, index: number, acceptAsIs: boolean): Promise<Refetched>;
  /** True where upstream hands out something that begins as a clip does. */
  hasClip(upstreamId: string): Promise<boolean>;
  /** Ends every fetch under way. */
  stop(): Promise<void>;
}

export interface ClipArchiveParts {
  readonly store: Pick<JobStore, 'getOutputs' | 'saveOutput'>;
  readonly storage: ClipStorage;
  readonly upstream: Pick<OpenRouter, 'openContent'>;
  readonly alarms: Alarms;
  readonly log: Log;
}

type Unfetched = Exclude<Clip, { kind: 'stored' | 'live' | 'removed' }>;

interface Fetching {
  readonly download: ClipDownload;
  readonly contentType: string;
  readonly stored: Promise<Refetched>;
}

// A byte now and then is no stall, and no clip either.
const WHOLE_MS = 60 * 60 * 1000;
const PROBE_MS = 30_000;

/** Whether a stored clip is the one that a row tells of, as far as the storage knows. */
const isSame = (found: StoredClip, { bytes, sha256 }: Pick<StoredOutput, 'bytes' | 'sha256'>): boolean =>
  found.bytes === bytes && (found.sha256 === null || found.sha256 === sha256);

export interface ClipArchiveOptions {
  /** Clips fetched at once because somebody reads them. */
  readonly readers: FairLimitOptions;
}

export function createClipArchive(parts: ClipArchiveParts, options: ClipArchiveOptions): ClipArchive {
  const { store, storage, upstream, alarms, log } = parts;
  const fetching = new Map<string, Promise<Fetching | Unfetched>>();
  /** Per clip what was wrong with it when that was last said: it is fetched often, and an alarm is raised once. */
  const faults = new LRUCache<string, string>({ max: 1_000 });
  const stopping = new AbortController();
  const places = createFairLimit(options.readers);

  const nameOf = (job: Job, index: number) => `${job.id}-${index}.mp4`;
  // A name of its own for other bytes: readers of the old file read it to its end, and no row ever names a mixture.
  const replacementNameOf = (job: Job, index: number, sha256: string) =>
    `${job.id}-${index}.${sha256.slice(0, 16)}.mp4`;

  const findOutput = async (job: Job, index: number) =>
    (await store.getOutputs([job.id])).find((candidate) => candidate.index === index) ?? null;

  async function findStored(job: Job, index: number): Promise<Clip | null> {
    const output = await findOutput(job, index);
    if (!output) return null;
    try {
      const found = await storage.stat(output.file);
      if (found && isSame(found, output)) {
        const { presign } = storage;
        return {
          kind: 'stored',
          output,
          isReplacement: output.file !== nameOf(job, index),
          open: (range) => storage.open(output.file, range),
          presign: presign && ((as) => presign(output.file, as)),
        };
      }
      // It was removed by hand: fetch it again while upstream still has it.
      log.warn({ ...aboutJob(job), index }, 'an archived clip is missing from the storage');
    } catch (error) {
      log.error({ err: error, ...aboutJob(job), index }, 'an archived clip cannot be looked up');
    }
    return null;
  }

  /** Joins the fetch of a clip that is under way, or starts one. */
  function fetchClip(job: Job, index: number) {
    const name = nameOf(job, index);
    const joined = fetching.get(name);
    if (joined) return joined;
    return track(name, beginFetch(job, index, false));
  }

  /**
   * The same for a reader, who waits for a place where many clips of this client are on their way already.
   * @throws the reason of `signal` where it aborts before there is one.
   */
  function fetchToRead(job: Job, index: number, signal: AbortSignal): Promise<Fetching | Unfetched> {
    const joined = fetching.get(nameOf(job, index));
    if (joined) return joined;
    return new Promise((resolve, reject) => {
      const untilStored = async () => {
        const begun = fetchClip(job, index);
        begun.then(resolve, reject);
        const fetch = await begun;
        if ('download' in fetch) await fetch.stored;
      };
      const whileWanted = AbortSignal.any([signal, stopping.signal]);
      places.run(job.clientId, whileWanted, untilStored).catch(reject);
    });
  }

  function track(name: string, begun: Promise<Fetching | Unfetched>) {
    const started = begun.then((fetch) => {
      if (!('download' in fetch)) forget();
      else void fetch.stored.finally(forget);
      return fetch;
    });
    const forget = () => {
      if (fetching.get(name) === started) fetching.delete(name);
    };
    started.catch(forget);
    fetching.set(name, started);
    return started;
  }

  async function openUpstream(job: Job, index: number, signal: AbortSignal) {
    if (job.upstreamId === null) return { kind: 'gone' as const };
    const content = await upstream.openContent(
      job.upstreamId,
      index,
      AbortSignal.any([signal, stopping.signal]),
    );
    if (content.kind === 'open') return content;
    log.warn({ ...aboutJob(job), index, reason: content.reason }, 'a finished clip could not be downloaded');
    return content.kind === 'gone'
      ? { kind: 'gone' as const }
      : { kind: 'unavailable' as const, reason: content.reason };
  }

  async function beginFetch(job: Job, index: number, acceptAsIs: boolean): Promise<Fetching | Unfetched> {
    const content = await openUpstream(job, index, AbortSignal.timeout(WHOLE_MS));
    if (content.kind !== 'open') return content;
    const { contentType } = content;
    let isNew = true;
    const download = startDownload(() => storage.spool(nameOf(job, index)), content, {
      acceptAsIs,
      async keep(spooled, { bytes, sha256 }) {
        const before = await findOutput(job, index);
        const held = before && (await storage.stat(before.file));
        isNew = before?.sha256 !== sha256 || !held || !isSame(held, { bytes, sha256 });
        if (!isNew) return;
        const file =
          before === null || before.sha256 === sha256
            ? (before?.file ?? nameOf(job, index))
            : replacementNameOf(job, index, sha256);
        await storage.put(file, spooled, sha256);
        if (!(await store.saveOutput({ jobId: job.id, index, file, bytes, sha256, contentType }))) {
          await storage.remove(file);
          throw new Error('the clips of the job were removed while this one was on its way');
        }
        log.info({ ...aboutJob(job), index, bytes }, 'clip stored');
        // Only now does no row name it any more.
        if (before && before.file !== file) await storage.remove(before.file);
      },
    });
    const stored = download.done.then(
      (): Refetched => {
        faults.delete(nameOf(job, index));
        return { kind: isNew ? 'stored' : 'unchanged' };
      },
      (error: unknown): Refetched => report(error, job, index),
    );
    return { download, contentType, stored };
  }

  function report(error: unknown, job: Job, index: number): Refetched {
    const about = { ...aboutJob(job), index };
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof ClipStorageError) {
      alarms.raise('archive_disk', { ...about, err: error }, 'a clip could not be archived: retrying later');
    } else if (error instanceof ImplausibleClipError && faults.get(nameOf(job, index)) !== reason) {
      faults.set(nameOf(job, index), reason);
      alarms.raise(
        'clip_implausible',
        { ...about, reason },
        'OpenRouter sent a clip that is not a whole MP4: it is not archived, and downloaded again',
      );
    } else log.error({ ...about, err: error }, 'a clip could not be archived: retrying later');
    return { kind: 'unavailable', reason };
  }

  async function keepOne(job: Job, index: number): Promise<boolean> {
    if (await findStored(job, index)) return true;
    const begun = await fetchClip(job, index);
    if (!('download' in begun)) return false;
    const { kind } = await begun.stored;
    return kind === 'stored' || kind === 'unchanged';
  }

  /** Past the archive: where our disk is full, the clip is still the caller's. */
  async function relay(job: Job, index: number, signal: AbortSignal): Promise<Clip> {
    const content = await openUpstream(job, index, signal);
    if (content.kind !== 'open') return content;
    const begun = await findBeginning(content.body);
    if (begun.kind === 'clip') return { kind: 'live', body: begun.body, contentType: content.contentType };
    return { kind: 'unavailable', reason: begun.kind === 'none' ? begun.reason : 'the storage failed' };
  }

  /** A reader of a download; where the disk fails under it, upstream goes on where the disk has stopped. */
  function readThrough(download: ClipDownload, job: Job, index: number, signal: AbortSignal): Readable {
    async function* read(): AsyncGenerator<Buffer> {
      let sent = 0;
      try {
        for await (const chunk of download.read() as AsyncIterable<Buffer>) {
          yield chunk;
          sent += chunk.length;
        }
      } catch (error) {
        if (!(error instanceof ClipStorageError)) throw error;
        const rest = await relay(job, index, signal);
        if (rest.kind !== 'live') throw error;
        yield* skipBytes(rest.body, sent);
      }
    }
    return Readable.from(read(), { objectMode: false });
  }

  return {
    async start(now) {
      await storage.start(now);
      const { ok, detail } = await storage.health();
      if (!ok)
        alarms.raise(
          'archive_disk',
          { detail },
          `clips cannot be archived: the archive is unavailable (${detail})`,
        );
    },
    async open(job, index, signal) {
      if (job.clipsRemovedAt !== null) return { kind: 'removed' };
      const stored = await findStored(job, index);
      if (stored) return stored;
      const begun = await fetchToRead(job, index, signal);
      if (!('download' in begun)) return begun;
      const probe = begun.download.read();
      const beginning = await findBeginning(probe);
      probe.destroy();
      if (beginning.kind === 'storage_failed') return relay(job, index, signal);
      if (beginning.kind === 'none') return { kind: 'unavailable', reason: beginning.reason };
      // It may have become whole meanwhile, and a stored clip can do more than a stream.
      return (
        (await findStored(job, index)) ?? {
          kind: 'live',
          body: readThrough(begun.download, job, index, signal),
          contentType: begun.contentType,
        }
      );
    },
    async keep(job) {
      if (job.clipsRemovedAt !== null) return true;
      let all = true;
      // One after another, so that a job of many clips does not push the rest aside; one that fails stops none.
      for (let index = 0; index < job.outputCount; index += 1) all = (await keepOne(job, index)) && all;
      return all;
    },
    async refetch(job, index, acceptAsIs) {
      if (job.clipsRemovedAt !== null) return { kind: 'gone' };
      // One fetch of a clip at a time: what is under way ends first, for it was begun under other rules.
      const before = await fetching.get(nameOf(job, index))?.catch(() => null);
      if (before && 'download' in before) await before.stored;
      const begun = await track(nameOf(job, index), beginFetch(job, index, acceptAsIs));
      return 'download' in begun ? begun.stored : begun;
    },
    async hasClip(upstreamId) {
      const signal = AbortSignal.any([AbortSignal.timeout(PROBE_MS), stopping.signal]);
      const content = await upstream.openContent(upstreamId, 0, signal);
      if (content.kind !== 'open') return false;
      const { kind } = await findBeginning(content.body);
      content.body.destroy();
      return kind === 'clip';
    },
    async stop() {
      stopping.abort();
      const ends = [...fetching.values()].map(async (begun) => {
        const fetch = await begun;
        if ('download' in fetch) await fetch.stored;
      });
      await Promise.allSettled(ends);
    },
  };
}

type Beginning =
  /** `body` is all of it, the beginning included. */
  | { readonly kind: 'clip'; readonly body: Readable }
  | { readonly kind: 'storage_failed' }
  | { readonly kind: 'none'; readonly reason: string };

/** Takes enough of a clip to see that it is one. Never throws; what is no clip is destroyed. */
async function findBeginning(source: Readable): Promise<Beginning> {
  const rest = source[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  let beginning: Buffer = Buffer.alloc(0);
  try {
    while (beginning.length < MP4_BEGINNING) {
      const next = await rest.next();
      if (next.done) return { kind: 'none', reason: 'the clip is empty or truncated' };
      beginning = Buffer.concat([beginning, next.value]);
    }
  } catch (error) {
    if (error instanceof ClipStorageError) return { kind: 'storage_failed' };
    return { kind: 'none', reason: error instanceof Error ? error.message : 'the download broke' };
  }
  if (!beginsAsMp4(beginning)) {
    source.destroy();
    return { kind: 'none', reason: 'the clip is not an MP4' };
  }
  async function* whole(): AsyncGenerator<Buffer> {
    try {
      yield beginning;
      for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
    } finally {
      source.destroy();
    }
  }
  return { kind: 'clip', body: Readable.from(whole(), { objectMode: false }) };
}

/** @throws Error where there are fewer bytes than are to be skipped: it is not the same clip. */
async function* skipBytes(body: Readable, count: number): AsyncGenerator<Buffer> {
  let left = count;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    if (left < chunk.length) yield left > 0 ? chunk.subarray(left) : chunk;
    left = Math.max(0, left - chunk.length);
  }
  if (left > 0) throw new Error(`the clip was ${left} bytes longer a moment ago`);
}
