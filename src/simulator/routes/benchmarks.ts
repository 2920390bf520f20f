// The benchmark route: design-arena's ratings of video models, behind the documented rate limit.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ApiError } from '../api-error.ts';
import type { CatalogModel } from '../catalog.ts';
import { planClip } from '../clip.ts';
import { medianGenerationMs } from '../latency.ts';
import { createRandom, hash32 } from '../random.ts';
import type { World } from '../world.ts';

const QuerySchema = z.object({
  source: z.enum(['artificial-analysis', 'design-arena', 'openrouter']).optional(),
  arena: z.enum(['models', 'builders', 'agents']).optional(),
  category: z.string().optional(),
  max_results: z.coerce.number().int().min(1).optional(),
});

export function benchmarkRoutes(world: World): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.get('/benchmarks', async (request) => {
      requireRoom(world, request.headers.authorization ?? '');
      const query = QuerySchema.safeParse(request.query);
      if (!query.success)
        throw new ApiError(400, `Invalid request parameters: ${z.prettifyError(query.error)}`);
      const { source, arena, category, max_results: most } = query.data;
      // The simulator knows of one source, one arena and one category; all others are empty here.
      const known =
        (source ?? 'design-arena') === 'design-arena' &&
        (arena ?? 'models') === 'models' &&
        (category ?? 'video') === 'video';
      const data = known
        ? world.catalog.models
            .filter(isRated)
            .map(rate)
            .sort((a, b) => b.elo - a.elo)
        : [];
      const kept = data.slice(0, most);
      return {
        data: kept,
        meta: {
          as_of: new Date(world.clock.nowMs()).toISOString(),
          version: 'v1',
          source: source ?? null,
          source_url: source === 'design-arena' ? 'https://www.designarena.ai' : null,
          citation: null,
          model_count: kept.length,
          task_type: null,
        },
      };
    });
  };
}

function requireRoom(world: World, caller: string): void {
  const full = world.benchmarkLimit.take(caller);
  if (full === undefined) return;
  throw new ApiError(429, 'Rate limit exceeded', {
    headers: {
      'x-ratelimit-limit': String(full.window.requests),
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(full.resetMs),
    },
  });
}

/** The arena compares clips made from a prompt: editors, upscalers and avatars do not take part. */
function isRated(model: CatalogModel): boolean {
  return model.supported_durations !== null;
}

/** Votes are invented, but stay the same for a model; the time is the one its jobs really take here. */
function rate(model: CatalogModel) {
  const random = createRandom(hash32(`design-arena/${model.canonical_slug}`));
  const elo = Math.round(1050 + 250 * random());
  const total = 200 + Math.floor(random() * 800);
  const first = Math.floor(total * (0.1 + 0.4 * random()));
  const second = Math.floor((total - first) * 0.4);
  const third = Math.floor((total - first - second) * 0.5);
  return {
    source: 'design-arena' as const,
    arena: 'models',
    category: 'video',
    model_permaslug: model.canonical_slug,
    display_name: model.name,
    elo,
    // The chance to beat an opponent of 1175 by the elo formula, in per cent.
    win_rate: Math.round(1000 / (1 + 10 ** ((1175 - elo) / 400))) / 10,
    avg_generation_time_ms: medianGenerationMs(model, planClip(model, { model: model.id })),
    tournament_stats: {
      first_place: first,
      second_place: second,
      third_place: third,
      fourth_place: total - first - second - third,
      total,
    },
    pricing: null,
  };
}
