// How a job looks on the wire: the poll body of each status, and the URLs inside it.
import type { FastifyRequest } from 'fastify';
import type { Job } from './jobs.ts';
import type { Settings } from './settings.ts';

/** Where the simulator is, as the caller sees it: behind a port mapping the two differ. */
function origin(request: FastifyRequest): string {
  return `${request.protocol}://${request.host}`;
}

/** Absolute as observed, or relative as documented. */
export function pollingUrl(job: Job, request: FastifyRequest, settings: Settings): string {
  const path = `/api/v1/videos/${encodeURIComponent(job.id)}`;
  return settings.relative_polling_url ? path : `${origin(request)}${path}`;
}

export function contentUrl(job: Job, request: FastifyRequest, index = 0): string {
  return `${origin(request)}/api/v1/videos/${encodeURIComponent(job.id)}/content?index=${index}`;
}

/** The body of `GET /videos/{id}`: no model, no progress, no timestamps; `error` a plain string. */
export function renderPoll(
  job: Job,
  status: string,
  urls: { readonly pollingUrl: string; readonly contentUrl: string },
): { readonly [field: string]: unknown } {
  const base = { id: job.id, generation_id: job.generationId, polling_url: urls.pollingUrl, status };
  if (status === 'completed') {
    return {
      ...base,
      unsigned_urls: [urls.contentUrl],
      usage: { cost: job.bill.costUsd, is_byok: false },
    };
  }
  return status === job.ending.status && job.ending.error !== null
    ? { ...base, error: job.ending.error }
    : base;
}
