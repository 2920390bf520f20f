// Parses JSON: small bodies on the event loop, large ones in a worker thread, so that no body blocks the event loop.

import { isUtf8 } from 'node:buffer';
import { setMaxListeners } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createFairLimit } from '../../service/runtime/fair-limit.ts';
import type { Turns } from './turns.ts';

export type Parsed =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'not_utf8' }
  /** @property position the character at which it breaks; null where the parser does not say. */
  | { readonly kind: 'not_json'; readonly position: number | null };

export interface JsonParser {
  /**
   * Resolves in a turn of its client.
   * @param bytes belong to the parser from now on.
   * @throws Error where the worker died over it, or was closed.
   */
  parse(bytes: Buffer, client: string): Promise<Parsed>;
  /** Ends the worker; what is being parsed is rejected. */
  close(): Promise<void>;
}

// Below, parsing takes a millisecond or two; a message to a thread takes a fraction of one.
const LARGE_BYTES = 256 * 1024;
// The text of the largest body, its value and its copy for the main thread, each with two bytes a character.
const WORKER_HEAP_MB = 512;

// As text, because a worker needs a JavaScript file, which the sources are not before they are built.
const PROGRAM = `
const { parentPort } = require('node:worker_threads');
const { isUtf8 } = require('node:buffer');
${parseBytes.toString()}
parentPort.on('message', (bytes) => parentPort.postMessage(parseBytes(Buffer.from(bytes), isUtf8)));
`;

/** Stands alone: the worker runs its text. */
function parseBytes(bytes: Buffer, isUtf8: (bytes: Buffer) => boolean): Parsed {
  // Decoding what is not UTF-8 would put replacement characters where the caller's text was.
  if (!isUtf8(bytes)) return { kind: 'not_utf8' };
  const text = bytes.toString('utf8');
  try {
    // A byte order mark may be ignored, says RFC 8259.
    return { kind: 'value', value: JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text) };
  } catch (error) {
    // The parser's own message quotes the body; the position alone is safe to say.
    const position = /at position (\d+)/.exec(String(error))?.[1];
    return { kind: 'not_json', position: position === undefined ? null : Number(position) };
  }
}

interface Task {
  resolve(parsed: Parsed): void;
  reject(error: Error): void;
}

/**
 * The worker starts with the first large body, and parses one at a time, clients in turns: the memory of several would
 * add up.
 * @param turns in which small bodies are parsed, and callers go on: what they do with the value holds the event loop.
 */
export function createJsonParser(turns: Turns): JsonParser {
  const limit = createFairLimit({ total: 1, perClient: 1 });
  const closing = new AbortController();
  // One listener for every body that waits.
  setMaxListeners(0, closing.signal);
  let current: Task | null = null;
  let worker: Worker | null = null;

  const turnOf = (client: string) => new Promise<void>((resolve) => turns.take(client, resolve));

  function startWorker(): Worker {
    const started = new Worker(PROGRAM, {
      eval: true,
      resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MB },
    });
    started.on('message', (parsed: Parsed) => current?.resolve(parsed));
    started.on('error', (error) => fail(started, error));
    started.on('exit', (code) => fail(started, new Error(`the JSON worker ended with code ${code}`)));
    started.unref();
    return started;
  }

  function fail(ended: Worker, error: Error): void {
    if (worker !== ended) return;
    worker = null;
    current?.reject(error);
  }

  async function parseInWorker({ buffer, byteOffset, byteLength }: Buffer): Promise<Parsed> {
    const isWhole = byteOffset === 0 && byteLength === buffer.byteLength;
    const own = isWhole
      ? (buffer as ArrayBuffer)
      : (buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
    worker ??= startWorker();
    const sent = worker;
    try {
      return await new Promise<Parsed>((resolve, reject) => {
        current = { resolve, reject };
        sent.postMessage(own, [own]);
      });
    } finally {
      current = null;
    }
  }

  return {
    async parse(bytes, client) {
      if (bytes.length < LARGE_BYTES) {
        await turnOf(client);
        return parseBytes(bytes, isUtf8);
      }
      const parsed = await limit.run(client, closing.signal, () => parseInWorker(bytes));
      await turnOf(client);
      return parsed;
    },
    async close() {
      const closed = new Error('the JSON parser is closed');
      closing.abort(closed);
      const ended = worker;
      worker = null;
      current?.reject(closed);
      await ended?.terminate();
    },
  };
}
