// What the archive asks of the place where clips are kept, whatever is behind it.

import type { Writable } from 'node:stream';

/** Bytes from `first` to `last`, both included. */
export interface ClipRange {
  readonly first: number;
  readonly last: number;
}

/** A clip on its way: a local file that is written once, from its first byte, and read by many while it grows. */
export interface SpoolFile {
  /** Absolute; until `ClipStorage.put` has taken the file. */
  readonly path: string;
  /** Appends all of `chunk`. @throws ClipStorageError where the disk does not take it. */
  append(chunk: Uint8Array): Promise<void>;
  /** Reads at `position`, as much as is there and fits; resolves to how many bytes. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  /** Keeps the file open for one more user. Returns what gives it up, to be called once. */
  retain(): () => Promise<void>;
  /** Gives the file up for who made it, and removes it unless it was put into the storage. */
  discard(): Promise<void>;
}

/** A stored clip, or a part of it, ready to be sent. */
export interface ClipBody {
  /**
   * Writes the bytes at the pace of `sink` and ends it; to be called once. `sink` must be done with a chunk once its
   * write has called back, as a response is and a pass-through is not: the next chunk may take its place in memory.
   * @throws Error where the storage fails or the clip is shorter than it was; `sink` is then destroyed, so that its
   * reader can tell. A reader who leaves is no error.
   */
  writeTo(sink: Writable): Promise<void>;
}

/** What the storage knows of a clip without reading it. */
export interface StoredClip {
  readonly bytes: number;
  /** In hex; null where the storage does not keep it. */
  readonly sha256: string | null;
}

/** How a clip is to be handed out behind a URL. */
export interface LinkedAs {
  /** The URL is good for this method alone. */
  readonly method: 'GET' | 'HEAD';
  readonly contentType: string;
  /** As in `Content-Disposition`. */
  readonly disposition: string;
}

/** The health of the storage, in words without secrets. */
export interface StorageState {
  readonly ok: boolean;
  readonly detail: string;
}

/** Keys are file names: letters, digits, `.`, `-` and `_`. */
export interface ClipStorage {
  /** Makes the storage ready and removes what killed processes left half written. @throws ClipgateError where it cannot be used at all. @param now epoch milliseconds. */
  start(now: number): Promise<void>;
  /** Begins a clip that is to be put under `key`. @throws ClipStorageError. */
  spool(key: string): Promise<SpoolFile>;
  /**
   * Takes a whole clip, durably: once this resolves it is there after any crash, and before that nothing is under
   * `key`, or all of what was there. Of two that put under one key the later one wins.
   * @param sha256 of the bytes, in hex. @throws ClipStorageError.
   */
  put(key: string, clip: SpoolFile, sha256: string): Promise<void>;
  /** Null where nothing is stored under the key. @throws ClipStorageError where that cannot be found out. */
  stat(key: string): Promise<StoredClip | null>;
  /** Null where nothing is stored under the key. @param range null = all of it. @throws ClipStorageError. */
  open(key: string, range: ClipRange | null): Promise<ClipBody | null>;
  /** Nothing is under the key afterwards. @throws ClipStorageError. */
  remove(key: string): Promise<void>;
  /**
   * A presigned URL: serves a stored clip for five minutes without a key; null where the storage has none to give.
   * @throws ClipStorageError.
   */
  readonly presign: ((key: string, as: LinkedAs) => Promise<string>) | null;
  /** Every clip that is stored, in no order; those put meanwhile may be left out. @throws ClipStorageError. */
  list(): AsyncIterable<{ readonly key: string; readonly bytes: number }>;
  /** Whether a clip can be stored, found out by trying; may take for ever. Never rejects. */
  health(): Promise<StorageState>;
}

/** Thrown where the fault is the storage, not upstream: the clip can still be passed on. */
export class ClipStorageError extends Error {
  constructor(cause: unknown) {
    super('the clip storage failed', { cause });
    this.name = 'ClipStorageError';
  }
}

/** Runs what touches the storage. @throws ClipStorageError for whatever it throws. */
export async function storing<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw error instanceof ClipStorageError ? error : new ClipStorageError(error);
  }
}
