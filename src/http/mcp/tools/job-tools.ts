// get_job, wait_for_job and list_jobs: what became of what was bought, however it was bought.

import { isTerminal, type Job } from '../../../core/job/job.ts';
import { visibleTo } from '../../../core/principal.ts';
import type { Jobs } from '../../../service/jobs/jobs.ts';
import { renderJob } from '../../api/render.ts';
import { readRange } from '../../api/schemas/query.ts';
import type { OpenStreams } from '../../response/open-streams.ts';
import { type JobAnswerParts, showJob } from '../job-answer.ts';
import {
  GetJobSchema,
  ListJobsSchema,
  MAX_WAIT_S,
  ToolJobListSchema,
  ToolJobSchema,
  WaitForJobSchema,
} from '../schemas.ts';
import { defineTool, type Tool, type ToolCall } from '../tool.ts';

export interface JobToolsParts extends JobAnswerParts {
  readonly jobs: Pick<Jobs, 'get' | 'list' | 'recordOf' | 'recordsOf' | 'waitForChange'>;
  readonly streams: OpenStreams;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

export function jobTools(parts: JobToolsParts): readonly Tool[] {
  const { jobs, streams, clock } = parts;

  /** The job once it has ended, or as it is after the longest wait, or where there is no point in waiting on. */
  async function waitForEnd(id: string, timeoutMs: number, { principal, signal }: ToolCall): Promise<Job> {
    const owner = visibleTo(principal);
    const until = clock() + timeoutMs;
    let job = await jobs.get(id, owner);
    while (!isTerminal(job.status) && clock() < until) {
      const next = await jobs.waitForChange(id, owner, until - clock(), signal);
      // Nothing changed: the time is over, the client has gone, or the gateway is closing.
      if (next.status === job.status) return next;
      job = next;
    }
    return job;
  }

  return [
    defineTool({
      name: 'get_job',
      title: 'Get a job',
      description: 'A job as it is now: its status, cost and clips.',
      scope: 'read',
      input: GetJobSchema,
      output: ToolJobSchema,
      async run({ id, links }, call) {
        const job = await jobs.get(id, visibleTo(call.principal));
        call.noteJob(job.id);
        return showJob(parts, job, call, links === 'signed');
      },
    }),

    defineTool({
      name: 'wait_for_job',
      title: 'Wait for a job',
      description: `Waits until a job has ended, at most ${MAX_WAIT_S} seconds, and answers with it. A clip takes from half a minute to several minutes: where \`ended\` is false, call it again.`,
      scope: 'read',
      input: WaitForJobSchema,
      output: ToolJobSchema,
      async run({ id, timeout_s, links }, call) {
        const close = streams.open(call.principal.client);
        try {
          const job = await waitForEnd(id, timeout_s * 1000, call);
          call.noteJob(job.id);
          return await showJob(parts, job, call, links === 'signed');
        } finally {
          close();
        }
      },
    }),

    defineTool({
      name: 'list_jobs',
      title: 'List jobs',
      description:
        'Jobs, newest first, however they were ordered. A page may end early; next_cursor goes on.',
      scope: 'read',
      input: ListJobsSchema,
      output: ToolJobListSchema,
      async run({ limit, cursor, status, model, tag, reference, ...range }, { principal }) {
        const { jobs: page, nextCursor } = await jobs.list({
          clientId: visibleTo(principal),
          limit,
          cursor: cursor ?? null,
          statuses: status ?? [],
          model: model ?? null,
          tag: tag ?? null,
          reference: reference ?? null,
          keyId: null,
          ...readRange(range),
        });
        const records = await jobs.recordsOf(page);
        return {
          structured: { data: records.map((record) => renderJob(record)), next_cursor: nextCursor },
        };
      },
    }),
  ];
}
