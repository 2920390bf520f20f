// POST /route: ranks the models for a clip, with prices and the reasons of each rejection.

import type { Orders } from '../../../service/orders/place-order.ts';
import { sendJson } from '../../response/send-json.ts';
import type { App } from '../../server/context.ts';
import { splitBody } from '../clip-body.ts';
import { writeRoute } from '../route-answer.ts';
import { problems } from '../schemas/problem.ts';
import { NoQuerySchema } from '../schemas/query.ts';
import { RouteBodySchema, RouteResultSchema } from '../schemas/route.ts';

/** data: URLs of frames and references make bodies this large. */
export const CLIP_BODY_LIMIT = 32 * 1024 * 1024;

export interface RouteRoutesParts {
  readonly orders: Pick<Orders, 'quoteRoute'>;
}

export function routeRoutes({ orders }: RouteRoutesParts) {
  return async (app: App): Promise<void> => {
    app.post(
      '/route',
      {
        bodyLimit: CLIP_BODY_LIMIT,
        config: { changesNothing: true },
        schema: {
          operationId: 'routeClip',
          summary: 'Rank the models that can make a clip; buys nothing',
          description:
            'Answers with the candidates, best first, the price and the expected time of each, why every other ' +
            'model was rejected, the request that would be sent, and a quote: `POST /jobs` with it buys that model ' +
            'at that price or less, for ten minutes.',
          tags: ['routing'],
          querystring: NoQuerySchema,
          body: RouteBodySchema,
          response: { 200: RouteResultSchema, ...problems(400, 401, 405, 408, 413, 415, 422, 500, 503) },
        },
      },
      async (request, reply) => {
        const { spec, routing } = splitBody(request.body);
        return sendJson(reply, writeRoute(await orders.quoteRoute(request.principal, spec, routing)));
      },
    );
  };
}
