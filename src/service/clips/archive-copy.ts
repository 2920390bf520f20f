// Copies every clip from one storage to another, verified by SHA-256; skips clips that the target already has.

import { createHash } from 'node:crypto';
import { Writable } from 'node:stream';
import type { ClipBody, ClipStorage } from './storage/port.ts';

export interface ArchiveCopy {
  readonly copied: number;
  readonly copiedBytes: number;
  /** Those that were there already with the same bytes. */
  readonly present: number;
  /** Keys that could not be copied. */
  readonly failed: readonly string[];
}

/**
 * Copies what `from` lists; nothing is removed from it, and what has another hash in `to` is replaced. After a stop it
 * goes on where it was. One clip that fails stops none.
 * @param say receives one line for the operator per clip that was copied or failed.
 * @throws ClipStorageError where the source cannot be listed.
 */
export async function copyArchive(
  from: ClipStorage,
  to: ClipStorage,
  say: (line: string) => void,
): Promise<ArchiveCopy> {
  let [copied, copiedBytes, present] = [0, 0, 0];
  const failed: string[] = [];
  for await (const { key, bytes } of from.list()) {
    try {
      const sha256 = await findHash(from, key);
      if (sha256 !== null && sha256 === (await findHash(to, key))) {
        present += 1;
        continue;
      }
      await copyOne(from, to, key, sha256);
      copied += 1;
      copiedBytes += bytes;
      say(`copied ${key} (${bytes} bytes)`);
    } catch (error) {
      failed.push(key);
      say(`failed ${key}: ${describe(error)}`);
    }
  }
  return { copied, copiedBytes, present, failed };
}

/** What the storage knows, or what its bytes say; null where nothing is under the key. */
async function findHash(storage: ClipStorage, key: string): Promise<string | null> {
  const found = await storage.stat(key);
  if (!found || found.sha256 !== null) return found?.sha256 ?? null;
  const body = await storage.open(key, null);
  if (!body) return null;
  const hash = createHash('sha256');
  await readBody(body, (chunk) => void hash.update(chunk));
  return hash.digest('hex');
}

/** @param expected is what the bytes must hash to. */
async function copyOne(
  from: ClipStorage,
  to: ClipStorage,
  key: string,
  expected: string | null,
): Promise<void> {
  const body = await from.open(key, null);
  if (!body) throw new Error('it is gone from the source');
  const file = await to.spool(key);
  try {
    const hash = createHash('sha256');
    await readBody(body, async (chunk) => {
      hash.update(chunk);
      await file.append(chunk);
    });
    const sha256 = hash.digest('hex');
    if (sha256 !== expected) throw new Error(`its bytes have the SHA-256 ${sha256} instead of ${expected}`);
    await to.put(key, file, sha256);
  } finally {
    await file.discard();
  }
  const after = await findHash(to, key);
  if (after !== expected) throw new Error(`the copy has the SHA-256 ${after} instead of ${expected}`);
}

/** Reads a body to its end. @throws what `take` throws, or the storage. */
async function readBody(body: ClipBody, take: (chunk: Buffer) => void | Promise<void>): Promise<void> {
  const failures: Error[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const taken = (async () => take(chunk))();
      taken.then(
        () => done(),
        (error: Error) => {
          failures.push(error);
          done(error);
        },
      );
    },
  });
  // It is thrown below, once the body has let go of the storage.
  sink.on('error', () => undefined);
  await body.writeTo(sink);
  const [failure] = failures;
  if (failure) throw failure;
}

const describe = (error: unknown): string => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
};
