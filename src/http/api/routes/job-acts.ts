// POST /jobs/{id}/cancel, DELETE /jobs/{id} and POST /jobs/{id}/bill.

import { Big } from 'big.js';
import { z } from 'zod';
import { toMicroUsd } from '../../../core/money.ts';
import { visibleTo } from '../../../core/principal.ts';
import type { JobActs } from '../../../service/jobs/job-acts.ts';
import type { Jobs } from '../../../service/jobs/jobs.ts';
import { actOf } from '../../admin/act.ts';
import type { App } from '../../server/context.ts';
import { sendJob } from '../job-answer.ts';
import { JobParamsSchema, JobSchema } from '../schemas/job.ts';
import { problems } from '../schemas/problem.ts';
import { NoQuerySchema } from '../schemas/query.ts';
import { BillBodySchema } from '../schemas/reconciliation.ts';

export interface JobActRoutesParts {
  readonly jobs: Jobs;
  readonly acts: JobActs;
}

/** For clients and operators, each on what they may see. */
export function jobActRoutes({ jobs, acts }: JobActRoutesParts) {
  return async (app: App): Promise<void> => {
    app.post(
      '/jobs/:id/cancel',
      {
        schema: {
          operationId: 'cancelJob',
          summary: 'Cancel a job that is queued',
          description:
            'The job buys nothing, and budgets release the amount that they hold for it. A job that may have been sent ' +
            'cannot be cancelled: OpenRouter has no cancellation.',
          tags: ['jobs'],
          params: JobParamsSchema,
          querystring: NoQuerySchema,
          response: { 200: JobSchema, ...problems(400, 401, 403, 404, 405, 409, 500, 503) },
        },
      },
      async (request, reply) => {
        const job = await acts.cancel(request.params.id, visibleTo(request.principal), actOf(request));
        return sendJob(reply, jobs, job);
      },
    );

    app.delete(
      '/jobs/:id',
      {
        schema: {
          operationId: 'eraseJob',
          summary: 'Erase a job that has ended: its request, media and clips',
          description:
            'Also erases what OpenRouter said of the request. The cost stays in spend and in the export, with tags, reference and ' +
            '`callback_url`. Safe to repeat. Recorded in the audit log.',
          tags: ['jobs'],
          params: JobParamsSchema,
          querystring: NoQuerySchema,
          response: {
            204: z.null().describe('Erased.'),
            ...problems(400, 401, 403, 404, 405, 409, 500, 503),
          },
        },
      },
      async (request, reply) => {
        await acts.erase(request.params.id, visibleTo(request.principal), actOf(request));
        return reply.code(204).send(null);
      },
    );
  };
}

export function billRoutes({ jobs, acts }: JobActRoutesParts) {
  return async (app: App): Promise<void> => {
    app.post(
      '/jobs/:id/bill',
      {
        schema: {
          operationId: 'billJob',
          summary: 'Enter the bill of a job from an invoice (operators)',
          description:
            'For a job that has ended and whose bill is unknown. Budgets replace the amount that they hold for the job by the bill. A known bill cannot be changed. Recorded in the audit log.',
          tags: ['operators'],
          params: JobParamsSchema,
          querystring: NoQuerySchema,
          body: BillBodySchema,
          response: { 200: JobSchema, ...problems(400, 401, 403, 404, 405, 408, 409, 413, 415, 500, 503) },
        },
      },
      async (request, reply) => {
        const { usd, reason, attempt = null } = request.body;
        const bill = { attempt, microUsd: toMicroUsd(new Big(usd)) };
        return sendJob(reply, jobs, await acts.enterBill(request.params.id, bill, actOf(request, reason)));
      },
    );
  };
}
