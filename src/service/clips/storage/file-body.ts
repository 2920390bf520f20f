// Sends a stretch of an open file as the body of a response, through one buffer however long it is.

import type { FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';

// Large reads: a clip is megabytes, and every chunk costs a trip through the event loop.
const CHUNK = 512 * 1024;

/**
 * Writes the bytes from `first` to `last` at the reader's pace, ends the answer and closes the file.
 *
 * A stream takes a new buffer for every chunk. At some hundred megabytes a second the runtime answers that with
 * collections of the whole heap, tens of milliseconds each, in which every other request waits.
 *
 * @throws Error where the file fails; the answer is then cut, so that its reader can tell. A reader who leaves is no error.
 */
export async function sendFileBody(
  file: FileHandle,
  first: number,
  last: number,
  sink: Writable,
): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK, last - first + 1));
  try {
    for (let at = first; at <= last && !sink.destroyed; ) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, last - at + 1), at);
      if (bytesRead === 0) throw new Error('an archived clip became shorter while it was sent');
      at += bytesRead;
      await writeChunk(sink, buffer.subarray(0, bytesRead));
    }
    sink.end();
  } catch (error) {
    sink.destroy();
    throw error;
  } finally {
    await file.close();
  }
}

/** Resolves when the bytes have left, or have nowhere to go any more: only then may they be written over. */
export async function writeChunk(sink: Writable, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    sink.once('close', resolve);
    sink.write(bytes, () => {
      sink.off('close', resolve);
      resolve();
    });
  });
}
