// Clips on their way, each in a local file of its own that many can read while it is written.

import { randomUUID } from 'node:crypto';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type SpoolFile, storing } from './port.ts';

const PART = '.part';
// Longer than any clip is on its way: what was not written to for so long has no writer any more.
const LEFT_BEHIND_MS = 60 * 60 * 1000;

/** A file that `takeSpooled` can take. */
export interface LocalSpoolFile extends SpoolFile {
  /** Makes what was written durable. */
  sync(): Promise<void>;
  /** From now on the file is the storage's: `discard` does not remove it. */
  markTaken(): void;
}

/** True for the name of a clip that is on its way. */
export const isSpoolFile = (name: string): boolean => name.endsWith(PART);

/** Begins an empty file in `folder`. @throws ClipStorageError. */
export async function createSpoolFile(folder: string, key: string): Promise<LocalSpoolFile> {
  const path = join(folder, `${key}.${randomUUID()}${PART}`);
  const handle = await storing(() => open(path, 'wx+', 0o600));
  let users = 1;
  let written = 0;
  let isTaken = false;

  async function release(): Promise<void> {
    users -= 1;
    if (users === 0) await handle.close();
  }

  return {
    path,
    append: (chunk) =>
      storing(async () => {
        // A disk that fills up takes the beginning of a chunk and says so by its count alone; the rest then fails.
        for (let at = 0; at < chunk.length; ) {
          const { bytesWritten } = await handle.write(chunk, at, chunk.length - at, written);
          at += bytesWritten;
          written += bytesWritten;
        }
      }),
    async read(buffer, position) {
      return (await handle.read(buffer, 0, buffer.length, position)).bytesRead;
    },
    retain() {
      users += 1;
      return release;
    },
    sync: () => storing(() => handle.sync()),
    markTaken() {
      isTaken = true;
    },
    async discard() {
      if (!isTaken) await rm(path, { force: true });
      await release();
    },
  };
}

/** Removes what killed processes had begun to write in `folder`. @param now epoch milliseconds. */
export async function removeLeftovers(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!isSpoolFile(name)) continue;
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
