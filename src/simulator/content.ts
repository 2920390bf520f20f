// Sends a film as the live service does: in chunks, with no length, as fast as the client reads or slower on demand.
import { Readable } from 'node:stream';
import type { SimClock } from './clock.ts';

const chunkBytes = 64 * 1024;

/**
 * A stream of the film. Backpressure holds it: nothing is copied ahead of a client that does not read.
 *
 * @param bytesPerSecond of simulated time; 0 = as fast as the client reads.
 */
export function streamContent(clock: SimClock, film: Buffer, bytesPerSecond: number): Readable {
  return Readable.from(chunks(clock, film, bytesPerSecond), { objectMode: false });
}

async function* chunks(clock: SimClock, film: Buffer, bytesPerSecond: number): AsyncGenerator<Buffer> {
  // Ten steps a second look like a slow line; one chunk of 64 kB each would look like a stutter.
  const step =
    bytesPerSecond === 0 ? chunkBytes : Math.max(1, Math.min(chunkBytes, Math.floor(bytesPerSecond / 10)));
  for (let offset = 0; offset < film.length; offset += step) {
    if (bytesPerSecond > 0 && offset > 0) await clock.sleep((step / bytesPerSecond) * 1000);
    yield film.subarray(offset, offset + step);
  }
}
