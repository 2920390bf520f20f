// GET and HEAD /jobs/{id}/content: the clip, whole or in part, from the archive or while it is downloaded.

import { ClipgateError } from '../../../core/errors.ts';
import type { ClipArchive } from '../../../service/clips/clip-archive.ts';
import type { Jobs } from '../../../service/jobs/jobs.ts';
import { checkHasClip, DOWNLOAD_BYTES, sendClip } from '../../response/clip.ts';
import { holdAnswer } from '../../response/unread-answers.ts';
import { ownerOf } from '../../server/authority.ts';
import type { App } from '../../server/context.ts';
import type { MemoryBudget } from '../../server/memory-budget.ts';
import { readSessionToken } from '../../server/session-cookie.ts';
import { BinarySchema } from '../schemas/content.ts';
import { ContentQuerySchema, JobParamsSchema } from '../schemas/job.ts';
import { problems } from '../schemas/problem.ts';

export interface ContentRoutesParts {
  readonly jobs: Pick<Jobs, 'get'>;
  readonly archive: Pick<ClipArchive, 'open'>;
  readonly answers: MemoryBudget;
}

export function contentRoutes({ jobs, archive, answers }: ContentRoutesParts) {
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
          description:
            'Requires a key, or a signed link (`GET /jobs/{id}?links=signed`), which gives access to this clip only, until it expires. Before the job is `completed` the answer is 409 `not_ready`.',
          tags: ['jobs'],
          params: JobParamsSchema,
          querystring: ContentQuerySchema,
          response: {
            200: { description: 'The clip.', content: { 'video/mp4': { schema: BinarySchema } } },
            206: {
              description: 'The part of the clip that Range asked for.',
              content: { 'video/mp4': { schema: BinarySchema } },
            },
            302: {
              description:
                'The clip is behind the URL in Location for five minutes, where CONTENT_REDIRECT says so; never for a session of the console.',
              content: {},
            },
            304: { description: 'Not modified since the ETag in If-None-Match.', content: {} },
            ...problems(400, 401, 404, 405, 409, 410, 412, 416, 500, 502, 503),
          },
        },
        handler: async (request, reply) => {
          const job = await jobs.get(request.params.id, ownerOf(request));
          checkHasClip(job);
          const { index } = request.query;
          if (index >= job.outputCount) throw new ClipgateError('not_found', 'Not found.');
          if (request.method === 'GET') holdAnswer(answers, request, reply, DOWNLOAD_BYTES);
          // A page of the console may load nothing from another host.
          const mayRedirect =
            request.headers.authorization !== undefined || readSessionToken(request) === null;
          return sendClip(await archive.open(job, index, request.signal), request, reply, mayRedirect);
        },
      });
    }
  };
}
