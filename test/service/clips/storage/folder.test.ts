// Clips in a folder: the contract, who may read them, and how the folder says that it is full, gone or another disk.

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createFolderStorage } from '../../../../src/service/clips/storage/folder.ts';
import { ClipStorageError } from '../../../../src/service/clips/storage/port.ts';
import { describeClipStorage } from './clip-storage.contract.ts';

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'clipgate-folder-'));
  folder = join(root, 'clips');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(root, { recursive: true, force: true });
});

describeClipStorage('a folder', async () => ({
  storage: createFolderStorage(folder),
  spooled: async () => (await readdir(folder)).filter((name) => name.endsWith('.part')).length,
  close: async () => undefined,
}));

const GOOD = { ok: true, detail: 'writable' };

it('is made for its owner alone, and so are the clips in it', async () => {
  const storage = createFolderStorage(folder);
  await storage.start(0);
  const file = await storage.spool('a.mp4');
  await storage.put('a.mp4', file, '');
  await file.discard();
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, 'a.mp4'))).mode & 0o777).toBe(0o600);
});

it('puts nothing under a name before its bytes are durable', async () => {
  const storage = createFolderStorage(folder);
  await storage.start(0);
  const file = await storage.spool('a.mp4');
  await file.append(Buffer.from('clip'));
  const handle = await open(root, 'r');
  await handle.close();
  vi.spyOn(Object.getPrototypeOf(handle), 'sync').mockRejectedValue(new Error('EIO: i/o error, fsync'));
  await expect(storage.put('a.mp4', file, '')).rejects.toThrow(ClipStorageError);
  vi.restoreAllMocks();
  expect(await storage.stat('a.mp4')).toBeNull();
  await file.discard();
  expect(await readdir(folder)).toEqual([]);
});

it('cannot be a file', async () => {
  await (await open(folder, 'w')).close();
  await expect(createFolderStorage(folder).start(0)).rejects.toThrow('ARCHIVE_DIR');
});

it('says that it is gone, and that it is back', async () => {
  const storage = createFolderStorage(folder);
  await storage.start(0);
  expect(await storage.health()).toEqual(GOOD);
  await rm(folder, { recursive: true });
  expect(await storage.health()).toEqual({ ok: false, detail: 'not writable (ENOENT)' });
  await mkdir(folder);
  expect(await storage.health()).toEqual(GOOD);
  expect(await readdir(folder)).toEqual([]);
});

it('says that the disk is full', async () => {
  await mkdir(folder);
  const handle = await open(root, 'r');
  await handle.close();
  const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  vi.spyOn(Object.getPrototypeOf(handle), 'write').mockRejectedValue(full);
  expect(await createFolderStorage(folder).health()).toEqual({
    ok: false,
    detail: 'not writable (ENOSPC)',
  });
});

// A folder on another disk under the same name is what an unmounted volume leaves.
it.skipIf(!existsSync('/dev/shm'))('tells a folder made anew from one on another disk', async () => {
  const storage = createFolderStorage(folder);
  await storage.start(0);
  expect(await storage.health()).toEqual(GOOD);
  await rename(folder, `${folder}.old`);
  await mkdir(folder);
  expect(await storage.health()).toEqual(GOOD);
  const elsewhere = await mkdtemp('/dev/shm/clipgate-folder-');
  await rm(folder, { recursive: true });
  await symlink(elsewhere, folder);
  expect(await storage.health()).toMatchObject({
    ok: false,
    detail: expect.stringContaining('another disk'),
  });
  await rm(elsewhere, { recursive: true });
});
