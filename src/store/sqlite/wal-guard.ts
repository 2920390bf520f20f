// Tells whether a write-ahead log belongs to the database file beside it, which SQLite itself does not know.

import { randomInt } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { CompiledQuery } from 'kysely';
import { ClipgateError } from '../../core/errors.ts';
import type { Queries } from '../sql/database.ts';

/*
 * SQLite replays any log whose checksums fit, also over a database that it was not written for: a backup that was
 * copied over a file whose log stayed becomes a mixture of both. So every checkpoint raises a number in the header of
 * the database (`user_version`), and a file beside it holds the number that the present log was begun at. A log that is
 * not empty fits a database whose number is that one, or the next: a crash between the two steps of a checkpoint.
 */

const HEADER_BYTES = 100;
const USER_VERSION_OFFSET = 60;
/** A log of this size is folded into the file: as large as SQLite lets one grow by itself. */
const MAX_LOG_BYTES = 4 * 1024 * 1024;
const FIRST_GENERATIONS = 2 ** 30;
/** Larger than any generation can become. */
const NO_GENERATION = 2 ** 32;

const logOf = (file: string): string => `${file}-wal`;
const generationFileOf = (file: string): string => `${file}-generation`;
const sizeOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

/** Everything that stands beside a database file and belongs to its present content. */
export const companionsOf = (file: string): readonly string[] => [
  logOf(file),
  `${file}-shm`,
  `${file}-journal`,
  generationFileOf(file),
];

/** Makes what was renamed or removed in a folder survive a power loss. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The number in the header of a database file that no connection has open; null where there is no header. */
function readHeaderGeneration(file: string): number | null {
  if (sizeOf(file) < HEADER_BYTES) return null;
  const header = Buffer.alloc(HEADER_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, header, 0, HEADER_BYTES, 0);
  } finally {
    closeSync(descriptor);
  }
  return header.readUInt32BE(USER_VERSION_OFFSET);
}

function readLogGeneration(file: string): number | null {
  if (!existsSync(generationFileOf(file))) return null;
  const number = Number.parseInt(readFileSync(generationFileOf(file), 'utf8'), 10);
  return Number.isSafeInteger(number) ? number : null;
}

/**
 * To be called before the first connection: closing a descriptor of the file later would drop SQLite's locks.
 * @throws ClipgateError where the log beside `file` was written for another database, or `file` is gone and its log is
 * not.
 */
export function checkLogFits(file: string): void {
  if (sizeOf(logOf(file)) === 0) return;
  const begun = readLogGeneration(file);
  // Written by a Clipgate that did not number them.
  if (begun === null) return;
  const found = readHeaderGeneration(file);
  if (found === begun || found === begun + 1) return;
  throw new ClipgateError(
    'internal',
    `The write-ahead log ${logOf(file)} does not belong to the database file beside it: the file was replaced, and its log was not. Starting would mix both and could buy twice. Keep a copy of both, then restore a backup with \`node dist/main.js restore <file>\`, which removes the log.`,
  );
}

export interface WalGuard {
  /** Folds the log into the file, empties it and begins the next. */
  checkpoint(): Promise<void>;
  /** The same once the log is large. To be called between transactions. */
  checkpointWhenLarge(): Promise<void>;
}

/** @param writer the only connection that writes; its log has been replayed, and it does no checkpoints of its own. */
export async function createWalGuard(writer: Queries, file: string): Promise<WalGuard> {
  const run = async <T>(statement: string): Promise<T | undefined> =>
    (await writer.executeQuery<T>(CompiledQuery.raw(statement))).rows[0];

  const last = readLogGeneration(file);
  let inHeader = (await run<{ user_version: number }>('pragma user_version'))?.user_version ?? 0;
  let begun: number;
  if (last !== null && (inHeader === last || inHeader === last + 1)) {
    begun = last;
  } else {
    // It named the log of another content. Until the first checkpoint there is no number to hold the log against.
    rmSync(generationFileOf(file), { force: true });
    syncFolder(dirname(file));
    begun = randomInt(1, FIRST_GENERATIONS);
  }
  let maxBytes = MAX_LOG_BYTES;

  function writeGeneration(generation: number): void {
    const temporary = `${generationFileOf(file)}.new`;
    writeFileSync(temporary, `${generation}\n`, { mode: 0o600, flush: true });
    renameSync(temporary, generationFileOf(file));
    syncFolder(dirname(file));
  }

  async function checkpoint(): Promise<void> {
    const next = begun + 1;
    // Written before the log is folded in, and not again if that has to be repeated.
    if (inHeader !== next) {
      await run(`pragma user_version = ${next}`);
      inHeader = next;
    }
    const result = await run<{ busy: number }>('pragma wal_checkpoint(truncate)');
    // A foreign reader holds on to the log: it is tried again when it has grown.
    if (result?.busy !== 0) return;
    writeGeneration(next);
    begun = next;
    maxBytes = MAX_LOG_BYTES;
  }

  await checkpoint();
  return {
    checkpoint,
    async checkpointWhenLarge() {
      const bytes = sizeOf(logOf(file));
      if (bytes <= maxBytes) return;
      maxBytes = bytes + MAX_LOG_BYTES;
      await checkpoint();
    },
  };
}

/** For a file that no process owns: forgets what stood beside another content of it. */
export function removeCompanions(file: string): void {
  for (const companion of companionsOf(file)) rmSync(companion, { force: true });
}

/** Makes a log beside `file`, if there is one, fit no database that is put in the place of the present one. */
export function forbidLog(file: string): void {
  if (sizeOf(logOf(file)) === 0 || readLogGeneration(file) !== null) return;
  writeFileSync(generationFileOf(file), `${NO_GENERATION}\n`, { mode: 0o600, flush: true });
  syncFolder(dirname(file));
}
