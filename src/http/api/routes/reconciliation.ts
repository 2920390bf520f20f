// POST /jobs/{id}/resolve and GET /jobs/{id}/audit: operators decide jobs with unknown outcome, on record.

import { Big } from 'big.js';
import type { z } from 'zod';
import { toMicroUsd } from '../../../core/money.ts';
import type { Jobs } from '../../../service/jobs/jobs.ts';
import type { Decision, Reconciliation } from '../../../service/jobs/reconciliation.ts';
import { actOf } from '../../admin/act.ts';
import { renderEntry } from '../../admin/render-audit.ts';
import type { App } from '../../server/context.ts';
import { sendJob } from '../job-answer.ts';
import { JobParamsSchema, JobSchema } from '../schemas/job.ts';
import { problems } from '../schemas/problem.ts';
import { NoQuerySchema } from '../schemas/query.ts';
import { AuditSchema, ResolveBodySchema } from '../schemas/reconciliation.ts';

type ResolveBody = Distributed<z.output<typeof ResolveBodySchema>>;
/** Without the reason, which the audit log has. */
type Distributed<T> = T extends unknown ? Omit<T, 'reason'> : never;

function toDecision(body: ResolveBody): Decision {
  if (body.action === 'attach') return { action: 'attach', upstreamId: body.upstream_id };
  if (body.action === 'not_accepted') return { action: 'not_accepted' };
  return { action: 'write_off', microUsd: body.usd === undefined ? null : toMicroUsd(new Big(body.usd)) };
}

export interface ReconciliationRoutesParts {
  readonly jobs: Jobs;
  readonly reconciliation: Reconciliation;
}

function renderJobAct(entry: Parameters<typeof renderEntry>[0]) {
  const { at, actor, action, reason, before, after } = renderEntry(entry);
  return { at, operator: actor, action, reason: reason ?? 'No reason given.', before, after };
}

export function reconciliationRoutes({ jobs, reconciliation }: ReconciliationRoutesParts) {
  return async (app: App): Promise<void> => {
    app.post(
      '/jobs/:id/resolve',
      {
        schema: {
          operationId: 'resolveJob',
          summary: 'Resolve a job in submission_unknown (operators)',
          description:
            'The gateway attaches an id only if OpenRouter confirms it, and records each decision in the audit log.',
          tags: ['operators'],
          params: JobParamsSchema,
          querystring: NoQuerySchema,
          body: ResolveBodySchema,
          response: { 200: JobSchema, ...problems(400, 401, 403, 404, 405, 408, 409, 413, 415, 500, 503) },
        },
      },
      async (request, reply) => {
        const { reason, ...body } = request.body;
        const decision = toDecision(body);
        const job = await reconciliation.resolve(request.params.id, decision, actOf(request, reason));
        return sendJob(reply, jobs, job);
      },
    );

    app.get(
      '/jobs/:id/audit',
      {
        schema: {
          operationId: 'getJobAudit',
          summary: 'The audit log of a job: who decided what, and why (operators)',
          description:
            'Every decision of an operator on this job, oldest first. `GET /audit` has those on everything.',
          tags: ['operators'],
          params: JobParamsSchema,
          querystring: NoQuerySchema,
          response: { 200: AuditSchema, ...problems(400, 401, 403, 404, 405, 500, 503) },
        },
      },
      async (request) => {
        return { data: (await reconciliation.auditOf(request.params.id)).map(renderJobAct) };
      },
    );
  };
}
