// Reads JSON answers of upstream up to a size, however they are packed, so that no answer can fill our memory.

import type { Readable } from 'node:stream';
import { constants, gunzipSync } from 'node:zlib';
import { UpstreamError } from './errors.ts';

/**
 * @param maxBytes above this reading stops and the stream is destroyed; also the limit of what is unpacked.
 * @returns the parsed JSON, or undefined where the body is not JSON.
 * @throws UpstreamError `unreadable` where the body is larger than `maxBytes`; whatever the stream throws.
 */
export async function readJson(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      throw new UpstreamError('unreadable', `upstream's answer is larger than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return parseJson(unpack(Buffer.concat(chunks), maxBytes));
}

/** What came of a body, and what ended it early: null where it came to its end. */
export interface ReceivedText {
  readonly text: string;
  readonly broken: unknown;
}

/** Reads as much of a body as comes, up to `maxBytes`. Never throws: what came before a break is kept. */
export async function receiveText(body: Readable, maxBytes: number): Promise<ReceivedText> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Listened to, not iterated over: an iterator drops what is buffered when the stream breaks.
  const broken = await new Promise<unknown>((resolve) => {
    body.on('data', (chunk: Buffer) => {
      const room = maxBytes - size;
      chunks.push(chunk.subarray(0, room));
      size += Math.min(chunk.length, room);
      if (chunk.length < room) return;
      resolve(new UpstreamError('unreadable', `upstream's answer is larger than ${maxBytes} bytes`));
      body.destroy();
    });
    body.once('end', () => resolve(null));
    body.on('error', resolve);
    body.once('close', () => resolve(new UpstreamError('broken', 'the connection to upstream broke')));
  });
  return { text: unpack(Buffer.concat(chunks), maxBytes), broken };
}

/** The value, or undefined where the text is not JSON: a fact about the answer, which every caller judges by its own rules. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const GZIP_MAGIC = 0x1f8b;

/** Text of bytes that may be gzip although it was not asked for, cut gzip included, and may begin with a byte order mark. */
function unpack(bytes: Buffer, maxBytes: number): string {
  const isGzip = bytes.length >= 2 && bytes.readUInt16BE(0) === GZIP_MAGIC;
  const plain = isGzip ? gunzip(bytes, maxBytes) : bytes;
  // Unlike Buffer.toString, it takes the byte order mark away.
  return new TextDecoder().decode(plain);
}

function gunzip(bytes: Buffer, maxBytes: number): Buffer {
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: maxBytes });
  } catch {
    // Not gzip after all, or damaged, or larger than may be: unreadable, as it stands.
    return bytes;
  }
}
