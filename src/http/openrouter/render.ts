// A job as OpenRouter would answer it: its words, its status names, links to this gateway, and nothing that is null.

import type { Job, JobStatus } from '../../core/job/job.ts';
import { memoizeByObject } from '../../core/memoize-by-object.ts';
import { fromMicroUsd } from '../../core/money.ts';
import { type ContentLinks, toQuery } from '../../service/clips/content-links.ts';

type OpenRouterStatus = 'pending' | 'in_progress' | 'completed' | 'failed' | 'cancelled' | 'expired';

/** An unknown outcome is pending: every other word would make a client give up, and buy again. */
const STATUSES: Readonly<Record<JobStatus, OpenRouterStatus>> = {
  queued: 'pending',
  submitting: 'pending',
  submission_unknown: 'pending',
  pending: 'pending',
  in_progress: 'in_progress',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
  expired: 'expired',
  rejected: 'failed',
  not_accepted: 'failed',
  written_off: 'failed',
};

export interface RenderedVideo {
  readonly id: string;
  readonly polling_url: string;
  readonly status: OpenRouterStatus;
  readonly generation_id?: string;
  readonly unsigned_urls?: readonly string[];
  readonly usage?: { readonly cost?: number; readonly is_byok?: boolean };
  readonly error?: string;
  readonly metadata?: { readonly model: string };
}

export const statusOf = (job: Job): OpenRouterStatus => STATUSES[job.status];

export const pollingUrl = (id: string, baseUrl: string): string => `${baseUrl}/api/v1/videos/${id}`;

/**
 * @param baseUrl where the client reaches this gateway.
 * @param sign signs the links to the clips; absent = they need a key.
 */
export function renderVideo(
  job: Job,
  baseUrl: string,
  sign: ContentLinks['sign'] | undefined,
): RenderedVideo {
  const status = statusOf(job);
  const self = pollingUrl(job.id, baseUrl);
  return {
    id: job.id,
    ...(job.generationId === null ? {} : { generation_id: job.generationId }),
    polling_url: self,
    status,
    ...endOf(job, status, self, sign),
    metadata: { model: job.model },
  };
}

interface Text {
  readonly baseUrl: string;
  readonly json: string;
}

// The store returns the same object until something about the job has changed, where it can know that (SQLite).
const latestTexts = memoizeByObject((_job: Job): { text: Text | null } => ({ text: null }));

/** The same as JSON; written once for clients that ask again and again at one address, unless links are signed. */
export function writeVideo(job: Job, baseUrl: string, sign: ContentLinks['sign'] | undefined): string {
  if (sign) return JSON.stringify(renderVideo(job, baseUrl, sign));
  const latest = latestTexts(job);
  if (latest.text?.baseUrl !== baseUrl) {
    latest.text = { baseUrl, json: JSON.stringify(renderVideo(job, baseUrl, undefined)) };
  }
  return latest.text.json;
}

function endOf(
  job: Job,
  status: OpenRouterStatus,
  self: string,
  sign: ContentLinks['sign'] | undefined,
): Pick<RenderedVideo, 'unsigned_urls' | 'usage' | 'error'> {
  if (status === 'pending' || status === 'in_progress') return {};
  const usage = usageOf(job);
  if (status !== 'completed') return { ...usage, error: job.error?.message ?? `The job is ${job.status}.` };
  const urls = Array.from(
    { length: job.outputCount },
    (_, index) => `${self}/content?index=${index}${sign ? `&${toQuery(sign(job.id, index))}` : ''}`,
  );
  return { unsigned_urls: urls, ...usage };
}

function usageOf({ actualMicroUsd, isByok }: Job): Pick<RenderedVideo, 'usage'> {
  if (actualMicroUsd === null && isByok === null) return {};
  return {
    usage: {
      ...(actualMicroUsd === null ? {} : { cost: fromMicroUsd(actualMicroUsd) }),
      ...(isByok === null ? {} : { is_byok: isByok }),
    },
  };
}
