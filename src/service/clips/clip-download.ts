// One clip on its way into the archive: written to disk once, readable by many while it grows.

import { createHash, randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { findMp4Fault } from './mp4-boxes.ts';

export interface Downloaded {
  readonly bytes: number;
  readonly sha256: string;
}

/** Thrown where the fault is our disk, not upstream: the clip can still be passed on. */
export class ArchiveDiskError extends Error {
  constructor(cause: unknown) {
    super('the archive cannot be written', { cause });
    this.name = 'ArchiveDiskError';
  }
}

export interface ClipDownload {
  /** Resolves when the whole, checked clip has its final name on disk. */
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

const READ_CHUNK = 256 * 1024;
// Forty times the largest clip on record: what is larger is not one, and must not fill the disk.
const MAX_BYTES = 4 * 1024 ** 3;
const PART = '.part';
// Longer than any clip is on its way: what was not written to for so long is nobody's.
const LEFT_BEHIND_MS = 60 * 60 * 1000;

/**
 * Writes a clip to a file of its own beside `file`, checks it, makes it durable and gives it its name. Of two
 * processes that fetch the same clip into one folder, the later one replaces a whole clip by a whole clip.
 * @param accept a clip whose boxes are at fault is kept all the same where this says so for its hash.
 */
export function startDownload(
  file: string,
  source: ClipSource,
  accept: (sha256: string, fault: string) => boolean,
): ClipDownload {
  const part = `${file}.${randomUUID()}${PART}`;
  const progress = new EventEmitter().setMaxListeners(0);
  let written = 0;
  let ended: { readonly error: Error | null } | null = null;
  // It may break while the file is being opened and nobody reads it yet: that is for the loop below to find.
  source.body.on('error', () => undefined);

  async function receive(handle: FileHandle): Promise<Downloaded> {
    const hash = createHash('sha256');
    for await (const chunk of source.body as AsyncIterable<Buffer>) {
      if (written + chunk.length > MAX_BYTES) throw new Error('the clip is larger than any can be');
      hash.update(chunk);
      await writing(writeWhole(handle, chunk, written));
      written += chunk.length;
      progress.emit('more');
    }
    if (source.bytes !== null && source.bytes !== written) {
      throw new Error(`the clip has ${written} of ${source.bytes} bytes`);
    }
    const sha256 = hash.digest('hex');
    const fault = await findMp4Fault(handle, written);
    if (fault && !accept(sha256, fault)) throw new Error(`the clip ${fault}`);
    await writing(handle.sync());
    return { bytes: written, sha256 };
  }

  async function run(): Promise<Downloaded> {
    let handle: FileHandle | undefined;
    try {
      handle = await writing(open(part, 'w+', 0o600));
      const result = await receive(handle);
      await writing(rename(part, file).then(() => syncFolder(dirname(file))));
      return result;
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    } finally {
      source.body.destroy();
      await handle?.close();
    }
  }

  const done = run().then(
    (result) => {
      ended = { error: null };
      progress.emit('more');
      return result;
    },
    (thrown: unknown) => {
      const error = thrown instanceof Error ? thrown : new Error('the download failed', { cause: thrown });
      ended = { error };
      progress.emit('more');
      throw error;
    },
  );
  // Readers and the archive look at `done` in their own time; a failure nobody has looked at yet is not a crash.
  done.catch(() => undefined);

  async function* follow(): AsyncGenerator<Buffer> {
    // The name changes at the end, the open file does not: a reader keeps what it has opened.
    while (written === 0 && !ended) await once(progress, 'more');
    if (ended?.error) throw ended.error;
    const handle = await open(part, 'r')
      .catch(() => open(file, 'r'))
      .catch(async (missing: unknown) => {
        // Neither name: it failed this moment, and why is worth more than that it is not there.
        await done;
        throw missing;
      });
    try {
      for (let at = 0; ; ) {
        const buffer = Buffer.allocUnsafe(READ_CHUNK);
        const { bytesRead } = await handle.read(buffer, 0, Math.min(READ_CHUNK, written - at), at);
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
      await handle.close();
    }
  }

  return { done, read: () => Readable.from(follow(), { objectMode: false, highWaterMark: READ_CHUNK }) };
}

/**
 * Removes what processes that were killed had begun to write in `folder`.
 * @param now epoch milliseconds.
 */
export async function removeLeftovers(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith(PART)) continue;
    const path = join(folder, name);
    // It may have got its final name, or have been removed by another process, a moment ago.
    const found = await stat(path).catch(() => null);
    if (found && now - found.mtimeMs > LEFT_BEHIND_MS) await rm(path, { force: true });
  }
}

/** @throws Error where no file can be written in `folder`. */
export async function checkWritable(folder: string): Promise<void> {
  const path = join(folder, `${randomUUID()}${PART}`);
  try {
    const handle = await open(path, 'w', 0o600);
    await handle.write(Buffer.from('clip')).finally(() => handle.close());
  } finally {
    await rm(path, { force: true });
  }
}

/** A disk that fills up takes the beginning of a chunk and says so by its count alone; the rest then fails. */
async function writeWhole(handle: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, at, chunk.length - at, position + at);
    at += bytesWritten;
  }
}

/** Marks what fails in writing as the disk's fault. */
async function writing<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    throw new ArchiveDiskError(error);
  }
}

/** A rename is durable only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
