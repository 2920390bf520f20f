// POST /jobs/{id}/resolve and GET /jobs/{id}/audit for operators, POST /jobs/{id}/resubmit for owners too.

import { visibleTo } from '../../../core/principal.ts';
import type { Jobs } from '../../../service/jobs/jobs.ts';
import type { Decision, Reconciliation } from '../../../service/jobs/reconciliation.ts';
import { resubmit } from '../../../service/orders/resubmission.ts';
import { parsePrefer } from '../../input/prefer.ts';
import { requireOperator } from '../../server/auth.ts';
import type { App } from '../../server/context.ts';
import { sendJob } from '../job-answer.ts';
import { linkTo, renderAudit } from '../render.ts';
import { JobHeadersSchema, JobParamsSchema, JobSchema } from '../schemas/job.ts';
import { problems } from '../schemas/problem.ts';
import { NoQuerySchema } from '../schemas/query.ts';
import { AuditSchema, ResolveBodySchema, ResubmitBodySchema } from '../schemas/reconciliation.ts';

export interface ReconciliationRoutesParts {
  readonly jobs: Jobs;
  readonly reconciliation: Reconciliation;
}

const RETRY_AFTER_S = '5';

export function reconciliationRoutes({ jobs, reconciliation }: ReconciliationRoutesParts) {
  return async (app: App): Promise<void> => {
    app.post(
      '/jobs/:id/resolve',
      {
        schema: {
          operationId: 'resolveJob',
          summary: 'Resolve a job in submission_unknown (operators)',
          description:
            'An id is attached only if OpenRouter confirms it. Each decision is recorded in the audit log of the job.',
          tags: ['operators'],
          params: JobParamsSchema,
          querystring: NoQuerySchema,
          body: ResolveBodySchema,
          response: { 200: JobSchema, ...problems(400, 401, 403, 404, 405, 408, 409, 413, 415, 500, 503) },
        },
      },
      async (request, reply) => {
        const actor = requireOperator(request);
        const { reason, ...body } = request.body;
        const decision: Decision =
          body.action === 'attach' ? { action: 'attach', upstreamId: body.upstream_id } : body;
        const job = await reconciliation.resolve(request.params.id, decision, { actor, reason });
        return sendJob(reply, jobs, job);
      },
    );

    app.get(
      '/jobs/:id/audit',
      {
        schema: {
          operationId: 'getJobAudit',
          summary: 'The audit log of a job: who decided what, and why (operators)',
          tags: ['operators'],
          params: JobParamsSchema,
          querystring: NoQuerySchema,
          response: { 200: AuditSchema, ...problems(400, 401, 403, 404, 405, 500, 503) },
        },
      },
      async (request) => {
        requireOperator(request);
        return { data: (await reconciliation.auditOf(request.params.id)).map(renderAudit) };
      },
    );

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
        const { respondAsync } = parsePrefer(request.headers.prefer);
        if (respondAsync) reply.header('preference-applied', 'respond-async');
        const made = await resubmit(jobs, job, {
          key: request.headers['idempotency-key'] ?? null,
          acceptDoubleCharge: request.body.accept_double_charge === true,
          wait: !respondAsync,
        });
        reply.code(202).header('location', linkTo(made.job)).header('retry-after', RETRY_AFTER_S);
        if (made.replayed) reply.header('idempotent-replayed', 'true');
        return sendJob(reply, jobs, made.job);
      },
    );
  };
}
