// What core's values look like to a client: snake_case, ISO times, dollars.

import type { Big } from 'big.js';
import { type Callback, type CallbackAttempt, eventTypeOf } from '../../core/callbacks/delivery.ts';
import type { CatalogField, VideoModel } from '../../core/catalog/catalog.ts';
import { expiresAt } from '../../core/job/advance.ts';
import type { Attempt } from '../../core/job/attempt.ts';
import { isTerminal, type Job, type JobStatus } from '../../core/job/job.ts';
import { isResubmitSafe } from '../../core/job/resubmission.ts';
import type { ExpectedTime } from '../../core/learning/expected-time.ts';
import { fromMicroUsd } from '../../core/money.ts';
import type { LearnedEstimate } from '../../core/pricing/learned-estimate.ts';
import type { Candidate } from '../../core/routing/candidate.ts';
import type { Rejected } from '../../core/routing/evaluate.ts';
import type { Nearest } from '../../core/routing/nearest.ts';
import type { Ranking } from '../../core/routing/plan-route.ts';
import type { PurchasePlan } from '../../core/routing/purchase-plan.ts';
import type { CatalogView } from '../../service/catalog/catalog-cache.ts';
import type { CatalogChange } from '../../service/catalog/catalog-history.ts';
import { type ContentLinks, toQuery } from '../../service/clips/content-links.ts';
import type { JobRecord } from '../../service/jobs/job-records.ts';
import type { SubmissionHold } from '../../service/jobs/submission-hold.ts';
import { sentKey } from '../../service/orders/resubmission.ts';

export const isoTime = (ms: number) => new Date(ms).toISOString();
const isoOrNull = (ms: number | null) => (ms === null ? null : isoTime(ms));
const dollars = (usd: Big | null) => (usd === null ? null : usd.toNumber());

/** What the fields of a model are called outside. */
const MODEL_FIELDS: Readonly<Record<CatalogField, string>> = {
  id: 'id',
  durations: 'durations',
  resolutions: 'resolutions',
  aspectRatios: 'aspect_ratios',
  sizes: 'sizes',
  frameImages: 'frame_images',
  inputModalities: 'input_modalities',
  generateAudio: 'generate_audio',
  seed: 'seed',
  passthroughParameters: 'passthrough_parameters',
  upscaleFactor: 'upscale_factor',
  creativity: 'creativity',
  priceList: 'prices',
};

export function renderModel(model: VideoModel) {
  return {
    id: model.id,
    name: model.name,
    created: model.created,
    durations: model.durations,
    resolutions: model.resolutions,
    aspect_ratios: model.aspectRatios,
    sizes: model.sizes,
    frame_images: model.frameImages,
    input_modalities: model.inputModalities ?? [],
    generate_audio: model.generateAudio,
    seed: model.seed,
    passthrough_parameters: model.passthroughParameters,
    upscale_factor: model.upscaleFactor,
    creativity: model.creativity,
    prices: model.priceList.prices.map(({ sku, unit, usd, when: { videoInput, ...when } }) => ({
      sku,
      unit,
      usd: usd.toNumber(),
      when: { ...when, ...(videoInput ? { video_input: true } : {}) },
    })),
    unknown_skus: model.priceList.unknownSkus,
    unreadable: model.unreadable.length > 0,
    unreadable_fields: model.unreadable.map((field) => MODEL_FIELDS[field]),
  };
}

export function renderCatalog({ catalog, ageS, stale }: CatalogView) {
  return {
    fetched_at: isoTime(catalog.fetchedAt),
    age_s: ageS,
    stale,
    models: catalog.models.length,
    dropped: catalog.dropped,
    unreadable: catalog.unreadable,
  };
}

export function renderEstimate(estimate: LearnedEstimate) {
  return {
    usd: dollars(estimate.usd),
    low_usd: dollars(estimate.lowUsd),
    high_usd: dollars(estimate.highUsd),
    ceiling_usd: dollars(estimate.ceilingUsd),
    certainty: estimate.certainty,
    ...(estimate.reason === undefined ? {} : { reason: estimate.reason }),
    ...(estimate.learned === undefined ? {} : { learned: estimate.learned }),
    lines: estimate.lines.map(({ sku, unit, quantity, unitUsd, usd }) => ({
      sku,
      unit,
      quantity,
      unit_usd: unitUsd.toNumber(),
      usd: usd.toNumber(),
    })),
  };
}

export const renderExpected = ({ p50S, p90S, source, samples }: ExpectedTime) => ({
  p50: p50S,
  p90: p90S,
  source,
  samples,
});

function renderCandidate(candidate: Candidate) {
  const { model, rank, score, scores, lowestAdvertisedPrice, quality, estimate, expected } = candidate;
  return {
    model: model.id,
    rank,
    score,
    scores,
    // JSON leaves out what is undefined: only the guide has such a price.
    lowest_advertised_price: lowestAdvertisedPrice,
    quality: { value: Math.round(quality.value * 1000) / 1000, source: quality.source },
    estimate: renderEstimate(estimate),
    expected_s: renderExpected(expected),
  };
}

/** What of a routing answer is the same for every clip that ranks alike. */
export const renderRanking = ({ candidates, rejected, nearest, weights }: Ranking) => ({
  candidates: candidates.map(renderCandidate),
  rejected: rejected.map(renderRejected),
  nearest: nearest.map(renderNearest),
  weights,
});

export const renderNearest = ({ change, admits, fromUsd }: Nearest) => ({
  change,
  admits,
  from_usd: fromUsd,
});

export const renderRejected = ({ model, reasons }: Rejected) => ({ model: model.id, reasons });

/** Dollars of micro-dollars; null stays unknown. */
export const usdOf = (micro: number | null) => (micro === null ? null : fromMicroUsd(micro));

const renderAttempt = (
  attempt: Pick<
    Attempt,
    'model' | 'upstreamId' | 'error' | 'startedAt' | 'estimatedMicroUsd' | 'actualMicroUsd'
  >,
  status: JobStatus,
) => ({
  model: attempt.model,
  upstream_id: attempt.upstreamId,
  status,
  error: attempt.error,
  started_at: attempt.startedAt === null ? null : isoTime(attempt.startedAt),
  cost: { estimated_usd: usdOf(attempt.estimatedMicroUsd), actual_usd: usdOf(attempt.actualMicroUsd) },
});

function renderCallback({ callbackUrl }: Job, callback: Callback | null) {
  if (callbackUrl === null || !callback) return null;
  return {
    url: callbackUrl,
    status: callback.state,
    event: callback.event === null ? null : eventTypeOf(callback.event),
    attempts: callback.attempts,
    last_error: callback.lastError,
    next_at: callback.nextAt === null ? null : isoTime(callback.nextAt),
  };
}

/** When half the clips like it are done; null once it has ended and where that is unknown. */
const expectedAt = ({ status, expectedMs, submittedAt, createdAt }: Job): number | null =>
  expectedMs === null || isTerminal(status) ? null : (submittedAt ?? createdAt) + expectedMs;

/** When the last of its content was removed; null while there is any. */
function erasedAt({ status, bodyErasedAt, clipsRemovedAt }: Job): number | null {
  if (bodyErasedAt === null || status !== 'completed') return bodyErasedAt;
  return clipsRemovedAt && Math.max(bodyErasedAt, clipsRemovedAt);
}

const WAITS =
  'Waits until fewer jobs of this client or key run: as many as max_running_jobs allows run already.';

export const linkTo = (job: Job): string => `/jobs/${job.id}`;

/** @param sign signs the links to the clips; absent = they need a key. */
export function renderJob(
  { job, outputs, earlier, resent, callback }: JobRecord,
  sign?: ContentLinks['sign'],
) {
  const self = linkTo(job);
  const count = job.status === 'completed' ? job.outputCount : 0;
  return {
    id: job.id,
    // Shown to all who may see the job: operators need it, and to its owner it is no secret.
    client: job.clientId,
    key_id: job.keyId,
    status: job.status,
    model: job.model,
    created_at: isoTime(job.createdAt),
    updated_at: isoTime(job.updatedAt),
    finished_at: isoOrNull(job.finishedAt),
    ended: isTerminal(job.status),
    expected_at: isoOrNull(expectedAt(job)),
    request: job.request,
    cost: {
      estimated_usd: usdOf(job.estimatedMicroUsd),
      ceiling_usd: usdOf(job.ceilingMicroUsd),
      actual_usd: usdOf(job.actualMicroUsd),
      is_byok: job.isByok,
    },
    upstream: { id: job.upstreamId, generation_id: job.generationId },
    status_detail: job.waitingSince === null ? job.statusDetail : WAITS,
    expires_at: isoOrNull(expiresAt(job)),
    error: job.error,
    attempts: [
      ...earlier.flatMap((attempt) =>
        attempt.status === null ? [] : [renderAttempt(attempt, attempt.status)],
      ),
      renderAttempt({ ...job, startedAt: job.submittedAt }, job.status),
    ],
    tags: job.tags,
    reference: job.reference,
    idempotency_key: sentKey(job.idempotencyKey),
    request_id: job.requestId,
    erased_at: isoOrNull(erasedAt(job)),
    resubmit_of: job.resubmitOf,
    resubmit_safe: isResubmitSafe(job, { earlier, resent }),
    callback: renderCallback(job, callback),
    outputs: Array.from({ length: count }, (_, index) => {
      const stored = outputs.find((output) => output.index === index);
      return {
        index,
        url: `${self}/content?index=${index}${sign ? `&${toQuery(sign(job.id, index))}` : ''}`,
        content_type: stored?.contentType ?? 'video/mp4',
        bytes: stored?.bytes ?? null,
      };
    }),
    links: { self, events: `${self}/events`, content: `${self}/content` },
  };
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export function renderChange({ changedAt, modelId, kind, fields }: CatalogChange) {
  return {
    at: isoTime(changedAt),
    model: modelId,
    kind,
    // Keys of upstream's price list stay as they are.
    fields: fields.map(({ field, before, after }) => ({
      field: field.startsWith('prices.') ? field : snakeCase(field),
      before,
      after,
    })),
  };
}

export const renderHold = (hold: SubmissionHold | null) => ({
  held: hold !== null,
  reason: hold?.reason ?? null,
  operator: hold?.actor ?? null,
  since: hold ? isoTime(hold.since) : null,
});

export const renderCallbackAttempt = ({
  number,
  at,
  event,
  httpStatus,
  error,
  retryAt,
}: CallbackAttempt) => ({
  number,
  at: isoTime(at),
  event: eventTypeOf(event),
  http_status: httpStatus,
  error,
  retry_at: isoOrNull(retryAt),
});

/** The plan that a job was bought by. */
export function renderPurchasePlan(plan: PurchasePlan | null) {
  if (!plan) return null;
  const { estimate } = plan;
  return {
    chosen_by: plan.chosenBy,
    why: plan.why,
    estimate: {
      usd: estimate.usd,
      low_usd: estimate.lowUsd,
      high_usd: estimate.highUsd,
      ceiling_usd: estimate.ceilingUsd,
      certainty: estimate.certainty,
      reason: estimate.reason,
      learned: estimate.learned,
      lines: estimate.lines.map(({ unitUsd, ...line }) => ({ ...line, unit_usd: unitUsd })),
    },
    expected_s: renderExpected(plan.expected),
    weights: plan.weights,
    candidates: plan.candidates.map(({ model, usd, ceilingUsd, p50S, score, scores }, index) => ({
      model,
      rank: index + 1,
      estimated_usd: usd,
      ceiling_usd: ceilingUsd,
      p50_s: p50S,
      score,
      scores,
    })),
    rejected: plan.rejected,
    cut: plan.cut,
  };
}
