// The catalog routes: video models, the general model list with its input modalities, and a model's endpoints.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ApiError } from '../api-error.ts';
import type { CatalogModel } from '../catalog.ts';
import { commit } from '../faults/acts.ts';
import type { FaultRule } from '../faults/book.ts';
import { catalogText } from '../faults/catalogs.ts';
import { type CatalogFault, type Fault, isRequestFault } from '../faults/catalogue.ts';
import { faultHeader, faultsInHeader } from '../faults/markers.ts';
import { providerOf } from '../providers.ts';
import type { World } from '../world.ts';

/** Needs no key, as live. */
export function publicModelRoutes(world: World): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.get('/videos/models', async (request, reply) => {
      const faults = world.faults.draw('catalog', {}, headerRules(world, request));
      const spoiled = faults.filter((fault): fault is CatalogFault => !isRequestFault(fault));
      return answer(faults, catalogText(world.catalog.models, spoiled), reply);
    });
    app.get('/models', async (request, reply) => {
      const faults = world.faults.draw('modalities', {}, headerRules(world, request));
      return answer(faults, JSON.stringify(listPage(world, request.query)), reply);
    });
  };
}

const ListQuerySchema = z.object({
  output_modalities: z.string().default('text'),
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1000).optional(),
});

/** A page of the general list; without a limit, all of it. */
function listPage(world: World, search: unknown) {
  const query = ListQuerySchema.safeParse(search);
  if (!query.success) throw new ApiError(400, `Invalid request parameters: ${z.prettifyError(query.error)}`);
  const { offset, limit, output_modalities: modalities } = query.data;
  // The simulator sells video alone: a list of any other kind is empty here.
  const wanted = modalities.split(',').some((one) => one === 'video' || one === 'all');
  const listed = wanted ? world.catalog.models : [];
  const end = limit === undefined ? listed.length : offset + limit;
  const next =
    end < listed.length
      ? `/api/v1/models?output_modalities=${modalities}&offset=${end}&limit=${limit}`
      : null;
  return {
    data: listed.slice(offset, end).map((model) => generalEntry(world, model)),
    links: { next },
    total_count: listed.length,
  };
}

function headerRules(world: World, request: FastifyRequest): FaultRule[] {
  return world.faults.attach(faultsInHeader(request.headers[faultHeader]));
}

function answer(faults: readonly Fault[], text: string, reply: FastifyReply): FastifyReply {
  const type = 'application/json; charset=utf-8';
  const spoiling = faults.find(isRequestFault);
  if (spoiling !== undefined)
    return commit(spoiling, reply, { status: 200, type, body: Buffer.from(text) }, {});
  return reply.type(type).send(text);
}

export function endpointRoutes(world: World): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.get<{ Params: { author: string; slug: string } }>(
      '/models/:author/:slug/endpoints',
      async (request) => {
        const model = world.catalog.find(`${request.params.author}/${request.params.slug}`);
        if (model === undefined) throw new ApiError(404, 'Resource not found');
        return {
          data: {
            id: model.id,
            name: model.name,
            created: model.created,
            description: model['description'] ?? '',
            architecture: architecture(world, model),
            endpoints: [endpoint(model)],
          },
        };
      },
    );
  };
}

function architecture(world: World, model: CatalogModel) {
  const inputs = world.catalog.inputModalities(model);
  return {
    modality: `${inputs.join('+')}->video`,
    input_modalities: inputs,
    output_modalities: ['video'],
    tokenizer: 'Other',
    instruct_type: null,
  };
}

/** Video has no price per token: the live list prints zeros, which are not to be quoted. */
const noTokenPrice = { prompt: '0', completion: '0' };

function generalEntry(world: World, model: CatalogModel) {
  return {
    id: model.id,
    canonical_slug: model.canonical_slug,
    hugging_face_id: model['hugging_face_id'] ?? '',
    name: model.name,
    created: model.created,
    description: model['description'] ?? '',
    context_length: 0,
    architecture: architecture(world, model),
    pricing: noTokenPrice,
    top_provider: { context_length: null, max_completion_tokens: null, is_moderated: false },
    per_request_limits: null,
    supported_parameters: [],
    default_parameters: null,
    supported_voices: null,
    links: { details: `/api/v1/models/${model.canonical_slug}/endpoints` },
  };
}

function endpoint(model: CatalogModel) {
  const provider = providerOf(model.id);
  return {
    name: `${provider.name} | ${model.canonical_slug}`,
    model_id: model.id,
    model_name: model.name,
    context_length: 0,
    pricing: noTokenPrice,
    provider_name: provider.name,
    tag: provider.slugs[0],
    quantization: null,
    max_completion_tokens: null,
    max_prompt_tokens: null,
    supported_parameters: [],
    supports_implicit_caching: false,
    supports_tool_choice: { none: false, auto: false, required: false, function: false },
    status: 0,
    uptime_last_5m: 100,
    uptime_last_30m: 100,
    uptime_last_1d: 100,
    latency_last_30m: null,
    throughput_last_30m: null,
  };
}
