// Keeps every finished clip on disk, and hands a clip out while it is still being kept.

import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { LRUCache } from 'lru-cache';
import { ClipgateError } from '../../core/errors.ts';
import type { Job, StoredOutput } from '../../core/job/job.ts';
import type { OpenRouter } from '../../outbound/openrouter/openrouter.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { Alarms } from '../runtime/alarms.ts';
import type { Log } from '../runtime/log.ts';
import {
  ArchiveDiskError,
  type ClipDownload,
  checkWritable,
  removeLeftovers,
  startDownload,
} from './clip-download.ts';

/** A clip to hand out. */
export type Clip =
  | { readonly kind: 'file'; readonly path: string; readonly output: StoredOutput }
  /** On its way: length and hash are not known yet. */
  | { readonly kind: 'live'; readonly body: Readable; readonly contentType: string }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unavailable'; readonly reason: string };

export interface ClipArchive {
  /** Makes its folder, clears what was left behind in it, and sees whether it takes files. @param now epoch milliseconds. */
  start(now: number): Promise<void>;
  /** Where to get a completed job's clip. @param signal ends what is done for this reader alone. */
  open(job: Job, index: number, signal: AbortSignal): Promise<Clip>;
  /** Fetches what is not stored yet of a completed job; true where all of it is stored now. */
  keep(job: Job): Promise<boolean>;
  /** Ends every fetch under way. */
  stop(): Promise<void>;
}

export interface ClipArchiveParts {
  readonly store: Pick<JobStore, 'getOutputs' | 'saveOutput'>;
  readonly upstream: Pick<OpenRouter, 'openContent'>;
  readonly alarms: Alarms;
  readonly log: Log;
}

type Fetching = {
  readonly download: ClipDownload;
  readonly contentType: string;
  readonly stored: Promise<boolean>;
};

// A byte now and then is no stall, and no clip either.
const WHOLE_MS = 60 * 60 * 1000;

/** @param folder where clips are kept. */
export function createClipArchive(parts: ClipArchiveParts, folder: string): ClipArchive {
  const { store, upstream, alarms, log } = parts;
  const fetching = new Map<string, Promise<Fetching | Exclude<Clip, { kind: 'file' | 'live' }>>>();
  /** Per clip the hash of a download whose boxes looked wrong. */
  const suspects = new LRUCache<string, string>({ max: 1_000 });
  const stopping = new AbortController();

  const nameOf = (job: Job, index: number) => `${job.id}-${index}.mp4`;
  const pathOf = (file: string) => join(folder, file);

  async function findStored(job: Job, index: number): Promise<Clip | null> {
    const output = (await store.getOutputs([job.id])).find((candidate) => candidate.index === index);
    if (!output) return null;
    const path = pathOf(output.file);
    const found = await stat(path).catch(() => null);
    if (found?.size === output.bytes) return { kind: 'file', path, output };
    // Somebody cleaned up: fetch it again while upstream still has it.
    log.warn({ job_id: job.id, index }, 'an archived clip is missing on disk');
    return null;
  }

  /** Joins the fetch of a clip that is under way, or starts one. */
  function fetchClip(job: Job, index: number) {
    const name = nameOf(job, index);
    const joined = fetching.get(name);
    if (joined) return joined;
    const started = beginFetch(job, index).then((begun) => {
      if (!('download' in begun)) fetching.delete(name);
      return begun;
    });
    fetching.set(name, started);
    return started;
  }

  async function beginFetch(job: Job, index: number) {
    const name = nameOf(job, index);
    if (job.upstreamId === null) return { kind: 'gone' as const };
    const ending = AbortSignal.any([stopping.signal, AbortSignal.timeout(WHOLE_MS)]);
    const content = await upstream.openContent(job.upstreamId, index, ending);
    if (content.kind !== 'open') {
      log.warn({ job_id: job.id, index, reason: content.reason }, 'a finished clip could not be fetched');
      return content.kind === 'gone'
        ? { kind: 'gone' as const }
        : { kind: 'unavailable' as const, reason: content.reason };
    }
    const download = startDownload(pathOf(name), content, (sha256, fault) => {
      // The same odd bytes twice are what upstream has, not a cut: keep them.
      const again = suspects.get(name) === sha256;
      suspects.set(name, sha256);
      log.warn({ job_id: job.id, index, fault, kept: again }, 'a clip does not look like a whole MP4');
      return again;
    });
    const { contentType } = content;
    const stored = download.done
      .then(async ({ bytes, sha256 }) => {
        await store.saveOutput({ jobId: job.id, index, file: name, bytes, sha256, contentType });
        log.info({ job_id: job.id, index, bytes }, 'clip stored');
        return true;
      })
      .catch((error: unknown) => {
        const fields = { err: error, job_id: job.id, index };
        const message = 'a clip could not be stored: it will be tried again';
        if (error instanceof ArchiveDiskError) alarms.raise('archive_disk', fields, message);
        else log.error(fields, message);
        return false;
      })
      .finally(() => fetching.delete(name));
    return { download, contentType, stored };
  }

  async function keepOne(job: Job, index: number): Promise<boolean> {
    if (await findStored(job, index)) return true;
    const begun = await fetchClip(job, index);
    return 'download' in begun && begun.stored;
  }

  /** Past the archive: where our disk is full, the clip is still the caller's. */
  async function relay(job: Job, index: number, signal: AbortSignal): Promise<Clip> {
    if (job.upstreamId === null) return { kind: 'gone' };
    const content = await upstream.openContent(
      job.upstreamId,
      index,
      AbortSignal.any([signal, stopping.signal]),
    );
    if (content.kind === 'open')
      return { kind: 'live', body: content.body, contentType: content.contentType };
    return content.kind === 'gone' ? { kind: 'gone' } : { kind: 'unavailable', reason: content.reason };
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
        if (!(error instanceof ArchiveDiskError)) throw error;
        const rest = await relay(job, index, signal);
        if (rest.kind !== 'live') throw error;
        yield* skipBytes(rest.body, sent);
      }
    }
    return Readable.from(read(), { objectMode: false });
  }

  /** Resolves once the first bytes are on disk, or says that the disk will not take them. */
  async function diskWorks(download: ClipDownload): Promise<boolean> {
    const probe = download.read();
    try {
      for await (const _first of probe) break;
      return true;
    } catch (error) {
      return !(error instanceof ArchiveDiskError);
    }
  }

  return {
    async start(now) {
      await prepareFolder(folder, now);
      await checkWritable(folder).catch((error: unknown) =>
        alarms.raise('archive_disk', { err: error }, 'ARCHIVE_DIR cannot be written: no clip can be kept'),
      );
    },
    async open(job, index, signal) {
      const stored = await findStored(job, index);
      if (stored) return stored;
      const begun = await fetchClip(job, index);
      if (!('download' in begun)) return begun;
      if (!(await diskWorks(begun.download))) return relay(job, index, signal);
      // It may have become whole meanwhile, and a file can do more than a stream.
      return (
        (await findStored(job, index)) ?? {
          kind: 'live',
          body: readThrough(begun.download, job, index, signal),
          contentType: begun.contentType,
        }
      );
    },
    async keep(job) {
      let all = true;
      // One after another, so that a job of many clips does not push the rest aside; one that fails stops none.
      for (let index = 0; index < job.outputCount; index += 1) all = (await keepOne(job, index)) && all;
      return all;
    },
    async stop() {
      stopping.abort();
      await Promise.allSettled(fetching.values());
    },
  };
}

/** @throws ClipgateError where it cannot be made, or is none. */
async function prepareFolder(folder: string, now: number): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await removeLeftovers(folder, now);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ClipgateError('internal', `ARCHIVE_DIR: ${folder} cannot be used (${reason})`, { cause });
  }
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
