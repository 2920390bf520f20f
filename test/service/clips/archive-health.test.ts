// The archive's folder, looked at: full, gone or on another disk it says so, and is not looked at for every probe.

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type ArchiveHealthParts, createArchiveHealth } from '../../../src/service/clips/archive-health.ts';
import { createAlarms } from '../../../src/service/runtime/alarms.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'clipgate-folder-'));
  folder = join(root, 'clips');
  await mkdir(folder);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const GOOD = { ok: true, detail: 'takes files' };

function start(parts: Pick<ArchiveHealthParts, 'tryFolder'> = {}) {
  let now = 0;
  const log = createRecordedLog();
  const check = createArchiveHealth({ clock: () => now, alarms: createAlarms({ log }), ...parts }, folder);
  const later = () => {
    now += 5_000;
    return check();
  };
  return { check, later, alarms: () => log.lines.filter(({ details }) => 'alarm' in details) };
}

it('takes files, and keeps none of those it was tried with', async () => {
  const { check } = start();
  expect(await check()).toEqual(GOOD);
  expect(await readdir(folder)).toEqual([]);
});

it('looks once in five seconds, and calls once for each time it breaks', async () => {
  const { check, later, alarms } = start();
  expect(await check()).toEqual(GOOD);
  await rm(folder, { recursive: true });
  expect(await check()).toEqual(GOOD);
  expect(await later()).toEqual({ ok: false, detail: 'takes no files (ENOENT)' });
  expect((await later()).ok).toBe(false);
  expect(alarms()).toHaveLength(1);
  await mkdir(folder);
  expect(await later()).toEqual(GOOD);
  await rm(folder, { recursive: true });
  expect((await later()).ok).toBe(false);
  expect(alarms()).toHaveLength(2);
});

it('says that the disk is full', async () => {
  const handle = await open(root, 'r');
  await handle.close();
  const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  const write = vi.spyOn(Object.getPrototypeOf(handle), 'write').mockRejectedValue(full);
  try {
    expect(await start().check()).toEqual({ ok: false, detail: 'takes no files (ENOSPC)' });
  } finally {
    write.mockRestore();
  }
});

it('waits for a look that hangs once, calls once, and begins no other', async () => {
  const begun: { resolve: (place: { dev: number; ino: number }) => void }[] = [];
  const tryFolder = () =>
    new Promise<{ dev: number; ino: number }>((resolve) => {
      begun.push({ resolve });
    });
  const { check, later, alarms } = start({ tryFolder });
  const HANGING = { ok: false, detail: 'does not respond' };
  expect(await Promise.all([check(), check()])).toEqual([HANGING, HANGING]);
  expect(alarms()).toHaveLength(1);

  // At once: before the loop has turned, let alone waited.
  const turn = new Promise((resolve) => setImmediate(resolve, 'late'));
  expect(await Promise.race([later(), turn])).toEqual(HANGING);
  expect(alarms()).toHaveLength(1);
  expect(begun).toHaveLength(1);

  begun[0]?.resolve({ dev: 1, ino: 1 });
  await new Promise((resolve) => setImmediate(resolve));
  expect(await check()).toEqual(GOOD);
  expect(begun).toHaveLength(1);
  expect(await later()).toEqual(HANGING);
  expect(alarms()).toHaveLength(2);
});

it('says where clips go once the folder is another disk, and says so after it took none', async () => {
  const places: (() => Promise<{ dev: number; ino: number }>)[] = [
    async () => ({ dev: 1, ino: 1 }),
    () => Promise.reject(Object.assign(new Error('gone'), { code: 'EIO' })),
    async () => ({ dev: 2, ino: 2 }),
    async () => ({ dev: 2, ino: 2 }),
  ];
  const { check, later, alarms } = start({
    tryFolder: async () => (await places.shift()?.()) ?? { dev: 0, ino: 0 },
  });
  expect(await check()).toEqual(GOOD);
  await later();
  expect(await later()).toEqual({ ok: false, detail: expect.stringContaining('clips are written to it') });
  expect((await later()).ok).toBe(false);
  expect(alarms().map(({ message }) => message)).toEqual([
    'ARCHIVE_DIR takes no files (EIO)',
    'ARCHIVE_DIR is another disk than at first: clips are written to it, and those stored before are missing until the volume is back',
  ]);
});

// A folder on another disk under the same name is what an unmounted volume leaves.
it.skipIf(!existsSync('/dev/shm'))('tells a folder made anew from one on another disk', async () => {
  const { check, later } = start();
  expect(await check()).toEqual(GOOD);
  await rename(folder, `${folder}.old`);
  await mkdir(folder);
  expect(await later()).toEqual(GOOD);
  const elsewhere = await mkdtemp('/dev/shm/clipgate-folder-');
  await rm(folder, { recursive: true });
  await symlink(elsewhere, folder);
  expect(await later()).toMatchObject({ ok: false, detail: expect.stringContaining('another disk') });
  await rm(elsewhere, { recursive: true });
});
