// POST /jobs/{id}/resubmit: sends a job again as a new one, for its client and for operators.

import { visibleTo } from '../../../core/principal.ts';
import type { Jobs } from '../../../service/jobs/jobs.ts';
import { resubmit } from '../../../service/orders/resubmission.ts';
import { wantsAsync } from '../../input/prefer.ts';
import type { App } from '../../server/context.ts';
import { originOf } from '../../server/origin.ts';
import { sendJob } from '../job-answer.ts';
import { linkTo } from '../render.ts';
import { JobParamsSchema, JobSchema } from '../schemas/job.ts';
import { JobHeadersSchema } from '../schemas/order.ts';
import { problems } from '../schemas/problem.ts';
import { NoQuerySchema } from '../schemas/query.ts';
import { ResubmitBodySchema } from '../schemas/reconciliation.ts';

const RETRY_AFTER_S = '5';

export function resubmissionRoutes({ jobs }: { readonly jobs: Jobs }) {
  return async (app: App): Promise<void> => {
    app.post(
      '/jobs/:id/resubmit',
      {
        schema: {
          operationId: 'resubmitJob',
          summary: 'Resubmit a job as a new job with the same body and callback_url',
          description:
            'For a job that ended without a clip, or whose submit has an unknown outcome. Unless it is certain that ' +
            'nothing was bought, `accept_double_charge: true` is required. Without an `Idempotency-Key` a job is resubmitted once, ' +
            'however often this is called.',
          tags: ['jobs'],
          params: JobParamsSchema,
          querystring: NoQuerySchema,
          headers: JobHeadersSchema,
          body: ResubmitBodySchema,
          response: {
            202: JobSchema.describe('The new job.'),
            ...problems(400, 401, 402, 403, 404, 405, 408, 409, 413, 415, 422, 429, 500, 502, 503),
          },
        },
      },
      async (request, reply) => {
        const job = await jobs.get(request.params.id, visibleTo(request.principal));
        const respondAsync = wantsAsync(request.headers.prefer);
        if (respondAsync) reply.header('preference-applied', 'respond-async');
        const made = await resubmit(jobs, request.principal, job, {
          key: request.headers['idempotency-key'] ?? null,
          acceptDoubleCharge: request.body.accept_double_charge === true,
          wait: !respondAsync,
          origin: originOf(request),
        });
        request.jobId = made.job.id;
        reply.code(202).header('location', linkTo(made.job)).header('retry-after', RETRY_AFTER_S);
        if (made.replayed) reply.header('idempotent-replayed', 'true');
        return sendJob(reply, jobs, made.job);
      },
    );
  };
}
