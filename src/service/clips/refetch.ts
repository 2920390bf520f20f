// An operator has the clips of a job fetched from upstream again: on record before a byte is asked for.

import { ClipgateError } from '../../core/errors.ts';
import { isTerminal, type Job } from '../../core/job/job.ts';
import type { Act } from '../../store/ports/audit.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import { aboutJob, type Log } from '../runtime/log.ts';
import type { ClipArchive } from './clip-archive.ts';

export interface ClipRefetch {
  /**
   * Fetches every clip of a completed job. What is stored stays until the new bytes are stored whole.
   * @param acceptAsIs keeps what upstream sends even where it is no MP4.
   * @throws ClipgateError not_found, not_ready, content_gone, content_unavailable.
   */
  refetch(jobId: string, acceptAsIs: boolean, by: Act): Promise<Job>;
}

export interface ClipRefetchParts {
  readonly store: Pick<JobStore, 'findJob' | 'recordAction'>;
  readonly archive: Pick<ClipArchive, 'refetch'>;
  readonly log: Log;
}

const RETRY_AFTER_S = 10;
const notFound = () => new ClipgateError('not_found', 'Not found.');

export function createClipRefetch({ store, archive, log }: ClipRefetchParts): ClipRefetch {
  async function refetchOne(job: Job, index: number, acceptAsIs: boolean): Promise<void> {
    const result = await archive.refetch(job, index, acceptAsIs);
    switch (result.kind) {
      case 'stored':
      case 'unchanged':
        return;
      case 'gone':
        throw new ClipgateError(
          'content_gone',
          `OpenRouter no longer has clip ${index}. The archived clip is unchanged.`,
        );
      case 'unavailable':
        throw new ClipgateError(
          'content_unavailable',
          `Clip ${index} was not stored: ${result.reason}. What was stored before is unchanged. Retry later, or send "accept_as_is": true to keep what OpenRouter sends.`,
          { retryAfterS: RETRY_AFTER_S },
        );
    }
  }

  return {
    async refetch(jobId, acceptAsIs, by) {
      const job = await store.findJob(jobId);
      if (!job) throw notFound();
      if (job.status !== 'completed') {
        throw isTerminal(job.status)
          ? new ClipgateError('content_gone', `This job ended as ${job.status}: it has no clip.`)
          : new ClipgateError('not_ready', `This job is ${job.status}: it has no clip yet.`, {
              retryAfterS: RETRY_AFTER_S,
            });
      }
      const action = acceptAsIs ? 'refetch_as_is' : 'refetch';
      await store.recordAction(jobId, action, by);
      log.warn(
        { ...aboutJob(job), action, operator: by.actor },
        'an operator started a new download of a clip',
      );
      for (let index = 0; index < job.outputCount; index += 1) await refetchOne(job, index, acceptAsIs);
      const after = await store.findJob(jobId);
      if (!after) throw notFound();
      return after;
    },
  };
}
