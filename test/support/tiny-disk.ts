// A disk of a few megabytes that can be filled: a tmpfs, where the system lets us mount one.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TinyDisk {
  readonly folder: string;
  /** Leaves no free byte. */
  fill(): void;
  free(): void;
  remove(): void;
}

/** Null, with the reason printed, where nothing can be mounted. */
export function mountTinyDisk(megabytes: number): TinyDisk | null {
  const folder = mkdtempSync(join(tmpdir(), 'clipgate-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'pipe' });
  } catch (error) {
    rmSync(folder, { recursive: true });
    process.stderr.write(`skipped: no tmpfs can be mounted here (${String(error)})\n`);
    return null;
  }
  const filler = join(folder, 'filler');
  return {
    folder,
    fill() {
      // In small pieces to the end, for a large one that does not fit leaves what it did not take.
      for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 2)) {
        try {
          for (;;) writeFileSync(filler, Buffer.alloc(size), { flag: 'a' });
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        }
      }
    },
    free: () => rmSync(filler),
    remove() {
      // Lazily: SQLite's driver closes a file for good when its statements are collected.
      execFileSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true });
    },
  };
}
