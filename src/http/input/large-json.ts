// Parses JSON: small bodies on the event loop, large ones in a worker thread, so that no body blocks the event loop.

import { isUtf8 } from 'node:buffer';
import { Worker } from 'node:worker_threads';

export type Parsed =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'not_utf8' }
  /** @property position the character at which it breaks; null where the parser does not say. */
  | { readonly kind: 'not_json'; readonly position: number | null };

export interface JsonParser {
  /** @param bytes belong to the parser from now on. @throws Error where the worker died over it, or was closed. */
  parse(bytes: Buffer): Promise<Parsed>;
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

interface Waiting {
  readonly bytes: Buffer;
  resolve(parsed: Parsed): void;
  reject(error: Error): void;
}

/** The worker starts with the first large body, and parses one at a time: the memory of several would add up. */
export function createJsonParser(): JsonParser {
  const queue: Waiting[] = [];
  let current: Waiting | null = null;
  let worker: Worker | null = null;
  let closed = false;

  function startWorker(): Worker {
    const started = new Worker(PROGRAM, {
      eval: true,
      resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MB },
    });
    started.on('message', (parsed: Parsed) => {
      const done = current;
      current = null;
      next();
      done?.resolve(parsed);
    });
    started.on('error', (error) => fail(started, error));
    started.on('exit', (code) => fail(started, new Error(`the JSON worker ended with code ${code}`)));
    started.unref();
    return started;
  }

  function fail(ended: Worker, error: Error): void {
    if (worker !== ended) return;
    worker = null;
    const failed = current;
    current = null;
    next();
    failed?.reject(error);
  }

  function next(): void {
    if (current || closed) return;
    current = queue.shift() ?? null;
    if (!current) return;
    worker ??= startWorker();
    const { buffer, byteOffset, byteLength } = current.bytes;
    const isWhole = byteOffset === 0 && byteLength === buffer.byteLength;
    const own = isWhole
      ? (buffer as ArrayBuffer)
      : (buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
    worker.postMessage(own, [own]);
  }

  return {
    async parse(bytes) {
      if (bytes.length < LARGE_BYTES) return parseBytes(bytes, isUtf8);
      if (closed) throw new Error('the JSON parser is closed');
      return new Promise<Parsed>((resolve, reject) => {
        queue.push({ bytes, resolve, reject });
        next();
      });
    },
    async close() {
      closed = true;
      const ended = worker;
      worker = null;
      for (const waiting of [...(current ? [current] : []), ...queue.splice(0)]) {
        waiting.reject(new Error('the JSON parser is closed'));
      }
      current = null;
      await ended?.terminate();
    },
  };
}
