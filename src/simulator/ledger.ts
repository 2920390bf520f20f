// The ledger: one entry for every job that was bought, however its submit was answered.

import { billedUsd, type Job, statusOf } from './jobs.ts';
import { keptOptions } from './passthrough.ts';
import { hash32 } from './random.ts';

/** An entry of `GET /_sim/ledger`. Times are ISO 8601, money is USD. */
export type LedgerEntry = {
  readonly number: number;
  readonly job_id: string;
  readonly generation_id: string;
  readonly model: string;
  readonly canonical_slug: string;
  readonly accepted_at: string;
  /** When the job ends by itself; null for one that is stuck. */
  readonly ready_at: string | null;
  readonly status: string;
  /** The body as it was received; a long `data:` URL is cut to its head and a fingerprint. */
  readonly body: unknown;
  /** What completing bills; null when the list prices leave it unknown. */
  readonly price_usd: number | null;
  readonly price_lines: readonly { sku: string; quantity: number; unit_usd: number; usd: number }[];
  /** What has been billed by now: 0 until completed, and for a job that failed. */
  readonly billed_usd: number | null;
  readonly clip: { duration_s: number; width: number; height: number; with_sound: boolean };
  /** What of `provider.options` reached the provider; the rest was dropped in silence, as live. */
  readonly options_kept: { readonly [option: string]: unknown };
  /** How the submit was answered: `sent`, `gone` (client hung up), `reset`, `hang`, `cut`, or still `waiting`. */
  readonly answer: { kind: string; status: number | null };
  readonly polls: number;
  readonly downloads: number;
};

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
