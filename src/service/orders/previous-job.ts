// Between the job ids clients know and the one upstream knows.

import type { ClipSpec } from '../../core/clip/clip-spec.ts';
import { ClipgateError } from '../../core/errors.ts';
import type { Jobs } from '../jobs/jobs.ts';

/**
 * Clients continue jobs by our id or by upstream's; upstream knows only its own, and only their own jobs count.
 * @throws ClipgateError invalid_request where `previous_job_id` names no completed job of the client's.
 */
export async function withUpstreamJob(
  jobs: Pick<Jobs, 'find'>,
  spec: ClipSpec,
  client: string,
): Promise<ClipSpec> {
  const previous = spec.previous_job_id;
  if (previous === undefined) return spec;
  const job = await jobs.find(previous, client);
  if (job?.status === 'completed' && job.upstreamId !== null)
    return { ...spec, previous_job_id: job.upstreamId };
  throw new ClipgateError('invalid_request', 'The earlier job is not one of your completed jobs.', {
    details: { field: { name: 'previousJobId', problem: 'is not the id of one of your completed jobs' } },
  });
}
