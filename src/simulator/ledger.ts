// The ledger: one entry for every job that was bought, however its submit was answered.
import { z } from 'zod';

import { billedUsd, type Job, statusOf } from './job.ts';
import { keptOptions } from './passthrough.ts';
import { hash32 } from './random.ts';

/** An entry of `GET /_sim/ledger`. Times are ISO 8601, money is USD. */
export const LedgerEntrySchema = z.object({
  number: z.int().describe('1 for the first job since start or reset'),
  job_id: z.string(),
  generation_id: z.string(),
  model: z.string(),
  canonical_slug: z.string(),
  accepted_at: z.iso.datetime(),
  ready_at: z.iso.datetime().nullable().describe('when it ends; null for a job that is stuck'),
  status: z.string().describe('the real status, whatever a fault makes polls show'),
  body: z.unknown().describe('as received; a long data: URL is cut to its head and a fingerprint'),
  price_usd: z.number().nullable().describe('what a completed job bills; null = unknown by the price list'),
  price_lines: z.array(
    z.object({ sku: z.string(), quantity: z.number(), unit_usd: z.number(), usd: z.number() }),
  ),
  billed_usd: z.number().nullable().describe('billed so far: 0 until completed, and for a failed job'),
  clip: z.object({
    duration_s: z.number(),
    width: z.int(),
    height: z.int(),
    with_sound: z.boolean(),
  }),
  options_kept: z
    .record(z.string(), z.unknown())
    .describe('the provider.options that reached the provider; the rest was silently dropped, as live'),
  answer: z
    .object({ kind: z.enum(['waiting', 'sent', 'gone', 'reset', 'hang', 'cut']), status: z.int().nullable() })
    .describe('how the submit was answered; gone = the client disconnected before the answer'),
  polls: z.int(),
  downloads: z.int(),
  webhooks: z.array(
    z.object({
      url: z.string(),
      idempotency_key: z.string(),
      status: z.int().nullable().describe('status of the receiver; null = no answer'),
      error: z.string().nullable(),
    }),
  ),
});

export type LedgerEntry = z.infer<typeof LedgerEntrySchema>;

/** Shows a job as it stands at `nowMs`. */
export function ledgerEntry(job: Job, nowMs: number): LedgerEntry {
  return {
    number: job.number,
    job_id: job.id,
    generation_id: job.generationId,
    model: job.model.id,
    canonical_slug: job.model.canonical_slug,
    accepted_at: new Date(job.acceptedMs).toISOString(),
    ready_at: Number.isFinite(job.ending.readyMs) ? new Date(job.ending.readyMs).toISOString() : null,
    status: statusOf(job, nowMs),
    body: job.body,
    price_usd: job.bill.costUsd,
    price_lines: job.bill.lines.map(({ sku, quantity, unitUsd, usd }) => ({
      sku,
      quantity,
      unit_usd: unitUsd,
      usd,
    })),
    billed_usd: billedUsd(job, nowMs),
    clip: {
      duration_s: job.clip.durationSeconds,
      width: job.clip.size.width,
      height: job.clip.size.height,
      with_sound: job.clip.withSound,
    },
    options_kept: keptOptions(job.model, job.request),
    answer: { ...job.answer },
    polls: job.polls,
    downloads: job.downloads,
    webhooks: job.webhooks.map(({ url, idempotencyKey, status, error }) => ({
      url,
      idempotency_key: idempotencyKey,
      status,
      error,
    })),
  };
}

/** Inline images of many megabytes would make the ledger unreadable, and the process grow with each job. */
const longestDataUrl = 4096;

/** The body as the ledger keeps it: every value as received, but for long `data:` URLs. */
export function rememberBody(value: unknown): unknown {
  if (typeof value === 'string') {
    if (!value.startsWith('data:') || value.length <= longestDataUrl) return value;
    return `${value.slice(0, 64)}... (${value.length} characters, #${hash32(value).toString(16)})`;
  }
  if (Array.isArray(value)) return value.map(rememberBody);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, rememberBody(held)]));
}
