// POST /route: what would be bought, from whom, for how much, and why not from the others.

import { ClipgateError } from '../../core/errors.ts';
import type { RoutePlan } from '../../core/route.ts';
import type { Planner } from '../../service/planner.ts';
import { splitBody } from '../clip-body.ts';
import type { App } from '../context.ts';
import { renderCandidate, renderCatalog, renderRejected } from '../render.ts';
import { problems } from '../schemas/problem.ts';
import { NoQuerySchema } from '../schemas/query.ts';
import { RouteBodySchema, RouteResultSchema } from '../schemas/route.ts';

/** data: URLs of frames and references make bodies this large. */
export const CLIP_BODY_LIMIT = 32 * 1024 * 1024;

export function routeRoutes({ planner }: { readonly planner: Planner }) {
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
      async (request) => {
        const { spec, routing } = splitBody(request.body);
        const { view, route } = await planner.planRoute(spec, routing);
        const [best] = route.candidates;
        if (!best || !route.submission) throw noMatchingModel(route);
        return {
          selected: best.model.id,
          candidates: route.candidates.map(renderCandidate),
          rejected: route.rejected.map(renderRejected),
          nearest: route.nearest,
          request: route.submission.body,
          warnings: route.submission.warnings,
          catalog: renderCatalog(view),
        };
      },
    );
  };
}

/** No model can make the clip: every reason, and the smallest changes that would help. */
export function noMatchingModel(route: RoutePlan): ClipgateError {
  const [change] = route.nearest;
  const hint = change ? ` With ${describe(change.change)} ${change.admits.length} would.` : '';
  return new ClipgateError(
    'no_matching_model',
    `None of ${route.rejected.length} models can make this clip.${hint}`,
    {
      extra: { rejected: route.rejected.map(renderRejected), nearest: route.nearest },
    },
  );
}

const describe = (change: Readonly<Record<string, unknown>>) =>
  Object.entries(change)
    .map(([field, value]) => (value === null ? `no ${field}` : `${field} ${JSON.stringify(value)}`))
    .join(' and ');
