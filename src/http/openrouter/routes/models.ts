// GET /videos/models and /models: OpenRouter's own lists from the cache, without a key as at OpenRouter.

import type { CatalogCache } from '../../../service/catalog/catalog-cache.ts';
import type { App } from '../../server/context.ts';
import { completeModalities, completeModels } from '../model-list.ts';
import { AnyQuerySchema, ModelsQuerySchema, openRouterErrors, UpstreamListSchema } from '../schemas.ts';

export interface VideoModelRoutesParts {
  readonly catalog: Pick<CatalogCache, 'getLists'>;
}

export function videoModelRoutes({ catalog }: VideoModelRoutesParts) {
  return async (app: App): Promise<void> => {
    const answers = { 200: UpstreamListSchema, ...openRouterErrors(400, 405, 500, 503) };
    app.get(
      '/videos/models',
      {
        schema: {
          operationId: 'listVideoModels',
          summary: 'Every video model, in the shape of OpenRouter',
          description:
            "OpenRouter's entries from the cache, with every field that its SDK requires. Needs no key, as there.",
          tags: ['models'],
          security: [],
          querystring: AnyQuerySchema,
          response: answers,
        },
      },
      async () => {
        const { lists, catalog: known } = await catalog.getLists();
        return completeModels(lists.models, known);
      },
    );

    app.get(
      '/models',
      {
        schema: {
          operationId: 'listModelModalities',
          summary: 'Every video model with what it takes as input',
          description:
            "OpenRouter's list of models, of which this gateway has those that make video. Needs no key, as there.",
          tags: ['models'],
          security: [],
          querystring: ModelsQuerySchema,
          response: answers,
        },
      },
      async ({ query }) => {
        const wanted = query.output_modalities?.split(',') ?? ['video'];
        if (!wanted.some((one) => one === 'video' || one === 'all')) return { data: [] };
        const { lists, catalog: known } = await catalog.getLists();
        return completeModalities(lists.modalities, known);
      },
    );
  };
}
