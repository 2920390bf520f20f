// GET and HEAD /videos/{id}/content: the clip, by a key or by a signed link.

import { ClipgateError } from '../../../core/errors.ts';
import type { ClipArchive } from '../../../service/clips/clip-archive.ts';
import type { Jobs } from '../../../service/jobs/jobs.ts';
import { BinarySchema } from '../../api/schemas/content.ts';
import { checkHasClip, DOWNLOAD_BYTES, sendClip } from '../../response/clip.ts';
import { holdAnswer } from '../../response/unread-answers.ts';
import { ownerOf } from '../../server/authority.ts';
import type { App } from '../../server/context.ts';
import type { MemoryBudget } from '../../server/memory-budget.ts';
import { findVideo } from '../find-video.ts';
import { openRouterErrors, VideoContentQuerySchema, VideoParamsSchema } from '../schemas.ts';

export interface VideoContentRoutesParts {
  readonly jobs: Pick<Jobs, 'get' | 'find'>;
  readonly archive: Pick<ClipArchive, 'open'>;
  readonly answers: MemoryBudget;
}

export function videoContentRoutes({ jobs, archive, answers }: VideoContentRoutesParts) {
  return async (app: App): Promise<void> => {
    for (const method of ['GET', 'HEAD'] as const) {
      app.route({
        method,
        url: '/videos/:id/content',
        // Fastify's own HEAD would open and read the whole clip only to throw it away.
        exposeHeadRoute: false,
        schema: {
          operationId: method === 'GET' ? 'getVideoContent' : 'headVideoContent',
          summary: method === 'GET' ? 'The clip as MP4' : 'Size and hash of the clip',
          description:
            'Requires a key, or a signed link, which gives access to this clip only, until it expires. Before the job is `completed` the answer is 409.',
          tags: ['videos'],
          params: VideoParamsSchema,
          querystring: VideoContentQuerySchema,
          response: {
            200: { description: 'The clip.', content: { 'video/mp4': { schema: BinarySchema } } },
            206: {
              description: 'The part of the clip that Range asked for.',
              content: { 'video/mp4': { schema: BinarySchema } },
            },
            304: { description: 'Not modified since the ETag in If-None-Match.', content: {} },
            ...openRouterErrors(400, 401, 403, 404, 405, 409, 410, 412, 416, 429, 500, 502, 503),
          },
        },
        handler: async (request, reply) => {
          const job = await findVideo(jobs, request.params.id, ownerOf(request));
          checkHasClip(job);
          const { index } = request.query;
          if (index >= job.outputCount) throw indexOutOfRange(index, job.outputCount);
          if (request.method === 'GET') holdAnswer(answers, request, reply, DOWNLOAD_BYTES);
          // OpenRouter never redirects, and its SDK takes a 200 alone.
          return sendClip(await archive.open(job, index, request.signal), request, reply, false);
        },
      });
    }
  };
}

const indexOutOfRange = (index: number, count: number) =>
  new ClipgateError('invalid_request', `Video index ${index} out of range (${count} videos available)`);
