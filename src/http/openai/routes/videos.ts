// POST /videos buys, GET follows and lists, DELETE removes: OpenAI's routes over the orders of this gateway.

import type { FastifyRequest } from 'fastify';
import { ClipgateError } from '../../../core/errors.ts';
import { isTerminal, type Job } from '../../../core/job/job.ts';
import { visibleTo } from '../../../core/principal.ts';
import type { CatalogCache } from '../../../service/catalog/catalog-cache.ts';
import type { JobActs } from '../../../service/jobs/job-acts.ts';
import type { Jobs } from '../../../service/jobs/jobs.ts';
import { hashJson } from '../../../service/orders/canonical-json.ts';
import type { Orders } from '../../../service/orders/place-order.ts';
import type { ResentOrders } from '../../../service/orders/resent-orders.ts';
import { actOf } from '../../admin/act.ts';
import { CLIP_BODY_LIMIT } from '../../api/routes/route.ts';
import { toFiling } from '../../api/schemas/order-headers.ts';
import { whetherArrived } from '../../response/arrival.ts';
import { sendJson } from '../../response/send-json.ts';
import type { App } from '../../server/context.ts';
import { originOf } from '../../server/origin.ts';
import { getVideo } from '../get-video.ts';
import { type ModelAliases, orderContent, toOrder } from '../order-body.ts';
import { pollAfterMs, renderVideo, writeVideo } from '../render.ts';
import {
  AnyQuerySchema,
  CreateVideoFormSchema,
  CreateVideoSchema,
  DEFAULTS,
  DeletedVideoSchema,
  openAiErrors,
  VideoHeadersSchema,
  VideoListQuerySchema,
  VideoListSchema,
  VideoParamsSchema,
  VideoSchema,
} from '../schemas.ts';

export interface VideoRoutesParts {
  readonly orders: Pick<Orders, 'placeOrder'>;
  readonly resentOrders: ResentOrders;
  readonly jobs: Pick<Jobs, 'get' | 'list' | 'hide'>;
  readonly catalog: Pick<CatalogCache, 'get'>;
  readonly acts: Pick<JobActs, 'erase'>;
  readonly modelAliases: ModelAliases;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

export function videoRoutes(parts: VideoRoutesParts) {
  const { orders, resentOrders, jobs, acts, catalog, modelAliases, clock } = parts;

  /** In words a client of OpenAI's can act on: it knows neither our catalog nor our routes. */
  function explainUnknown(error: unknown, asked: string): unknown {
    if (!(error instanceof ClipgateError) || error.code !== 'unknown_model') return error;
    const names = [...modelAliases.keys()];
    const aliases = names.length > 0 ? `an alias of this gateway (${names.join(', ')}), ` : '';
    return new ClipgateError(
      'unknown_model',
      `The model '${asked}' does not exist. Use ${aliases}an OpenRouter model id such as google/veo-3.1-lite (see GET /models), or auto.`,
      { cause: error },
    );
  }

  return async (app: App): Promise<void> => {
    app.post(
      '/videos',
      {
        bodyLimit: CLIP_BODY_LIMIT,
        config: { formBody: CreateVideoFormSchema },
        schema: {
          operationId: 'createVideo',
          summary: 'Buy a clip',
          description:
            'As JSON or as multipart/form-data. An answer of 200 means that the clip was bought, or may have been; ' +
            'whatever answers otherwise has bought nothing. The retry of an order whose answer was lost is answered ' +
            'with its job.',
          tags: ['videos'],
          headers: VideoHeadersSchema,
          querystring: AnyQuerySchema,
          body: CreateVideoSchema,
          response: {
            200: VideoSchema.describe('Bought, or about to be.'),
            ...openAiErrors(400, 401, 402, 403, 404, 405, 413, 429, 500, 502, 503),
          },
        },
      },
      async (request, reply) => {
        const { body, headers, principal } = request;
        const { order, adjusted } = toOrder(body, headers, modelAliases, (await catalog.get()).catalog);
        const bodyHash = hashJson(orderContent(body, headers));
        const purchase = {
          ...order,
          ...toFiling(headers),
          wait: true,
          strict: null,
          acceptUnknownPrice: false,
          origin: originOf(request),
          signal: request.signal,
        };
        const key = headers['idempotency-key'];
        const isRetry = Number(headers['x-stainless-retry-count'] ?? 0) > 0;
        const place = async () => {
          if (key !== undefined)
            return orders.placeOrder(principal, { ...purchase, idempotency: { key, bodyHash } });
          const { job: resent, answer } = await resentOrders.begin({
            client: principal.client,
            fingerprint: bodyHash,
            givenUpAfterMs: null,
            // OpenAI's libraries say so: whatever went out to them, it did not arrive.
            isRetry,
            signal: request.signal,
            hasArrived: whetherArrived(reply, 200),
          });
          if (resent) return { job: resent, replayed: true, warnings: null };
          return orders.placeOrder(principal, { ...purchase, idempotency: null, answer });
        };
        const { job, replayed, warnings } = await place().catch((error: unknown) => {
          throw explainUnknown(error, (body.model ?? DEFAULTS.model).slice(0, 100));
        });
        if (replayed) reply.header('idempotent-replayed', 'true');
        if (!isTerminal(job.status)) reply.header('openai-poll-after-ms', pollAfterMs(job, clock()));
        return sendJson(reply, JSON.stringify(renderVideo(job, clock(), { adjusted, warnings })));
      },
    );

    app.get(
      '/videos',
      {
        schema: {
          operationId: 'listVideos',
          summary: 'Your videos, newest first',
          description:
            'Every job of yours that was not deleted here, those made through the other APIs too. Send `last_id` ' +
            'as `after` for the next page.',
          tags: ['videos'],
          querystring: VideoListQuerySchema,
          response: { 200: VideoListSchema, ...openAiErrors(400, 401, 403, 405, 500, 503) },
        },
      },
      async (request, reply) => {
        const { limit, after, order } = request.query;
        const { jobs: page, nextCursor } = await jobs.list({
          clientId: visibleTo(request.principal),
          limit,
          cursor: after ?? null,
          statuses: [],
          model: null,
          tag: null,
          reference: null,
          keyId: null,
          since: null,
          until: null,
          order: order === 'asc' ? 'oldest' : 'newest',
          listedOnly: true,
        });
        const data = page.map((job) => renderVideo(job, clock()));
        const list = {
          object: 'list',
          data,
          first_id: data[0]?.id ?? null,
          last_id: data.at(-1)?.id ?? null,
          has_more: nextCursor !== null,
        };
        return sendJson(reply, JSON.stringify(list));
      },
    );

    app.get(
      '/videos/:id',
      {
        config: { isServedWhileClosing: true },
        schema: {
          operationId: 'retrieveVideo',
          summary: 'Get the status of a video',
          description:
            'From the store of the gateway. `openai-poll-after-ms` says how long to wait before asking again.',
          tags: ['videos'],
          params: VideoParamsSchema,
          querystring: AnyQuerySchema,
          response: { 200: VideoSchema, ...openAiErrors(400, 401, 403, 404, 405, 500, 503) },
        },
      },
      async (request, reply) => {
        const job = await videoOf(request);
        const now = clock();
        if (!isTerminal(job.status)) reply.header('openai-poll-after-ms', pollAfterMs(job, now));
        return sendJson(reply, writeVideo(job, now));
      },
    );

    app.delete(
      '/videos/:id',
      {
        schema: {
          operationId: 'deleteVideo',
          summary: 'Remove a video from this API',
          description:
            'Its clips and its request are erased; the job stays as the record of what was spent. A video that runs cannot be removed.',
          tags: ['videos'],
          params: VideoParamsSchema,
          querystring: AnyQuerySchema,
          response: { 200: DeletedVideoSchema, ...openAiErrors(400, 401, 403, 404, 405, 500, 503) },
        },
      },
      async (request, reply) => {
        const job = await videoOf(request);
        // Hidden last, so that a request that failed can be sent again.
        await acts.erase(job.id, job.clientId, actOf(request));
        await jobs.hide(job.id, job.clientId);
        return sendJson(reply, JSON.stringify({ id: job.id, object: 'video.deleted', deleted: true }));
      },
    );
  };

  function videoOf(request: FastifyRequest): Promise<Job> {
    const { id } = request.params as { readonly id: string };
    return getVideo(jobs, id, visibleTo(request.principal));
  }
}
