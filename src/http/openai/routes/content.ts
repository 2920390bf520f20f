// GET and HEAD /videos/{id}/content: the clip; never a picture of it, which this gateway does not make.

import { visibleTo } from '../../../core/principal.ts';
import type { ClipArchive } from '../../../service/clips/clip-archive.ts';
import type { Jobs } from '../../../service/jobs/jobs.ts';
import { BinarySchema } from '../../api/schemas/content.ts';
import { invalidRequest, toInputError } from '../../input/input-errors.ts';
import { checkHasClip, DOWNLOAD_BYTES, sendClip } from '../../response/clip.ts';
import { holdAnswer } from '../../response/unread-answers.ts';
import type { App } from '../../server/context.ts';
import type { MemoryBudget } from '../../server/memory-budget.ts';
import { getVideo } from '../get-video.ts';
import { openAiErrors, VideoContentQuerySchema, VideoParamsSchema } from '../schemas.ts';

export interface VideoContentRoutesParts {
  readonly jobs: Pick<Jobs, 'get'>;
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
          operationId: method === 'GET' ? 'retrieveVideoContent' : 'headVideoContent',
          summary: method === 'GET' ? 'The clip as MP4' : 'Size and hash of the clip',
          description:
            'Before the video is `completed` the answer is 404. Thumbnails and spritesheets are not made.',
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
            ...openAiErrors(400, 401, 403, 404, 405, 412, 416, 500, 502, 503),
          },
        },
        handler: async (request, reply) => {
          const job = await getVideo(jobs, request.params.id, visibleTo(request.principal));
          if (request.query.variant !== 'video') {
            throw invalidRequest([
              toInputError(
                ['variant'],
                'must be video: this gateway makes no thumbnails or spritesheets',
                'query',
              ),
            ]);
          }
          checkHasClip(job);
          if (request.method === 'GET') holdAnswer(answers, request, reply, DOWNLOAD_BYTES);
          // Clients keep the key and the type of the answer: no redirect.
          return sendClip(await archive.open(job, 0, request.signal), request, reply, false);
        },
      });
    }
  };
}
