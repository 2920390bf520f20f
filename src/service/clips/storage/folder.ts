// Clips in a folder: written beside their name, made durable, then renamed, so that a kill leaves all of one or none.

import { type FileHandle, mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ClipgateError } from '../../../core/errors.ts';
import { sendFileBody } from './file-body.ts';
import { type ClipStorage, type StorageState, storing } from './port.ts';
import {
  checkWritable,
  createSpoolFile,
  isSpoolFile,
  type LocalSpoolFile,
  removeLeftovers,
} from './spool.ts';

const GOOD: StorageState = { ok: true, detail: 'writable' };
const MOVED: StorageState = {
  ok: false,
  detail:
    'on another disk than at start: new clips are written to it, and older clips are missing until the volume is mounted again',
};

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** @param folder is made where it is not there; its parent may be any disk. */
export function createFolderStorage(folder: string): ClipStorage {
  const pathOf = (key: string) => join(folder, key);
  const spooled = new Map<string, LocalSpoolFile>();
  /** The disk that the folder was on when it was first looked at. */
  let first: { readonly dev: number; readonly ino: number } | null = null;

  return {
    async start(now) {
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await removeLeftovers(folder, now);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new ClipgateError('internal', `ARCHIVE_DIR: ${folder} cannot be used (${reason})`, { cause });
      }
    },

    async spool(key) {
      const file = await createSpoolFile(folder, key);
      spooled.set(file.path, file);
      const discard = () => {
        spooled.delete(file.path);
        return file.discard();
      };
      return { ...file, discard };
    },

    put: (key, { path }) =>
      storing(async () => {
        const file = spooled.get(path);
        if (!file) throw new Error(`${path} was not begun here`);
        await file.sync();
        await rename(path, pathOf(key));
        file.markTaken();
        await syncFolder(folder);
      }),

    stat: (key) =>
      storing(async () => {
        try {
          return { bytes: (await stat(pathOf(key))).size, sha256: null };
        } catch (error) {
          if (isMissing(error)) return null;
          throw error;
        }
      }),

    open: (key, range) =>
      storing(async () => {
        let file: FileHandle;
        try {
          file = await open(pathOf(key), 'r');
        } catch (error) {
          if (isMissing(error)) return null;
          throw error;
        }
        const { first, last } = range ?? { first: 0, last: (await file.stat()).size - 1 };
        return { writeTo: (sink) => sendFileBody(file, first, last, sink) };
      }),

    remove: (key) =>
      storing(async () => {
        await rm(pathOf(key), { force: true });
        await syncFolder(folder);
      }),

    presign: null,

    async *list() {
      const entries = await storing(() => opendir(folder));
      for await (const entry of entries) {
        if (!entry.isFile() || isSpoolFile(entry.name)) continue;
        const found = await stat(pathOf(entry.name)).catch(() => null);
        if (found) yield { key: entry.name, bytes: found.size };
      }
    },

    async health() {
      try {
        await checkWritable(folder);
        const place = await stat(folder);
        first ??= place;
        // Under an unmounted volume is a folder of the same name. One that was made anew stays on its disk, and a
        // volume mounted anew keeps the number of its folder.
        return first.dev === place.dev || first.ino === place.ino ? GOOD : MOVED;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        return { ok: false, detail: `not writable (${code ?? 'unknown'})` };
      }
    },
  };
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
