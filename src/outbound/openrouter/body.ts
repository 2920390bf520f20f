// Reads a JSON answer up to a size, so that no answer of upstream's can fill our memory.

import { UpstreamError } from './errors.ts';

/**
 * @param maxBytes above this reading stops and the stream is destroyed.
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
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    // Not JSON is a fact about the answer, which every caller judges by its own rules.
    return undefined;
  }
}
