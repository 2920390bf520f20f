// The account routes: credits, the key's limit and usage, and the billing record of each generation.
import type { FastifyInstance } from 'fastify';
import { ApiError } from '../api-error.ts';
import { userId } from '../auth.ts';
import { billedUsd, type Job, statusOf } from '../job.ts';
import { providerOf } from '../providers.ts';
import type { World } from '../world.ts';

export function accountRoutes(world: World): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.get('/credits', async () => ({
      data: { total_credits: world.settings().credits_usd, total_usage: world.account.usageUsd() },
    }));
    app.get('/key', async () => ({ data: showKey(world) }));
    app.get<{ Querystring: { id?: string } }>('/generation', async (request) => {
      const { id } = request.query;
      // One of the routes that answer with the other envelope.
      if (id === undefined) throw new ApiError(400, missingId, { envelope: 'zod' });
      const job = world.jobs.findGeneration(id);
      const nowMs = world.clock.nowMs();
      if (job === undefined || statusOf(job, nowMs) !== 'completed') {
        throw new ApiError(404, `Generation ${id} not found`);
      }
      return { data: billingRecord(job, nowMs) };
    });
  };
}

const missingId = JSON.stringify([
  {
    expected: 'string',
    code: 'invalid_type',
    path: ['id'],
    message: 'Invalid input: expected string, received undefined',
  },
]);

/** Usage of the day, week and month is all of it: a simulator that runs longer can be reset. */
function showKey(world: World) {
  const usage = world.account.usageUsd();
  const limit = world.settings().key_limit_usd;
  return {
    label: 'sk-or-sim...key',
    limit,
    limit_remaining: limit === null ? null : Math.max(0, limit - usage),
    limit_reset: null,
    include_byok_in_limit: false,
    usage,
    usage_daily: usage,
    usage_weekly: usage,
    usage_monthly: usage,
    byok_usage: 0,
    byok_usage_daily: 0,
    byok_usage_weekly: 0,
    byok_usage_monthly: 0,
    is_free_tier: false,
    is_management_key: false,
    is_provisioning_key: false,
    creator_user_id: userId,
    organization_id: null,
    workspace_id: null,
    expires_at: null,
    allowed_data_regions: ['global'],
    free_model_daily_requests: { limit: 1000, remaining: 1000, used: 0 },
    rate_limit: { requests: -1, interval: '10s', note: 'This field is deprecated and safe to ignore.' },
  };
}

/** What a billing record says of a video; the fields that only text has are null. */
function billingRecord(job: Job, nowMs: number) {
  const cost = billedUsd(job, nowMs) ?? 0;
  const generationMs = job.ending.readyMs - job.acceptedMs;
  return {
    id: job.generationId,
    upstream_id: job.id,
    model: job.model.canonical_slug,
    provider_name: providerOf(job.model.id).name,
    api_type: 'video',
    created_at: new Date(job.acceptedMs).toISOString(),
    total_cost: cost,
    usage: cost,
    upstream_inference_cost: null,
    generation_time: generationMs,
    latency: generationMs,
    is_byok: job.showing.usage?.is_byok ?? false,
    cancelled: false,
    streamed: false,
    finish_reason: null,
    native_finish_reason: null,
    origin: '',
    session_id: job.request.session_id ?? null,
    external_user: job.request.user ?? null,
    data_region: 'global',
    num_media_completion: 1,
    num_media_prompt: job.clip.frameImages + job.clip.imageReferences + job.clip.videoReferences,
    ...withoutMeaningForVideo,
  };
}

const withoutMeaningForVideo = {
  app_id: null,
  cache_discount: null,
  http_referer: null,
  moderation_latency: null,
  native_tokens_cached: null,
  native_tokens_completion: null,
  native_tokens_completion_images: null,
  native_tokens_prompt: null,
  native_tokens_reasoning: null,
  num_fetches: null,
  num_input_audio_prompt: null,
  num_search_results: null,
  preset_id: null,
  provider_responses: null,
  router: null,
  service_tier: null,
  tokens_completion: null,
  tokens_prompt: null,
  user_agent: null,
  web_search_engine: null,
  workspace_id: null,
};
