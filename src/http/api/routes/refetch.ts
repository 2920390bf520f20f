// POST /jobs/{id}/refetch: an operator has the clips of a job fetched again.

import type { ClipRefetch } from '../../../service/clips/refetch.ts';
import type { Jobs } from '../../../service/jobs/jobs.ts';
import { actOf } from '../../admin/act.ts';
import type { App } from '../../server/context.ts';
import { sendJob } from '../job-answer.ts';
import { JobParamsSchema, JobSchema } from '../schemas/job.ts';
import { problems } from '../schemas/problem.ts';
import { NoQuerySchema } from '../schemas/query.ts';
import { RefetchBodySchema } from '../schemas/reconciliation.ts';

export interface RefetchRoutesParts {
  readonly jobs: Jobs;
  readonly clips: ClipRefetch;
}

export function refetchRoutes({ jobs, clips }: RefetchRoutesParts) {
  return async (app: App): Promise<void> => {
    app.post(
      '/jobs/:id/refetch',
      {
        schema: {
          operationId: 'refetchJobContent',
          summary: 'Download the clips of a job from OpenRouter again (operators)',
          description:
            'A complete download replaces the archived clip; otherwise the archived clip stays. A file that is not a complete MP4 is archived only with `accept_as_is: true`. Recorded in the audit log of the job.',
          tags: ['operators'],
          params: JobParamsSchema,
          querystring: NoQuerySchema,
          body: RefetchBodySchema,
          response: {
            200: JobSchema,
            ...problems(400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 500, 502, 503),
          },
        },
      },
      async (request, reply) => {
        const { accept_as_is: acceptAsIs = false, reason = null } = request.body;
        const job = await clips.refetch(request.params.id, acceptAsIs, actOf(request, reason));
        return sendJob(reply, jobs, job);
      },
    );
  };
}
