// Backup and restore of a SQLite file: consistent, private, whole or not at all, and never mixed with an old log.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobStore } from '../../../src/store/ports/job-store.ts';
import { backupSqlite, checkSqlite, restoreSqlite } from '../../../src/store/sqlite/backup.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite.ts';
import { createClaim, createIdleJob, LIST_ALL } from '../contract/store-under-test.ts';
import { startOwner } from './sqlite-owner.ts';

const CLOCK = () => Date.UTC(2026, 10, 1);

let folder: string;
let file: string;
let backup: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clipgate-backup-'));
  file = join(folder, 'clipgate.db');
  backup = join(folder, 'clipgate.backup');
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = () => openSqliteStore({ file, clock: CLOCK });
const idsOf = async (store: JobStore) =>
  (await store.listJobs({ ...LIST_ALL, limit: 100_000 })).map(({ id }) => id);

async function withStore<T>(use: (store: JobStore) => Promise<T>): Promise<T> {
  const store = await open();
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Leaves a log behind: what a process that was killed wrote last is nowhere else. */
async function killOwner(jobs: number): Promise<string[]> {
  const owner = await startOwner(file);
  const ids = await owner.killAfter(jobs);
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(0);
  return ids;
}

describe('a backup', () => {
  it('holds what was acknowledged, of a store that is in use and goes on, for its owner only', async () => {
    const store = await open();
    const before = await createIdleJob(store, 'pending');
    await backupSqlite(file, backup);
    const after = await createIdleJob(store, 'pending');
    expect((await idsOf(store)).sort()).toEqual([before, after].sort());
    await store.close();
    expect(statSync(backup).mode & 0o777).toBe(0o600);
    await checkSqlite(backup);
    await restoreSqlite(backup, file, CLOCK);
    expect(await withStore(idsOf)).toEqual([before]);
  });

  it('holds what a killed process left in its log', async () => {
    const ids = await killOwner(50);
    await backupSqlite(file, backup);
    rmSync(`${file}-wal`, { force: true });
    await restoreSqlite(backup, file, CLOCK);
    expect(await withStore(idsOf)).toEqual(expect.arrayContaining(ids));
  });

  it('replaces an earlier one only when it is whole, and is never written over the database', async () => {
    await (await open()).close();
    await backupSqlite(file, backup);
    await expect(backupSqlite(join(folder, 'none.db'), backup)).rejects.toThrow('There is no database file');
    await expect(backupSqlite(file, file)).rejects.toThrow('over the database itself');
    await checkSqlite(backup);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

describe('a restore', () => {
  it('holds buying, and calls unknown what may have been sent since the backup', async () => {
    const [queued, submitting, pending, done] = await withStore(async (store) => {
      const { job } = await createClaim(store);
      const ids = [
        job.id,
        await createIdleJob(store, 'submitting'),
        await createIdleJob(store, 'pending'),
        await createIdleJob(store, 'completed'),
      ];
      await backupSqlite(file, backup);
      return ids;
    });
    expect(await restoreSqlite(backup, file, CLOCK)).toEqual({ unknownJobs: 2 });
    await withStore(async (store) => {
      expect(await store.getSubmissionHold()).toMatchObject({ actor: 'restore', since: CLOCK() });
      for (const [id, status] of [
        [queued, 'submission_unknown'],
        [submitting, 'submission_unknown'],
        [pending, 'pending'],
        [done, 'completed'],
      ] as const) {
        expect(await store.findJob(id ?? '')).toMatchObject({ status });
      }
      expect(await store.claimDue('a', 10, 1)).toEqual([]);
    });
  });

  it('is refused while a gateway owns the file', async () => {
    const store = await open();
    await backupSqlite(file, backup);
    await expect(restoreSqlite(backup, file, CLOCK)).rejects.toThrow('is in use');
    await store.close();
  });

  it('refuses what is damaged, what is no backup, and what is no database of ours', async () => {
    const before = await withStore((store) => createIdleJob(store, 'pending'));
    const page = Buffer.alloc(4096, 0xff);
    await backupSqlite(file, backup);
    writeSync(openSync(backup, 'r+'), page, 0, page.length, 2 * 4096);
    await expect(restoreSqlite(backup, file, CLOCK)).rejects.toThrow('is damaged');
    await expect(checkSqlite(backup)).rejects.toThrow('is damaged');

    rmSync(backup);
    writeSync(openSync(backup, 'w'), 'no database at all, but long enough to look like one'.repeat(100));
    await expect(restoreSqlite(backup, file, CLOCK)).rejects.toThrow('is damaged');
    copyFileSync(file, backup);
    writeSync(openSync(`${backup}-wal`, 'w'), 'log');
    await expect(restoreSqlite(backup, file, CLOCK)).rejects.toThrow('a copy of a database in use');
    expect(await withStore(idsOf)).toEqual([before]);
  });
});

describe('a file that was replaced while its log stayed', () => {
  /** How an operator may have come by the file, of the very run whose log stays. */
  it.each(['by our backup', 'by a copy of the file', 'by a copy from before a checkpoint'])(
    'is refused: %s',
    async (how) => {
      await withStore((store) => createIdleJob(store, 'pending'));
      if (how === 'by a copy from before a checkpoint') copyFileSync(file, backup);
      const owner = await startOwner(file);
      if (how === 'by our backup') await backupSqlite(file, backup);
      await owner.killAfter(40);
      if (how === 'by a copy of the file') {
        copyFileSync(file, backup);
        const second = await startOwner(file);
        await second.killAfter(40);
      }
      expect(statSync(`${file}-wal`).size).toBeGreaterThan(0);
      copyFileSync(backup, file);
      await expect(open()).rejects.toThrow('does not belong to the database file beside it');
      await expect(checkSqlite(file)).rejects.toThrow('does not belong');
      await expect(backupSqlite(file, join(folder, 'another'))).rejects.toThrow('does not belong');
      // And the way out that the message names.
      await restoreSqlite(backup, file, CLOCK);
      await withStore(async (store) => expect(await store.getSubmissionHold()).not.toBeNull());
    },
  );

  it('is told from one whose process was killed at any moment, however often', async () => {
    const ids: string[] = [];
    for (let round = 0; round < 3; round++) ids.push(...(await killOwner(700)));
    expect(await withStore(idsOf)).toEqual(expect.arrayContaining(ids));
  }, 60_000);
});

describe('a damaged file', () => {
  it('is refused at the start, with its lock released', async () => {
    await withStore(async (store) => {
      for (let count = 0; count < 200; count++) await createClaim(store);
    });
    const pages = statSync(file).size / 4096;
    copyFileSync(file, backup);
    let refused = 0;
    const garbage = Buffer.alloc(4096, 0xa5);
    for (let page = 0; page < pages; page++) {
      copyFileSync(backup, file);
      const descriptor = openSync(file, 'r+');
      writeSync(descriptor, garbage, 0, garbage.length, page * 4096);
      const error = await withStore(async () => null).catch((error: Error) => error);
      if (error) refused += 1;
      if (error) expect(error.message).toMatch(/is damaged|cannot be opened/);
    }
    // All but pages that hold nothing.
    expect(refused).toBeGreaterThanOrEqual(pages - 2);
  }, 60_000);

  it('is warned of where others may read it', async () => {
    await (await open()).close();
    chmodSync(file, 0o644);
    const reported: string[] = [];
    const store = await openSqliteStore({
      file,
      clock: CLOCK,
      report: ({ message }) => reported.push(message),
    });
    expect(reported).toEqual([expect.stringContaining('(mode 0644): chmod 600 it')]);
    await store.close();
  });
});

describe('killed at any step', () => {
  const program = fileURLToPath(new URL('./backup-step.main.ts', import.meta.url));
  const run = (killAt: number, ...args: string[]) =>
    spawnSync(process.execPath, ['--import', 'tsx', program, ...args], {
      env: { ...process.env, KILL_AT: String(killAt) },
      encoding: 'utf8',
    });

  /** Runs the command once for each of its steps, killed there, and once to its end. */
  async function atEachStep(args: string[], look: (ended: boolean) => Promise<void>): Promise<number> {
    const before = join(folder, '..', `${folder.split('/').at(-1)}-before`);
    cpSync(folder, before, { recursive: true });
    try {
      for (let step = 1; ; step++) {
        rmSync(folder, { recursive: true });
        cpSync(before, folder, { recursive: true });
        const { signal, status, stderr } = run(step, ...args);
        if (signal !== 'SIGKILL') expect(`${status} ${stderr}`).toBe('0 ');
        await look(signal !== 'SIGKILL');
        if (signal !== 'SIGKILL') return step - 1;
      }
    } finally {
      rmSync(before, { recursive: true });
    }
  }

  it('a backup leaves the earlier one or the new one, whole', async () => {
    const older = await withStore((store) => createIdleJob(store, 'pending'));
    await backupSqlite(file, backup);
    const newer = await withStore((store) => createIdleJob(store, 'pending'));
    const found = new Set<number>();
    const steps = await atEachStep(['backup', file, backup], async (ended) => {
      await checkSqlite(backup);
      await checkSqlite(file);
      await restoreSqlite(backup, file, CLOCK);
      const ids = await withStore(idsOf);
      expect(ids.length === 1 ? [older] : [newer, older]).toEqual(ids);
      if (ended) expect(ids).toHaveLength(2);
      found.add(ids.length);
    });
    expect(steps).toBeGreaterThan(5);
    expect(found).toEqual(new Set([1, 2]));
  }, 120_000);

  it('a restore leaves the old database as it was, or the new one held, or a file that is refused', async () => {
    const inBackup = await withStore((store) => createIdleJob(store, 'pending'));
    await backupSqlite(file, backup);
    const later = await killOwner(30);
    const found = new Set<string>();
    const steps = await atEachStep(['restore', backup, file], async (ended) => {
      const state = await withStore(async (store) => {
        const ids = await idsOf(store);
        const isHeld = (await store.getSubmissionHold()) !== null;
        if (isHeld) expect(ids).toEqual([inBackup]);
        else expect(ids).toEqual(expect.arrayContaining([inBackup, ...later]));
        return isHeld ? 'new' : 'old';
      }).catch((error: Error) => {
        expect(error.message).toContain('does not belong');
        return 'refused';
      });
      if (state === 'refused') {
        await restoreSqlite(backup, file, CLOCK);
        expect(await withStore(idsOf)).toEqual([inBackup]);
      }
      if (ended) expect(state).toBe('new');
      found.add(state);
    });
    expect(steps).toBeGreaterThan(5);
    expect(found).toEqual(new Set(['old', 'new', 'refused']));
    expect(existsSync(`${file}-generation`)).toBe(true);
  }, 120_000);
});
