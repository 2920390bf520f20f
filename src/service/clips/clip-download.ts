// One clip on its way into the archive: received once, readable by many while it grows, kept only where it is whole.

import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { Readable } from 'node:stream';
import { findMp4Fault } from './mp4-boxes.ts';
import type { SpoolFile } from './storage/port.ts';

export interface Downloaded {
  readonly bytes: number;
  readonly sha256: string;
}

/** Thrown where what upstream sent as a clip is none, or not all of one. */
export class ImplausibleClipError extends Error {
  constructor(fault: string) {
    super(`the clip ${fault}`);
    this.name = 'ImplausibleClipError';
  }
}

export interface ClipDownload {
  /** Resolves when the whole, checked clip is where `keep` has put it. */
  readonly done: Promise<Downloaded>;
  /** The clip from its first byte, at the reader's own pace; errors where the download does. */
  read(): Readable;
}

export interface ClipSource {
  readonly body: Readable;
  /** Null where upstream does not say. */
  readonly bytes: number | null;
  readonly contentType: string;
}

export interface DownloadOptions {
  /** Keeps bytes that are no MP4 as well. */
  readonly acceptAsIs: boolean;
  /** Puts the whole clip where it stays. */
  readonly keep: (file: SpoolFile, received: Downloaded) => Promise<void>;
}

const READ_CHUNK = 256 * 1024;
// Forty times the largest clip on record: what is larger is not one, and must not fill the disk.
const MAX_BYTES = 4 * 1024 ** 3;

/** Receives a clip into a file of its own, checks it and has it kept. The file is given up at the end, however it ends. */
export function startDownload(
  openSpool: () => Promise<SpoolFile>,
  source: ClipSource,
  { acceptAsIs, keep }: DownloadOptions,
): ClipDownload {
  const progress = new EventEmitter().setMaxListeners(0);
  let file: SpoolFile | undefined;
  let written = 0;
  let ended: { readonly error: Error | null } | null = null;
  // It may break while the file is being opened, before the first read: the loop below finds that error.
  source.body.on('error', () => undefined);

  async function receive(into: SpoolFile): Promise<Downloaded> {
    const hash = createHash('sha256');
    for await (const chunk of source.body as AsyncIterable<Buffer>) {
      if (written + chunk.length > MAX_BYTES) throw new ImplausibleClipError('exceeds the maximum size');
      hash.update(chunk);
      await into.append(chunk);
      written += chunk.length;
      progress.emit('more');
    }
    if (source.bytes !== null && source.bytes !== written) {
      throw new Error(`the clip has ${written} of ${source.bytes} bytes`);
    }
    const fault = acceptAsIs ? null : await findMp4Fault(into.read, written);
    if (fault !== null) throw new ImplausibleClipError(fault);
    const received = { bytes: written, sha256: hash.digest('hex') };
    await keep(into, received);
    return received;
  }

  async function run(): Promise<Downloaded> {
    try {
      file = await openSpool();
      return await receive(file);
    } finally {
      source.body.destroy();
    }
  }

  const done = run().then(
    (result) => settle(null).then(() => result),
    (thrown: unknown) => {
      const error = thrown instanceof Error ? thrown : new Error('the download failed', { cause: thrown });
      return settle(error).then(() => Promise.reject(error));
    },
  );
  // Readers and the archive await `done` later; a failure before then must not be an unhandled rejection.
  done.catch(() => undefined);

  /** Lets readers know before the file is given up: those that have it open read it to its end. */
  async function settle(error: Error | null): Promise<void> {
    ended = { error };
    progress.emit('more');
    await file?.discard();
  }

  async function* follow(): AsyncGenerator<Buffer> {
    while (written === 0 && !ended) await once(progress, 'more');
    if (ended?.error) throw ended.error;
    if (!file) return;
    const release = file.retain();
    try {
      for (let at = 0; ; ) {
        const buffer = Buffer.allocUnsafe(Math.min(READ_CHUNK, written - at));
        const bytesRead = buffer.length > 0 ? await file.read(buffer, at) : 0;
        if (bytesRead > 0) {
          at += bytesRead;
          yield buffer.subarray(0, bytesRead);
        } else if (ended) {
          // Only a checked clip ends well; the reader of a cut one must be able to tell.
          if (ended.error) throw ended.error;
          return;
        } else await once(progress, 'more');
      }
    } finally {
      await release();
    }
  }

  return { done, read: () => Readable.from(follow(), { objectMode: false, highWaterMark: READ_CHUNK }) };
}
