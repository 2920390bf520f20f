// POST /videos buys, GET /videos/{id} says what became of it: OpenRouter's routes over the orders of this gateway.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { isTerminal } from '../../../core/job/job.ts';
import { visibleTo } from '../../../core/principal.ts';
import type { ContentLinks } from '../../../service/clips/content-links.ts';
import type { Jobs } from '../../../service/jobs/jobs.ts';
import { hashJson } from '../../../service/orders/canonical-json.ts';
import type { Orders } from '../../../service/orders/place-order.ts';
import type { ResentOrders } from '../../../service/orders/resent-orders.ts';
import { CLIP_BODY_LIMIT } from '../../api/routes/route.ts';
import { toFiling } from '../../api/schemas/order-headers.ts';
import { whetherArrived } from '../../response/arrival.ts';
import { sendJson } from '../../response/send-json.ts';
import { baseUrlOf } from '../../server/base-url.ts';
import type { App } from '../../server/context.ts';
import { ERROR_CODES } from '../../server/error-codes.ts';
import { originOf } from '../../server/origin.ts';
import { asClipgateError, logFailure } from '../../server/problem.ts';
import { handleOpenRouterError } from '../error-answer.ts';
import { findVideo } from '../find-video.ts';
import { orderContent, toOrder, warnOfUnknown } from '../order-body.ts';
import { pollingUrl, writeVideo } from '../render.ts';
import {
  AnyQuerySchema,
  openRouterErrors,
  SubmittedSchema,
  VideoHeadersSchema,
  VideoParamsSchema,
  VideoRequestSchema,
  VideoSchema,
} from '../schemas.ts';

export interface VideoRoutesParts {
  readonly orders: Pick<Orders, 'placeOrder'>;
  readonly resentOrders: ResentOrders;
  readonly jobs: Pick<Jobs, 'get' | 'find' | 'noteEndRead'>;
  readonly links: Pick<ContentLinks, 'isDefault' | 'sign'>;
  /** PUBLIC_URL; undefined = clients reach this gateway at the address they use. */
  readonly publicUrl: string | undefined;
}

export function videoRoutes({ orders, resentOrders, jobs, links, publicUrl }: VideoRoutesParts) {
  const sign = links.isDefault ? links.sign : undefined;

  return async (app: App): Promise<void> => {
    app.post(
      '/videos',
      {
        bodyLimit: CLIP_BODY_LIMIT,
        schema: {
          operationId: 'createVideo',
          summary: 'Buy a clip',
          description:
            'Answers 202 when the clip was bought, or may have been. With any other status nothing was bought.',
          tags: ['videos'],
          headers: VideoHeadersSchema,
          querystring: AnyQuerySchema,
          body: VideoRequestSchema,
          response: {
            202: SubmittedSchema.describe('Bought, or about to be.'),
            ...openRouterErrors(400, 401, 402, 403, 404, 405, 408, 413, 429, 500, 503),
          },
        },
      },
      async (request, reply) => {
        const { body, headers, principal } = request;
        const key = headers['idempotency-key'];
        const bodyHash = hashJson(orderContent(body, headers));
        const order = {
          ...toOrder(body, headers),
          ...toFiling(headers),
          wait: true,
          strict: null,
          acceptUnknownPrice: false,
          origin: originOf(request),
          signal: request.signal,
        };
        const place = async () => {
          if (key !== undefined)
            return orders.placeOrder(principal, { ...order, idempotency: { key, bodyHash } });
          const { job: resent, answer } = await resentOrders.begin({
            client: principal.client,
            fingerprint: bodyHash,
            givenUpAfterMs: isAiSdk(headers['user-agent']) ? AI_SDK_POLLS_MS : null,
            isRetry: false,
            signal: request.signal,
            hasArrived: whetherArrived(reply, 202),
          });
          if (resent) return { job: resent, replayed: true, warnings: null };
          return orders.placeOrder(principal, { ...order, idempotency: null, answer });
        };
        const { job, replayed, warnings } = await place();
        request.jobId = job.id;
        if (replayed) reply.header('idempotent-replayed', 'true');
        const url = pollingUrl(job.id, baseUrlOf(request, publicUrl));
        const told = warnings === null ? [] : [...warnings, ...warnOfUnknown(body)];
        reply.code(202);
        // `pending` whatever it is: the one word that OpenRouter answers with, and its clients poll after.
        return sendJson(
          reply,
          JSON.stringify({
            id: job.id,
            polling_url: url,
            status: 'pending',
            ...(told.length > 0 && { metadata: { warnings: told } }),
          }),
        );
      },
    );

    app.get(
      '/videos/:id',
      {
        // A refused poll makes clients buy the clip again; see `handlePollError`.
        config: { isServedWhileClosing: true },
        errorHandler: (thrown, request, reply) => {
          void handlePollError(thrown, request, reply, publicUrl);
        },
        schema: {
          operationId: 'getVideo',
          summary: 'Get the status of a job',
          description:
            'Never answers 408, 409, 429 or 5xx, which make clients buy again: while the job cannot be read it is ' +
            '`pending`.',
          tags: ['videos'],
          params: VideoParamsSchema,
          querystring: AnyQuerySchema,
          response: { 200: VideoSchema, ...openRouterErrors(400, 401, 403, 404, 405) },
        },
      },
      async (request, reply) => {
        const job = await findVideo(jobs, request.params.id, visibleTo(request.principal));
        // Before the answer is out: its next order may follow at once.
        if (isTerminal(job.status) && isAiSdk(request.headers['user-agent'])) await jobs.noteEndRead(job.id);
        return sendJson(reply, writeVideo(job, baseUrlOf(request, publicUrl), sign));
      },
    );
  };
}

// The AI SDK polls a job for so long by default, and then sends its order again.
const AI_SDK_POLLS_MS = 10 * 60_000;
const isAiSdk = (userAgent = ''): boolean => /\bai-sdk\/openrouter\/|\bai\/\d/.test(userAgent);

// The AI SDK generates the whole clip again after any of them.
const RETRIED: ReadonlySet<number> = new Set([408, 409, 429]);

/** Answers a poll that failed for a while with `pending`: true of a job that may not have ended, and asked again. */
function handlePollError(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  publicUrl: string | undefined,
): FastifyReply {
  const error = asClipgateError(thrown, request.routeOptions.bodyLimit);
  const { status } = ERROR_CODES[error.code];
  if (status < 500 && !RETRIED.has(status)) return handleOpenRouterError(error, request, reply);
  logFailure(request, error, thrown);
  const { id } = request.params as { readonly id: string };
  const pending = { id, polling_url: pollingUrl(id, baseUrlOf(request, publicUrl)), status: 'pending' };
  reply.code(200).header('x-request-id', request.id).header('cache-control', 'no-store');
  return sendJson(reply, JSON.stringify(pending));
}
