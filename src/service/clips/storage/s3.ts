// Clips in a bucket: spooled in a local folder, put once with their hash, and looked at before they count as stored.

import { mkdir, stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { ClipgateError } from '../../../core/errors.ts';
import type { S3Body, S3Client } from '../../../outbound/s3/s3-client.ts';
import { writeChunk } from './file-body.ts';
import { type ClipStorage, type StorageState, storing } from './port.ts';
import { createSpoolFile, removeLeftovers } from './spool.ts';

export interface S3StorageParts {
  readonly s3: S3Client;
  /** Milliseconds of any origin that never go back. */
  readonly monotonic: () => number;
}

export interface S3StorageOptions {
  /** Where clips are on their way; made where it is not there. */
  readonly spoolFolder: string;
  /** Whether `presign` may be used. */
  readonly canPresign: boolean;
}

const GOOD: StorageState = { ok: true, detail: 'writable' };
// Every look is a paid request, and /readyz is asked every few seconds.
const HEALTH_FRESH_MS = 30_000;
const HEALTH_RETRY_MS = 5_000;
const HEALTH_TIMEOUT_MS = 5_000;
const HEALTH_KEY = 'clipgate-health-check';
const LINK_S = 300;

export function createS3Storage({ s3, monotonic }: S3StorageParts, options: S3StorageOptions): ClipStorage {
  const { spoolFolder, canPresign } = options;
  let known: { readonly state: StorageState; readonly at: number } | null = null;
  let looking: Promise<StorageState> | null = null;

  /** Null where it is there; else what keeps it from being the clip that was put. */
  async function findFault(key: string, bytes: number, sha256: string): Promise<string | null> {
    const head = await s3.head(key);
    if (!head) return 'is not there';
    if (head.bytes !== bytes) return `has ${head.bytes} of ${bytes} bytes`;
    return head.sha256 === sha256 ? null : 'has another hash';
  }

  /** Not every server knows the condition that leaves an object as it is. */
  async function putNew(key: string, file: { path: string; bytes: number; sha256: string }) {
    try {
      return await s3.putFile(key, file, { onlyNew: true });
    } catch (error) {
      if ((error as { status?: unknown }).status !== 501) throw error;
      return s3.putFile(key, file, { onlyNew: false });
    }
  }

  /** Resolves once it was seen there. */
  async function putWhole(key: string, file: { path: string; bytes: number; sha256: string }) {
    if ((await putNew(key, file)) === 'exists') {
      if ((await findFault(key, file.bytes, file.sha256)) === null) return;
      await s3.putFile(key, file, { onlyNew: false });
    }
    const fault = await findFault(key, file.bytes, file.sha256);
    if (fault !== null) throw new Error(`what was put into the bucket ${fault}`);
  }

  async function look(): Promise<StorageState> {
    const state = await s3.putProbe(HEALTH_KEY, HEALTH_TIMEOUT_MS).then(() => GOOD, toState);
    known = { state, at: monotonic() };
    looking = null;
    return state;
  }

  return {
    async start(now) {
      try {
        await mkdir(spoolFolder, { recursive: true, mode: 0o700 });
        await removeLeftovers(spoolFolder, now);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new ClipgateError('internal', `ARCHIVE_DIR: ${spoolFolder} cannot be used (${reason})`, {
          cause,
        });
      }
    },

    spool: (key) => createSpoolFile(spoolFolder, key),

    put: (key, { path }, sha256) =>
      storing(async () => {
        try {
          await putWhole(key, { path, bytes: (await stat(path)).size, sha256 });
        } catch (error) {
          // Known sooner than by the next look.
          known = { state: toState(error), at: monotonic() };
          throw error;
        }
      }),

    stat: (key) => storing(() => s3.head(key)),

    open: (key, range) =>
      storing(async () => {
        const found = await s3.get(key, range);
        if (!found) return null;
        // It may break before the first read.
        found.body.on('error', () => undefined);
        return { writeTo: (sink) => sendBody(found, sink) };
      }),

    remove: (key) => storing(() => s3.remove(key)),

    presign: canPresign ? (key, as) => storing(() => s3.presign(key, { ...as, expiresS: LINK_S })) : null,

    async *list() {
      for (let after: string | null = null; ; ) {
        const { entries, next } = await storing(() => s3.list(after));
        for (const entry of entries) if (entry.key !== HEALTH_KEY && !entry.key.includes('/')) yield entry;
        if (next === null) return;
        after = next;
      }
    },

    // Answers with what is known while it looks again: a bucket is slower than a probe is patient.
    async health() {
      const freshMs = known?.state.ok ? HEALTH_FRESH_MS : HEALTH_RETRY_MS;
      if (known && monotonic() - known.at < freshMs) return known.state;
      looking ??= look();
      return known?.state ?? looking;
    },
  };
}

/** Names a status and the server's code, or what the connection failed of. */
function toState(error: unknown): StorageState {
  const { status, code, name } = Object(error);
  const fault = typeof status === 'number' ? `${status} ${code ?? 'refused'}` : (code ?? name ?? 'unknown');
  return { ok: false, detail: `not writable (${fault})` };
}

async function sendBody({ body, bytes }: S3Body, sink: Writable): Promise<void> {
  let sent = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (sink.destroyed) return;
      sent += chunk.length;
      await writeChunk(sink, chunk);
    }
    if (sent !== bytes) throw new Error(`the bucket sent ${sent} of ${bytes} bytes`);
    sink.end();
  } catch (error) {
    if (sink.destroyed) return;
    sink.destroy();
    throw error;
  } finally {
    body.destroy();
  }
}
