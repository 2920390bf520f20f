// Delivers a finished clip: chunked, without Content-Length, as fast as the client reads, or with an injected fault.
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { ApiError } from '../api-error.ts';
import type { SimClock } from '../clock.ts';
import { commit } from '../faults/acts.ts';
import type { FaultRule } from '../faults/book.ts';
import { type FaultNamed, isRequestFault } from '../faults/catalogue.ts';
import { type Job, statusOf } from '../job.ts';
import { padMp4 } from '../media/mp4.ts';
import type { World } from '../world.ts';

const chunkBytes = 64 * 1024;

/** What was seen in place of a film, by name. */
const wrongBodies: { readonly [body in FaultNamed<'wrong_body'>['body']]: (film: Buffer) => Buffer } = {
  empty: () => Buffer.alloc(0),
  json: () => Buffer.from('{"error":{"message":"Provider returned error","code":502}}'),
  xml: () => Buffer.from('<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>'),
  half: (film) => film.subarray(0, Math.floor(film.length / 2)),
};

/** Answers `GET /videos/{id}/content`. `Range` is ignored, as live: always 200 and the whole film. */
export function sendContent(
  world: World,
  job: Job,
  index: string | undefined,
  own: readonly FaultRule[],
  reply: FastifyReply,
): FastifyReply {
  const context = { model: job.model.id, prompt: job.request.prompt, jobId: job.id };
  const faults = world.faults.draw('content', context, [...own, ...job.rules]);
  const spoiling = faults.find(isRequestFault);
  // A cut needs the film; the other faults strike whatever the state of the job.
  if (spoiling !== undefined && spoiling.fault !== 'cut') {
    return commit(spoiling, reply, { status: 200, type: 'video/mp4', body: Buffer.alloc(0) }, context);
  }
  const status = statusOf(job, world.clock.nowMs());
  if (status !== 'completed') throw new ApiError(409, `Job ${job.id} has no content: it is ${status}`);
  requireIndex(index, job.showing.videos);

  job.downloads += 1;
  const large = faults.find((fault) => fault.fault === 'large');
  const whole = world.films.filmOf(job);
  const wrong = faults.find((fault) => fault.fault === 'wrong_body');
  const isWrong =
    wrong !== undefined &&
    world.clock.nowMs() < job.ending.readyMs + (wrong.for_s ?? Number.POSITIVE_INFINITY) * 1000;
  const right = large === undefined ? whole : padMp4(whole, large.bytes);
  const film = isWrong ? wrongBodies[wrong.body](right) : right;
  const type = faults.find((fault) => fault.fault === 'wrong_type')?.type ?? 'video/mp4';
  if (spoiling !== undefined)
    return commit(spoiling, reply, { status: 200, type, body: film }, context, true);

  const slow = faults.find((fault) => fault.fault === 'slow');
  const rate = slow?.bytes_per_second ?? world.settings().content_bytes_per_second;
  const stallAt = faults.find((fault) => fault.fault === 'stall')?.at;
  const chunks = filmChunks(world.clock, film, rate, stallAt);
  return reply.type(type).send(Readable.from(chunks, { objectMode: false }));
}

function requireIndex(text: string | undefined, available: number): void {
  const index = Number(text ?? 0);
  if (!Number.isInteger(index) || index < 0) {
    throw new ApiError(400, 'Invalid request parameters: index: must be a whole number, 0 or more');
  }
  if (index >= available) {
    throw new ApiError(400, `Video index ${index} out of range (${available} videos available)`);
  }
}

/**
 * The film in pieces. Backpressure holds them: nothing is copied ahead of a client that does not read.
 *
 * @param bytesPerSecond of simulated time; 0 = as fast as the client reads.
 * @param stallAt after this many bytes nothing more comes, and the stream does not end either.
 */
async function* filmChunks(
  clock: SimClock,
  film: Buffer,
  bytesPerSecond: number,
  stallAt: number | undefined,
): AsyncGenerator<Buffer> {
  const end = Math.min(film.length, stallAt ?? film.length);
  // Ten pieces a second look like a slow line; whole chunks of 64 kB would look like a stutter.
  const step =
    bytesPerSecond === 0 ? chunkBytes : Math.max(1, Math.min(chunkBytes, Math.floor(bytesPerSecond / 10)));
  for (let offset = 0; offset < end; offset += step) {
    if (bytesPerSecond > 0 && offset > 0) await clock.sleep((step / bytesPerSecond) * 1000);
    yield film.subarray(offset, Math.min(offset + step, end));
  }
  if (stallAt !== undefined) await clock.sleep(Number.POSITIVE_INFINITY);
}
