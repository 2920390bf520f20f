// Renders a job for the wire: the poll body of each status, the webhook event, and the URLs inside them.
import type { FastifyRequest } from 'fastify';
import type { Job } from './job.ts';
import type { Settings } from './settings.ts';

/** Where the simulator is, as the caller sees it: behind a port mapping that differs from where it listens. */
export function originOf(request: FastifyRequest): string {
  return `${request.protocol}://${request.host}`;
}

/** Absolute as observed, or relative as documented. */
export function pollingUrl(job: Job, origin: string, settings: Settings): string {
  const path = `/api/v1/videos/${encodeURIComponent(job.id)}`;
  return settings.relative_polling_url ? path : `${origin}${path}`;
}

function contentUrls(job: Job, origin: string): string[] {
  const { videos, foreignUrl } = job.showing;
  const own = `${origin}/api/v1/videos/${encodeURIComponent(job.id)}/content`;
  return Array.from({ length: videos }, (_, index) => foreignUrl ?? `${own}?index=${index}`);
}

/** What an ended job adds to its body, in a poll and in a webhook alike; `error` is a plain string. */
function ended(job: Job, origin: string): object {
  if (job.ending.status === 'completed') {
    const { usage } = job.showing;
    return { unsigned_urls: contentUrls(job, origin), ...(usage === undefined ? {} : { usage }) };
  }
  return job.ending.error === null ? {} : { error: job.ending.error };
}

/** The body of `GET /videos/{id}`: no model, no progress, no timestamps. */
export function renderPoll(job: Job, status: string, origin: string, settings: Settings): object {
  return {
    id: job.id,
    generation_id: job.generationId,
    polling_url: pollingUrl(job, origin, settings),
    status,
    ...(status === job.ending.status ? ended(job, origin) : {}),
  };
}

/** The body of a webhook, which is sent on terminal states only. */
export function renderEvent(job: Job): object {
  return {
    type: `video.generation.${job.ending.status}`,
    created_at: new Date(job.ending.readyMs).toISOString(),
    data: {
      id: job.id,
      status: job.ending.status,
      generation_id: job.generationId,
      model: job.model.id,
      ...ended(job, job.origin),
    },
  };
}
