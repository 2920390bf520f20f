// What a client that ordered through OpenRouter's API is called back with: OpenRouter's event about a job that ended.

import type { Job } from '../../core/job/job.ts';
import type { ContentLinks } from '../../service/clips/content-links.ts';
import { renderVideo } from './render.ts';

/**
 * The message of one event, or null for a job that has not ended: OpenRouter tells of ends alone.
 * @param baseUrl PUBLIC_URL, which the links to the clip begin with.
 */
export function writeVideoEvent(
  job: Job,
  baseUrl: string,
  sign: ContentLinks['sign'] | undefined,
): { readonly id: string; readonly body: string } | null {
  const { id, status, generation_id, unsigned_urls, usage, error } = renderVideo(job, baseUrl, sign);
  if (status === 'pending' || status === 'in_progress') return null;
  const event = {
    type: `video.generation.${status}`,
    created_at: new Date(job.finishedAt ?? job.updatedAt).toISOString(),
    data: { id, status, generation_id: generation_id ?? null, model: job.model, unsigned_urls, usage, error },
  };
  return { id: `${id}-${status}`, body: JSON.stringify(event) };
}
