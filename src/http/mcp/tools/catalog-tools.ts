// list_models and route_clip: what there is, and which model fits a clip at what price.

import { cutRequest } from '../../../core/clip/cut-request.ts';
import type { SubmitBody } from '../../../core/job/job.ts';
import type { CatalogCache } from '../../../service/catalog/catalog-cache.ts';
import type { Orders } from '../../../service/orders/place-order.ts';
import { splitBody } from '../../api/clip-body.ts';
import { renderCatalog, renderModel } from '../../api/render.ts';
import { writeRoute } from '../../api/route-answer.ts';
import { findModels } from '../../api/routes/models.ts';
import { ListModelsSchema, ModelPageSchema, RankingSchema, RouteClipSchema } from '../schemas.ts';
import { defineTool, type Tool } from '../tool.ts';

export interface CatalogToolsParts {
  readonly catalog: Pick<CatalogCache, 'get'>;
  readonly orders: Pick<Orders, 'quoteRoute'>;
}

const asWord = (flag: boolean | undefined) =>
  flag === undefined ? undefined : flag ? ('true' as const) : ('false' as const);

export const catalogTools = ({ catalog, orders }: CatalogToolsParts): readonly Tool[] => [
  defineTool({
    name: 'list_models',
    title: 'List video models',
    description:
      'Video models with what they can do and their price lists, narrowed by what the clip needs. To learn what one clip costs, call route_clip or quote_clip instead.',
    scope: 'read',
    input: ListModelsSchema,
    output: ModelPageSchema,
    async run({ limit, cursor, generate_audio, seed, ...query }, { principal }) {
      const view = await catalog.get();
      const wanted = { ...query, generate_audio: asWord(generate_audio), seed: asWord(seed) };
      const found = findModels(view.catalog, wanted, principal.models);
      // A model that has gone since is where its page would have begun: the list starts anew.
      const from = found.findIndex(({ id }) => id === cursor) + 1;
      const page = found.slice(from, from + limit);
      const isLast = from + limit >= found.length;
      return {
        structured: {
          data: page.map(renderModel),
          catalog: renderCatalog(view),
          next_cursor: isLast ? null : (page.at(-1)?.id ?? null),
        },
      };
    },
  }),

  defineTool({
    name: 'route_clip',
    title: 'Rank models for a clip',
    description:
      'Ranks the models that can make a clip by price for this very clip, expected time and quality, and says why the others cannot. Buys nothing. Set priority, max_cost_usd and max_wait_s to say how to choose.',
    scope: 'read',
    input: RouteClipSchema,
    output: RankingSchema,
    async run({ limit, ...body }, { principal }) {
      const { spec, routing } = splitBody(body);
      const ranking = readRoute(writeRoute(await orders.quoteRoute(principal, spec, routing)));
      return {
        structured: {
          ...ranking,
          candidates: ranking.candidates.slice(0, limit),
          rejected: ranking.rejected.slice(0, limit),
          total_candidates: ranking.candidates.length,
          total_rejected: ranking.rejected.length,
        },
      };
    },
  }),
];

interface RouteAnswer {
  readonly candidates: readonly unknown[];
  readonly rejected: readonly unknown[];
  readonly request: SubmitBody;
}

/** Without the quote of POST /route: `buy_clip` takes those that are kept. */
function readRoute(text: string): RouteAnswer {
  const { quote, quote_expires_at, quote_ceiling_usd, ...answer } = JSON.parse(text) as RouteAnswer &
    Record<string, unknown>;
  return { ...answer, request: cutRequest(answer.request) };
}
