// POST /route: ranks the models for a clip, with prices and the reasons of each rejection.

import type { Jobs } from '../../../service/jobs/jobs.ts';
import { sendJson } from '../../response/send-json.ts';
import type { App } from '../../server/context.ts';
import { splitBody } from '../clip-body.ts';
import type { QuoteDesk } from '../quote-desk.ts';
import { problems } from '../schemas/problem.ts';
import { NoQuerySchema } from '../schemas/query.ts';
import { RouteBodySchema, RouteResultSchema } from '../schemas/route.ts';
import { withUpstreamJob } from '../upstream-job.ts';

/** data: URLs of frames and references make bodies this large. */
export const CLIP_BODY_LIMIT = 32 * 1024 * 1024;

export interface RouteRoutesParts {
  readonly jobs: Pick<Jobs, 'find'>;
  readonly quotes: Pick<QuoteDesk, 'answer'>;
}

export function routeRoutes({ jobs, quotes }: RouteRoutesParts) {
  return async (app: App): Promise<void> => {
    app.post(
      '/route',
      {
        bodyLimit: CLIP_BODY_LIMIT,
        schema: {
          operationId: 'routeClip',
          summary: 'Rank the models that can make a clip; buys nothing',
          tags: ['routing'],
          querystring: NoQuerySchema,
          body: RouteBodySchema,
          response: { 200: RouteResultSchema, ...problems(400, 401, 405, 408, 413, 415, 422, 500, 503) },
        },
      },
      async (request, reply) => {
        const { spec, routing } = splitBody(request.body);
        const wanted = await withUpstreamJob(jobs, spec, request.clientId);
        return sendJson(reply, await quotes.answer(wanted, routing, request.clientId));
      },
    );
  };
}
