// GET /models/changes: models added and removed, changed capabilities and prices.

import type { CatalogHistoryReader } from '../../../service/catalog/catalog-history.ts';
import type { App } from '../../server/context.ts';
import { renderChange } from '../render.ts';
import { CatalogChangeListSchema, CatalogChangeQuerySchema } from '../schemas/catalog-change.ts';
import { problems } from '../schemas/problem.ts';

export function catalogChangeRoutes({ history }: { readonly history: CatalogHistoryReader }) {
  return async (app: App): Promise<void> => {
    app.get(
      '/models/changes',
      {
        schema: {
          operationId: 'listCatalogChanges',
          summary: 'List changes of the catalog, oldest first',
          description:
            'Changes at OpenRouter that this gateway observed: models added or removed, capabilities, prices.',
          tags: ['catalog'],
          querystring: CatalogChangeQuerySchema,
          response: { 200: CatalogChangeListSchema, ...problems(400, 401, 405, 500, 503) },
        },
      },
      async (request, reply) => {
        const { since, cursor, model, limit } = request.query;
        const changes = await history.list(placeOf(cursor, since), limit + 1, model);
        const page = changes.slice(0, limit);
        const last = page.at(-1);
        reply.header('cache-control', 'no-store');
        return {
          data: page.map(renderChange),
          next_cursor: changes.length > page.length && last ? `${last.changedAt}.${last.position}` : null,
        };
      },
    );
  };
}

/** A cursor says more exactly what `since` says; it wins. */
function placeOf(cursor: string | undefined, since: string | undefined) {
  const [changedAt, position] = (cursor ?? '').split('.').map(Number);
  if (changedAt !== undefined && position !== undefined) return { changedAt, position };
  return { changedAt: since === undefined ? 0 : Date.parse(since), position: Number.MAX_SAFE_INTEGER };
}
