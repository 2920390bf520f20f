// POST /jobs buys; GET /jobs and /jobs/{id} say what became of it.

import type { FastifyRequest } from 'fastify';
import { findModel } from '../../../core/catalog/catalog.ts';
import { isTerminal, type Job } from '../../../core/job/job.ts';
import { visibleTo } from '../../../core/principal.ts';
import type { CatalogCache } from '../../../service/catalog/catalog-cache.ts';
import type { ContentLinks } from '../../../service/clips/content-links.ts';
import type { Jobs } from '../../../service/jobs/jobs.ts';
import { hashJson } from '../../../service/orders/canonical-json.ts';
import { JOB_ID_PATTERN } from '../../../service/orders/ids.ts';
import type { OrderPlan, Orders } from '../../../service/orders/place-order.ts';
import { invalidRequest, toInputError } from '../../input/input-errors.ts';
import { parsePrefer } from '../../input/prefer.ts';
import type { OpenStreams } from '../../response/open-streams.ts';
import { sendJson } from '../../response/send-json.ts';
import { operatorRequired } from '../../server/authority.ts';
import type { App } from '../../server/context.ts';
import { originOf } from '../../server/origin.ts';
import { sendCreated, sendJob, sendJobAsAsked } from '../job-answer.ts';
import { toOrder } from '../order-body.ts';
import {
  linkTo,
  renderCatalog,
  renderEstimate,
  renderExpected,
  renderJob,
  renderNearest,
  renderRejected,
} from '../render.ts';
import {
  CreatedJobSchema,
  JobListSchema,
  JobParamsSchema,
  JobQuerySchema,
  JobSchema,
} from '../schemas/job.ts';
import { DryRunSchema, JobBodySchema, JobHeadersSchema } from '../schemas/order.ts';
import { problems } from '../schemas/problem.ts';
import { JobIncludeSchema, NoQuerySchema, readRange } from '../schemas/query.ts';
import { CLIP_BODY_LIMIT } from './route.ts';

export interface JobRoutesParts {
  readonly orders: Pick<Orders, 'placeOrder' | 'planOrder'>;
  readonly jobs: Jobs;
  readonly catalog: Pick<CatalogCache, 'peek'>;
  /** The longest wait that `Prefer: wait` gets, in seconds. */
  readonly maxWaitS: number;
  readonly links: Pick<ContentLinks, 'isDefault' | 'sign'>;
  /** Counts the waits of a client beside its streams. */
  readonly streams: OpenStreams;
}

/** How long a client should let pass before it asks again for a job that is not done. */
const RETRY_AFTER_S = '5';

export function jobRoutes({ orders, jobs, catalog, links, maxWaitS, streams }: JobRoutesParts) {
  /** @throws ClipgateError too_many_streams where its client waits for too many already. */
  async function wait(request: FastifyRequest, id: string, waitS: number): Promise<Job> {
    const { principal, signal } = request;
    const release = streams.open(principal.client);
    try {
      return await jobs.waitForChange(id, visibleTo(principal), waitS * 1000, signal);
    } finally {
      release();
    }
  }

  /** Jobs keep the id of their model: a canonical slug names the same. */
  function idOf(name: string): string {
    const view = catalog.peek();
    return (view && findModel(view.catalog, name)?.id) ?? name;
  }

  return async (app: App): Promise<void> => {
    app.post(
      '/jobs',
      {
        bodyLimit: CLIP_BODY_LIMIT,
        schema: {
          operationId: 'createJob',
          summary: 'Buy a clip: from the model given, or from the one the router picks',
          description:
            'Send an `Idempotency-Key`: the same key and body never buy twice. Without `Prefer: respond-async` the ' +
            'answer waits for upstream to accept or refuse, a few seconds. `submission_unknown` means that upstream ' +
            'may have accepted the job although its answer was lost; it is never sent again.',
          tags: ['jobs'],
          headers: JobHeadersSchema,
          querystring: NoQuerySchema,
          body: JobBodySchema,
          response: {
            202: CreatedJobSchema.describe('The job, bought or about to be.'),
            ...problems(400, 401, 402, 403, 404, 405, 408, 409, 413, 415, 422, 429, 500, 502, 503),
          },
        },
      },
      async (request, reply) => {
        const order = toOrder(request.body);
        // As POST /jobs/plan, and no success of this operation in the document: a client has one to know.
        if (request.body.dry_run) {
          return sendJson(
            reply,
            JSON.stringify(renderPlan(await orders.planOrder(request.principal, order))),
          );
        }
        const { respondAsync } = parsePrefer(request.headers.prefer, maxWaitS);
        if (respondAsync) reply.header('preference-applied', 'respond-async');
        const key = request.headers['idempotency-key'];
        const { job, replayed, warnings } = await orders.placeOrder(request.principal, {
          ...order,
          idempotency: key === undefined ? null : { key, bodyHash: hashJson(request.body) },
          wait: !respondAsync,
          tags: request.body.tags ?? [],
          reference: request.body.reference ?? null,
          origin: originOf(request),
          strict: request.body.strict ?? null,
          acceptUnknownPrice: request.body.accept_unknown_price === true,
        });
        reply.code(202).header('location', linkTo(job));
        if (!isTerminal(job.status)) reply.header('retry-after', RETRY_AFTER_S);
        if (replayed) reply.header('idempotent-replayed', 'true');
        return sendCreated(reply, jobs, job, warnings);
      },
    );

    app.post(
      '/jobs/plan',
      {
        bodyLimit: CLIP_BODY_LIMIT,
        config: { changesNothing: true },
        schema: {
          operationId: 'planJob',
          summary: 'What POST /jobs would buy for the same body; buys nothing',
          description:
            'Answers with the model, the exact request to OpenRouter, its price, the expected time and the warnings. A body that `POST /jobs` would refuse gets the same error.',
          tags: ['jobs'],
          querystring: NoQuerySchema,
          body: JobBodySchema,
          response: {
            200: DryRunSchema.describe('The plan. Nothing was bought.'),
            ...problems(400, 401, 403, 405, 408, 409, 413, 415, 422, 500, 503),
          },
        },
      },
      async (request) => renderPlan(await orders.planOrder(request.principal, toOrder(request.body))),
    );

    app.get(
      '/jobs',
      {
        schema: {
          operationId: 'listJobs',
          summary: 'Your jobs, newest first',
          description:
            'In pages: send `next_cursor` as `cursor` for the next one. Operators and auditors see the jobs of all ' +
            'clients. A page of a search by `q` may be short or empty although `next_cursor` says that there is more: words are ' +
            'looked for in the prompts of 10,000 jobs at a time.',
          tags: ['jobs'],
          querystring: JobQuerySchema,
          response: { 200: JobListSchema, ...problems(400, 401, 403, 405, 500, 503) },
        },
      },
      async (request) => {
        const { limit, status, model, cursor, client, key_id: keyId, tag, reference, q } = request.query;
        if (keyId !== undefined && request.principal.kind === 'client') throw operatorRequired();
        if (cursor !== undefined && !JOB_ID_PATTERN.test(cursor)) {
          throw invalidRequest([
            toInputError(['cursor'], 'must be the next_cursor of an earlier response', 'query'),
          ]);
        }
        const query = {
          clientId: clientOf(request, client),
          limit,
          cursor: cursor ?? null,
          statuses: status ?? [],
          model: model === undefined ? null : idOf(model),
          tag: tag ?? null,
          reference: reference ?? null,
          keyId: keyId ?? null,
          ...readRange(request.query),
        };
        const { jobs: page, nextCursor } = await (q === undefined ? jobs.list(query) : jobs.search(query, q));
        return {
          data: (await jobs.recordsOf(page)).map((record) => renderJob(record)),
          next_cursor: nextCursor,
        };
      },
    );

    app.get(
      '/jobs/:id',
      {
        schema: {
          operationId: 'getJob',
          summary: 'One job; with Prefer: wait=N, once its status has changed',
          description:
            'The gateway answers from its database and polls OpenRouter by itself, so that polling here sends nothing to OpenRouter. With `Prefer: wait=N` it answers when the status changes, or after N seconds with the current state.',
          tags: ['jobs'],
          params: JobParamsSchema,
          querystring: JobIncludeSchema,
          response: { 200: JobSchema, ...problems(400, 401, 404, 405, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const clientId = visibleTo(request.principal);
        const { waitS } = parsePrefer(request.headers['prefer'], maxWaitS);
        if (waitS !== null) reply.header('preference-applied', `wait=${waitS}`);
        const job = await (waitS === null ? jobs.get(id, clientId) : wait(request, id, waitS));
        const included = request.query.include ?? [];
        const isSigned = job.status === 'completed' && (links.isDefault || request.query.links === 'signed');
        if (included.length === 0 && !isSigned) return sendJob(reply, jobs, job);
        return sendJobAsAsked(reply, jobs, job, {
          sign: isSigned ? links.sign : undefined,
          request: included.includes('request'),
          plan: included.includes('plan'),
          callbackAttempts: included.includes('callback_attempts'),
        });
      },
    );
  };
}

const renderPlan = ({ view, choice, submission, route }: OrderPlan) => ({
  dry_run: true as const,
  model: choice.model.id,
  why: route?.why ?? 'named in the request',
  request: submission.body,
  estimate: renderEstimate(choice.estimate),
  expected_s: renderExpected(choice.expected),
  warnings: submission.warnings,
  rejected: route?.rejected.map(renderRejected) ?? [],
  nearest: route?.nearest.map(renderNearest) ?? [],
  catalog: renderCatalog(view),
});

/** Whose jobs are listed: one's own, or for operators those of the client asked for, or all. */
function clientOf(request: FastifyRequest, asked: string | undefined): string | null {
  if (asked === undefined) return visibleTo(request.principal);
  if (request.principal.kind === 'client') throw operatorRequired();
  return asked;
}
