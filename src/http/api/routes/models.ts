// GET /models and /models/{author}/{slug}: the catalog, serialised once per fetch and filtered views remembered.

import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Catalog, findModel, type VideoModel } from '../../../core/catalog/catalog.ts';
import { findSimilar, hintOf } from '../../../core/catalog/similar-models.ts';
import type { ClipSpec, ModelRules } from '../../../core/clip/clip-spec.ts';
import { ClipgateError } from '../../../core/errors.ts';
import { estimateSpec } from '../../../core/pricing/price-clip.ts';
import { findReasons, isAllowed } from '../../../core/routing/eligibility.ts';
import type { CatalogCache, CatalogView } from '../../../service/catalog/catalog-cache.ts';
import { modelNotAllowed } from '../../../service/orders/access.ts';
import { matchesEtag } from '../../response/etag.ts';
import { sendJson } from '../../response/send-json.ts';
import { addVary } from '../../response/vary.ts';
import type { App } from '../../server/context.ts';
import { sendProblem } from '../../server/problem.ts';
import { renderCatalog, renderModel } from '../render.ts';
import {
  ModelListSchema,
  ModelParamsSchema,
  type ModelQuery,
  ModelQuerySchema,
  ModelSchema,
} from '../schemas/model.ts';
import { problems } from '../schemas/problem.ts';
import { NoQuerySchema } from '../schemas/query.ts';

export interface ModelRoutesParts {
  readonly catalog: Pick<CatalogCache, 'get'>;
  readonly maxAgeS: number;
}

/** The part of a list's body that only changes with the catalog. */
interface ListView {
  readonly data: string;
  readonly etag: string;
  /**
   * The whole body as last sent: it is the same for as long as the catalog's age in seconds is. As bytes: text of
   * this length would be measured and encoded anew for every answer.
   */
  latest: { readonly ageS: number; readonly stale: boolean; readonly body: Buffer } | null;
}

const REMEMBERED_VIEWS = 200;

export function modelRoutes({ catalog, maxAgeS }: ModelRoutesParts) {
  let current: Catalog | null = null;
  const views = new LRUCache<string, ListView>({ max: REMEMBERED_VIEWS });
  // Shared by clients behind one cache, never by strangers: the catalog needs a key like everything else.
  const cacheControl = `private, max-age=${Math.min(60, maxAgeS)}, stale-while-revalidate=${maxAgeS}`;

  function viewOf(snapshot: Catalog, query: ModelQuery, access: readonly ModelRules[]): ListView {
    if (snapshot !== current) {
      views.clear();
      current = snapshot;
    }
    const key = JSON.stringify([query, access]);
    const known = views.get(key);
    if (known) return known;
    const data = JSON.stringify(findModels(snapshot, query, access).map(renderModel));
    // Weak: the body also says how old the catalog is, which does not make it another one.
    const etag = `W/"${createHash('sha256').update(data).digest('base64url').slice(0, 27)}"`;
    const view: ListView = { data, etag, latest: null };
    views.set(key, view);
    return view;
  }

  return async (app: App): Promise<void> => {
    app.get(
      '/models',
      {
        schema: {
          operationId: 'listModels',
          summary: 'List models, with capabilities and prices in dollars',
          description:
            'From the cached catalog of OpenRouter. Each parameter filters the list. The list has only models that the key is allowed to use. Send the `ETag` back as `If-None-Match`: 304 while nothing has changed.',
          tags: ['catalog'],
          querystring: ModelQuerySchema,
          response: {
            200: ModelListSchema,
            304: { description: 'Not modified since the ETag in If-None-Match.', content: {} },
            ...problems(400, 401, 405, 500, 503),
          },
        },
      },
      async (request, reply) => {
        const view = await catalog.get();
        const list = viewOf(view.catalog, request.query, request.principal.models);
        const { etag } = list;
        reply.header('etag', etag).header('cache-control', cacheControl);
        addVary(reply, 'authorization');
        if (matchesEtag(request.headers['if-none-match'], etag)) return reply.code(304).send();
        return sendJson(reply, bodyOf(list, view));
      },
    );

    app.get(
      '/models/:author/:slug',
      {
        schema: {
          operationId: 'getModel',
          summary: 'Get one model',
          description: 'By its id or its canonical slug, whose slash is part of the path.',
          tags: ['catalog'],
          params: ModelParamsSchema,
          querystring: NoQuerySchema,
          response: { 200: ModelSchema, ...problems(400, 401, 403, 404, 405, 500, 503) },
        },
      },
      async (request, reply) => {
        const { catalog: snapshot } = await catalog.get();
        const name = `${request.params.author}/${request.params.slug}`;
        const model = findModel(snapshot, name);
        // Elsewhere an unknown model is a fault of the body; here it is the thing that was asked for.
        if (!model)
          return sendProblem(
            reply,
            new ClipgateError(
              'unknown_model',
              `The catalog has no model ${name}. ${hintOf(findSimilar(name, snapshot.models))}`,
            ),
            404,
          );
        if (!isAllowed(model, request.principal.models)) throw modelNotAllowed(model.id);
        addVary(reply, 'authorization');
        return reply.header('cache-control', cacheControl).send(renderModel(model));
      },
    );
  };
}

function bodyOf(list: ListView, view: CatalogView): Buffer {
  const { ageS, stale } = view;
  if (list.latest?.ageS === ageS && list.latest.stale === stale) return list.latest.body;
  const body = Buffer.from(`{"data":${list.data},"catalog":${JSON.stringify(renderCatalog(view))}}`);
  list.latest = { ageS, stale, body };
  return body;
}

/** The models that a query describes, in the catalog's order. @param access what the caller's key and client may use. */
export const findModels = (
  catalog: Catalog,
  query: ModelQuery,
  access: readonly ModelRules[],
): VideoModel[] => catalog.models.filter((model) => isAllowed(model, access) && matches(model, query));

function matches(model: VideoModel, query: ModelQuery): boolean {
  const { duration, resolution, aspect_ratio, size, mode, generate_audio, seed, max_cost_usd } = query;
  if (generate_audio !== undefined && model.generateAudio !== (generate_audio === 'true')) return false;
  if (seed !== undefined && model.seed !== (seed === 'true')) return false;
  if (mode !== undefined && !hasMode(model, mode)) return false;
  const spec: ClipSpec = { duration, resolution, aspect_ratio, size };
  const refused = findReasons(model, spec, {}).some((reason) => reason.code !== 'missing_input');
  if (refused) return false;
  if (max_cost_usd === undefined) return true;
  return estimateSpec(model, spec).highUsd?.lte(max_cost_usd) ?? false;
}

function hasMode(model: VideoModel, mode: NonNullable<ModelQuery['mode']>): boolean {
  const takes = (modality: string) => model.inputModalities?.includes(modality) ?? false;
  switch (mode) {
    case 'text_to_video':
      // Without a length of its own a clip can only follow another.
      return model.durations !== null || model.unknown.includes('durations');
    case 'image_to_video':
      return model.frameImages.includes('first_frame') || model.unknown.includes('frameImages');
    case 'reference_to_video':
      return takes('image') || takes('video') || takes('audio');
    case 'video_to_video':
      return takes('video');
  }
}
