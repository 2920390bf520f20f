// What a client that ordered through OpenAI's API is called back with: OpenAI's event about a video that ended.

import { eventIdOf } from '../../core/callbacks/delivery.ts';
import type { Job } from '../../core/job/job.ts';
import { statusOf } from './render.ts';

/** The message of one event, or null for a job that has not ended: OpenAI has events of ends alone. */
export function writeVideoEvent(job: Job): { readonly id: string; readonly body: string } | null {
  const status = statusOf(job);
  if (status !== 'completed' && status !== 'failed') return null;
  const id = `evt_${eventIdOf(job)}`;
  const event = {
    id,
    object: 'event',
    created_at: Math.floor((job.finishedAt ?? job.updatedAt) / 1000),
    type: `video.${status}`,
    data: { id: job.id },
  };
  return { id, body: JSON.stringify(event) };
}
