// OpenRouter's JSON, parsed tolerantly: required fields must be present, new and unknown ones are accepted.

import { z } from 'zod';
import type { PollAnswer } from '../../core/job/poll-result.ts';
import { isUpstreamId, UPSTREAM_ID } from '../../core/job/upstream-id.ts';

const ListWire = z.object({ data: z.array(z.unknown()) });

const EndpointsWire = z.object({ data: z.object({ endpoints: z.array(z.unknown()) }) });
// Its prices are left unread on purpose: for video they are all zero.
const EndpointWire = z.object({ tag: z.string().min(1).max(128) });

/** Reads `GET /models/{author}/{slug}/endpoints`: the tag of each endpoint, which is its provider's slug; or null. */
export function parseEndpointTags(body: unknown): readonly string[] | null {
  const answer = EndpointsWire.safeParse(body);
  if (!answer.success) return null;
  return answer.data.data.endpoints.flatMap((endpoint) => {
    const parsed = EndpointWire.safeParse(endpoint);
    return parsed.success ? [parsed.data.tag] : [];
  });
}

/** One job in a list of one is that job. */
const unwrap = (body: unknown): unknown => (Array.isArray(body) && body.length === 1 ? body[0] : body);

// An id that changed its JSON type is still the only thing that leads to a paid video.
const IdWire = z.union([z.string(), z.int().transform(String)]);
// A second name for the job, of use to people only: not worth losing an answer for.
const GenerationIdWire = z.string().regex(UPSTREAM_ID).nullable().catch(null);

const SubmitAnswerWire = z.object({
  id: IdWire.refine(isUpstreamId),
  generation_id: GenerationIdWire,
  status: z.string().nullable().catch(null),
});

export interface SubmitAnswer {
  readonly upstreamId: string;
  readonly generationId: string | null;
  readonly status: string | null;
}

/** Reads the 2xx answer to a submit; null where it holds no id we can use, which leaves the outcome unknown. */
export function parseSubmitAnswer(body: unknown): SubmitAnswer | null {
  const parsed = SubmitAnswerWire.safeParse(unwrap(body));
  if (!parsed.success) return null;
  const { id, generation_id, status } = parsed.data;
  return { upstreamId: id, generationId: generation_id, status };
}

const OddIdWire = z.object({ id: z.unknown().refine((id) => id !== undefined && id !== null) });
const MAX_SHOWN_ID = 1_000;

/** The id in an answer that `parseSubmitAnswer` cannot use, for a person to read: ASCII, escaped, cut. Null = none. */
export function showOddId(body: unknown): string | null {
  const parsed = OddIdWire.safeParse(unwrap(body));
  if (!parsed.success) return null;
  return JSON.stringify(parsed.data.id)
    .slice(0, MAX_SHOWN_ID)
    .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

// A number that changed its JSON type is still what was billed.
const CostWire = z.union([
  z.number().min(0),
  z
    .string()
    .regex(/^\d{1,12}(\.\d{1,15})?$/)
    .transform(Number),
]);

// Only the status must be there. Whatever else cannot be read counts as not said, or one odd field would keep a job
// from ever ending.
const PollAnswerWire = z.object({
  id: IdWire.nullable().catch(null),
  generation_id: GenerationIdWire,
  status: z.string(),
  unsigned_urls: z.array(z.unknown()).catch([]),
  usage: z
    .object({ cost: CostWire.nullish().catch(null), is_byok: z.boolean().nullish().catch(null) })
    .nullish()
    .catch(null),
  status_detail: z.string().nullable().catch(null),
  error: z.unknown().optional(),
});

const MAX_REASON_DEPTH = 4;
const MAX_REASONS = 10;

/** A reason in any of the forms in which it comes: text, `{ message }`, `{ error: { message } }`, a code, a list of these. */
function readReason(value: unknown, depth = 0): string | null {
  if (typeof value === 'string') return value.trim() === '' ? null : value;
  if (typeof value === 'number' && depth > 0) return String(value);
  if (typeof value !== 'object' || value === null || depth >= MAX_REASON_DEPTH) return null;
  if (Array.isArray(value)) {
    const reasons = value.slice(0, MAX_REASONS).map((one) => readReason(one, depth + 1));
    return reasons.filter((one) => one !== null).join('; ') || null;
  }
  for (const member of ['message', 'error', 'detail', 'reason', 'code']) {
    const found = readReason(Reflect.get(value, member), depth + 1);
    if (found !== null) return found;
  }
  return null;
}

/** Reads `GET /videos/{id}`; null where it is not a job, or another job than `upstreamId`. */
export function parsePollAnswer(whole: unknown, upstreamId: string): PollAnswer | null {
  const body = unwrap(whole);
  const parsed = PollAnswerWire.safeParse(body);
  if (!parsed.success || (parsed.data.id !== null && parsed.data.id !== upstreamId)) return null;
  const { status, generation_id, unsigned_urls, usage, error, status_detail } = parsed.data;
  return {
    status,
    generationId: generation_id,
    outputCount: unsigned_urls.length,
    costUsd: usage?.cost ?? null,
    isByok: usage?.is_byok ?? null,
    error: readReason(error),
    ...(status_detail?.trim() ? { statusDetail: status_detail.trim() } : {}),
    // Looked for in the body itself: what could not be read is null by now, but it was there.
    ...(typeof body === 'object' && body !== null && !('usage' in body) ? { noUsage: true as const } : {}),
  };
}

const BillWire = z.object({
  data: z.object({ total_cost: CostWire, is_byok: z.boolean().nullish().catch(null) }),
});

/** What a generation was billed. */
export interface BillRecord {
  readonly costUsd: number;
  readonly isByok: boolean | null;
}

/** Reads `GET /generation`; null where it names no cost. */
export function parseBillRecord(body: unknown): BillRecord | null {
  const parsed = BillWire.safeParse(body);
  if (!parsed.success) return null;
  const { total_cost: costUsd, is_byok: isByok } = parsed.data.data;
  return { costUsd, isByok: isByok ?? null };
}

// A clip that takes longer than a day has not been timed but mistyped.
const MAX_GENERATION_MS = 24 * 60 * 60 * 1000;

const BenchmarkWire = z.object({
  model_permaslug: z.string(),
  elo: z.number().nullish().catch(null),
  avg_generation_time_ms: z.number().positive().max(MAX_GENERATION_MS).nullish().catch(null),
});

/** One model's standing in the arena. Null = not said. */
export interface BenchmarkEntry {
  readonly slug: string;
  readonly elo: number | null;
  readonly generationMs: number | null;
}

/** Reads `GET /benchmarks`; entries that cannot be read are left out. Null where it is not a list. */
export function parseBenchmarks(body: unknown): BenchmarkEntry[] | null {
  const list = ListWire.safeParse(body);
  if (!list.success) return null;
  return list.data.data.flatMap((entry) => {
    const parsed = BenchmarkWire.safeParse(entry);
    if (!parsed.success) return [];
    const { model_permaslug: slug, elo, avg_generation_time_ms: generationMs } = parsed.data;
    return [{ slug, elo: elo ?? null, generationMs: generationMs ?? null }];
  });
}

const ErrorWire = z.union([
  z
    .object({
      error: z.object({
        message: z.string(),
        code: z.union([z.number(), z.string()]).optional(),
        metadata: z.record(z.string(), z.unknown()).nullish(),
      }),
    })
    .transform(({ error }) => ({ message: error.message, metadata: error.metadata ?? null })),
  z
    .object({
      success: z.literal(false),
      error: z.object({ name: z.string().optional(), message: z.string() }),
    })
    .transform(({ error }) => ({ message: error.message, metadata: null })),
]);

export interface ErrorAnswer {
  readonly message: string;
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

/** Reads either of upstream's two error envelopes; null where the body is neither (a proxy's page, a cut answer). */
export function parseErrorAnswer(body: unknown): ErrorAnswer | null {
  const parsed = ErrorWire.safeParse(body);
  return parsed.success ? parsed.data : null;
}
