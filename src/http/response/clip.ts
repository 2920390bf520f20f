// A clip as an HTTP answer: whole or in part, from the archive or while it is downloaded.

import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ClipgateError } from '../../core/errors.ts';
import { isTerminal, type Job } from '../../core/job/job.ts';
import type { Clip } from '../../service/clips/clip-archive.ts';
import type { LinkedAs } from '../../service/clips/storage/port.ts';
import { parseRange } from './byte-range.ts';
import { matchesEtag, matchesEtagStrongly } from './etag.ts';
import { addVary } from './vary.ts';

const RETRY_AFTER_S = 5;
/** What a download holds while its reader takes its time: one chunk on its way, and its like in a live one. */
export const DOWNLOAD_BYTES = 512 * 1024;

/** @throws ClipgateError not_ready before the job has its clip, content_gone where it will never have one. */
export function checkHasClip(job: Job): void {
  if (job.status === 'completed') return;
  throw isTerminal(job.status)
    ? new ClipgateError('content_gone', `This job is ${job.status}: it has no clip.`)
    : new ClipgateError('not_ready', `This job is ${job.status}. Retry when it is completed.`, {
        retryAfterS: RETRY_AFTER_S,
      });
}

/**
 * Sends a clip: whole or in part, live or stored.
 * @param mayRedirect where the storage may hand it out itself.
 */
export async function sendClip(
  clip: Clip,
  request: FastifyRequest,
  reply: FastifyReply,
  mayRedirect: boolean,
): Promise<FastifyReply> {
  // Nothing but a video, whatever the bytes of a stranger's file look like to a browser.
  reply.header('x-content-type-options', 'nosniff');
  switch (clip.kind) {
    case 'gone':
      throw new ClipgateError(
        'content_gone',
        'OpenRouter no longer has this clip, and it was not archived in time.',
      );
    case 'removed':
      throw new ClipgateError('content_gone', 'This clip was removed from the archive.');
    case 'unavailable':
      throw unavailable();
    case 'live':
      reply.header('cache-control', 'no-store').type(clip.contentType);
      if (request.method !== 'HEAD') return reply.send(clip.body);
      clip.body.destroy();
      return reply.send();
    case 'stored':
      return sendStored(clip, request, reply, mayRedirect);
  }
}

async function sendStored(
  clip: Extract<Clip, { kind: 'stored' }>,
  request: FastifyRequest,
  reply: FastifyReply,
  mayRedirect: boolean,
): Promise<FastifyReply> {
  const { output, isReplacement } = clip;
  const etag = `"${output.sha256}"`;
  const disposition = `inline; filename="${output.file}"`;
  reply
    .type(output.contentType)
    .header('etag', etag)
    .header('accept-ranges', 'bytes')
    // Only their owner may keep them; what has been replaced once may be again.
    .header('cache-control', isReplacement ? 'private, no-cache' : 'private, max-age=86400, immutable')
    .header('content-disposition', disposition);
  addVary(reply, 'authorization');
  const ifMatch = request.headers['if-match'];
  if (ifMatch !== undefined && !matchesEtagStrongly(ifMatch, etag)) {
    throw new ClipgateError('precondition_failed', 'The ETag of the clip does not match If-Match.');
  }
  if (matchesEtag(request.headers['if-none-match'], etag)) return reply.code(304).send();
  if (clip.presign && mayRedirect)
    return redirect(clip.presign, { contentType: output.contentType, disposition }, request, reply);
  const ifRange = request.headers['if-range'];
  // RFC 9110, 14.2: Range means something for GET alone.
  const isWanted = request.method === 'GET' && (ifRange === undefined || ifRange === etag);
  const range = parseRange(isWanted ? request.headers.range : undefined, output.bytes);
  if (range.kind === 'unsatisfiable') {
    reply.header('content-range', `bytes */${output.bytes}`);
    throw new ClipgateError('range_not_satisfiable', `The clip has ${output.bytes} bytes.`);
  }
  const wanted = range.kind === 'part' ? range : null;
  const bytes = wanted ? wanted.last - wanted.first + 1 : output.bytes;
  if (request.method === 'HEAD') return reply.header('content-length', bytes).send();

  const body = await clip.open(wanted).catch((error: unknown) => {
    request.log.error({ err: error }, 'an archived clip cannot be opened');
    return null;
  });
  if (!body) throw unavailable();
  if (wanted) reply.code(206).header('content-range', `bytes ${wanted.first}-${wanted.last}/${output.bytes}`);
  reply.header('content-length', bytes);
  // From here on the answer is ours: its body is not a stream that Fastify knows how to send.
  reply.hijack();
  reply.raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders);
  await body
    .writeTo(reply.raw)
    .catch((error: unknown) => request.log.error({ err: error }, 'sending an archived clip failed'));
  return reply;
}

/** To where the storage hands it out itself, Range included; no cache may keep a URL that ends in five minutes. */
async function redirect(
  presign: (as: LinkedAs) => Promise<string>,
  as: Omit<LinkedAs, 'method'>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const method = request.method === 'HEAD' ? 'HEAD' : 'GET';
  const url = await presign({ ...as, method }).catch((error: unknown) => {
    request.log.error({ err: error }, 'could not create a presigned URL of an archived clip');
    throw unavailable();
  });
  for (const name of ['content-type', 'content-disposition', 'accept-ranges', 'etag'])
    reply.removeHeader(name);
  return reply.code(302).header('location', url).header('cache-control', 'no-store').send();
}

const unavailable = () =>
  new ClipgateError('content_unavailable', 'The clip could not be downloaded from OpenRouter. Retry later.', {
    retryAfterS: RETRY_AFTER_S,
  });
