// GET and HEAD /jobs/{id}/content: the clip, whole or in part, from the archive or while it is downloaded.

import { open } from 'node:fs/promises';
import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ClipgateError } from '../../../core/errors.ts';
import { isTerminal } from '../../../core/job/job.ts';
import { visibleTo } from '../../../core/principal.ts';
import type { Clip, ClipArchive } from '../../../service/clips/clip-archive.ts';
import type { Jobs } from '../../../service/jobs/jobs.ts';
import { parseRange } from '../../response/byte-range.ts';
import { matchesEtag } from '../../response/etag.ts';
import { sendFileBody } from '../../response/file-body.ts';
import type { App } from '../../server/context.ts';
import { BinarySchema } from '../schemas/content.ts';
import { ContentQuerySchema, JobParamsSchema } from '../schemas/job.ts';
import { problems } from '../schemas/problem.ts';

export interface ContentRoutesParts {
  readonly jobs: Pick<Jobs, 'get'>;
  readonly archive: Pick<ClipArchive, 'open'>;
}

const RETRY_AFTER_S = 5;

export function contentRoutes({ jobs, archive }: ContentRoutesParts) {
  return async (app: App): Promise<void> => {
    for (const method of ['GET', 'HEAD'] as const) {
      app.route({
        method,
        url: '/jobs/:id/content',
        // Fastify's own HEAD would open and read the whole clip only to throw it away.
        exposeHeadRoute: false,
        schema: {
          operationId: method === 'GET' ? 'getJobContent' : 'headJobContent',
          summary:
            method === 'GET'
              ? 'The clip as MP4; Range is supported once it is archived'
              : 'Size and hash of the clip',
          tags: ['jobs'],
          params: JobParamsSchema,
          querystring: ContentQuerySchema,
          response: {
            200: { description: 'The clip.', content: { 'video/mp4': { schema: BinarySchema } } },
            206: {
              description: 'The part of the clip that Range asked for.',
              content: { 'video/mp4': { schema: BinarySchema } },
            },
            304: { description: 'Not modified since the ETag in If-None-Match.', content: {} },
            ...problems(400, 401, 404, 405, 409, 410, 416, 500, 502, 503),
          },
        },
        handler: async (request, reply) => {
          const job = await jobs.get(request.params.id, visibleTo(request.principal));
          if (job.status !== 'completed') {
            throw isTerminal(job.status)
              ? new ClipgateError('content_gone', `This job is ${job.status}: it has no clip.`)
              : new ClipgateError('not_ready', `This job is ${job.status}. Retry when it is completed.`, {
                  retryAfterS: RETRY_AFTER_S,
                });
          }
          const { index } = request.query;
          if (index >= job.outputCount) throw new ClipgateError('not_found', 'Not found.');
          // Nothing but a video, whatever the bytes of a stranger's file look like to a browser.
          reply.header('x-content-type-options', 'nosniff');
          return sendClip(await archive.open(job, index, request.signal), request, reply);
        },
      });
    }
  };
}

async function sendClip(clip: Clip, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  switch (clip.kind) {
    case 'gone':
      throw new ClipgateError(
        'content_gone',
        'OpenRouter no longer has this clip, and it was not archived in time.',
      );
    case 'unavailable':
      throw new ClipgateError(
        'content_unavailable',
        'The clip could not be downloaded from OpenRouter. Retry later.',
        {
          retryAfterS: RETRY_AFTER_S,
        },
      );
    case 'live':
      reply.header('cache-control', 'no-store').type(clip.contentType);
      if (request.method !== 'HEAD') return reply.send(clip.body);
      clip.body.destroy();
      return reply.send();
    case 'file':
      return sendFile(clip, request, reply);
  }
}

async function sendFile(
  { path, output }: Extract<Clip, { kind: 'file' }>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const etag = `"${output.sha256}"`;
  reply
    .type(output.contentType)
    .header('etag', etag)
    .header('accept-ranges', 'bytes')
    // Bytes under a job id never change, but only their owner may keep them.
    .header('cache-control', 'private, max-age=86400, immutable')
    .header('vary', 'authorization')
    .header('content-disposition', `inline; filename="${output.file}"`);
  if (matchesEtag(request.headers['if-none-match'], etag)) return reply.code(304).send();
  const ifRange = request.headers['if-range'];
  const wanted = ifRange !== undefined && ifRange !== etag ? undefined : request.headers.range;
  const range = parseRange(wanted, output.bytes);
  if (range.kind === 'unsatisfiable') {
    reply.header('content-range', `bytes */${output.bytes}`);
    throw new ClipgateError('range_not_satisfiable', `The clip has ${output.bytes} bytes.`);
  }
  const first = range.kind === 'part' ? range.first : 0;
  const last = range.kind === 'part' ? range.last : output.bytes - 1;
  if (range.kind === 'part')
    reply.code(206).header('content-range', `bytes ${first}-${last}/${output.bytes}`);
  reply.header('content-length', last - first + 1);
  if (request.method === 'HEAD') return reply.send();

  const file = await open(path);
  // From here on the answer is ours: its body is not a stream that Fastify knows how to send.
  reply.hijack();
  reply.raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders);
  await sendFileBody(file, first, last, reply.raw).catch((error: unknown) =>
    request.log.error({ err: error }, 'an archived clip was cut short'),
  );
  return reply;
}
