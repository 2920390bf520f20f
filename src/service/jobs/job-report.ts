// Counts the ends and bills of jobs, and writes a log line and a span for each.

import type { Job } from '../../core/job/job.ts';
import { fromMicroUsd } from '../../core/money.ts';
import { aboutJob, type Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Traces } from '../runtime/traces.ts';
import type { JobEnds } from './job-ends.ts';

export interface JobReportParts {
  readonly metrics: Pick<Metrics, 'jobEnded' | 'spent'>;
  /** Null = no traces. */
  readonly traces: Pick<Traces, 'jobEnded'> | null;
  readonly log: Log;
}

export function createJobReport({ metrics, traces, log }: JobReportParts): JobEnds {
  return {
    ended(job) {
      const { clientId, model, status, attempt } = job;
      const seconds = secondsOf(job);
      const estimatedUsd = usdOf(job.estimatedMicroUsd);
      const billedUsd = usdOf(job.actualMicroUsd);
      metrics.jobEnded({ model, status, seconds, estimatedUsd, billedUsd });
      traces?.jobEnded(job);
      log.info(
        {
          ...aboutJob(job),
          client: clientId,
          model,
          status,
          estimated_usd: estimatedUsd,
          billed_usd: billedUsd,
          seconds,
          attempts: attempt,
        },
        'a job ended',
      );
    },
    billed({ clientId, model, actualMicroUsd }) {
      if (actualMicroUsd === null) return;
      metrics.spent({ client: clientId, model, usd: fromMicroUsd(actualMicroUsd) });
    },
  };
}

const usdOf = (microUsd: number | null): number | null => (microUsd === null ? null : fromMicroUsd(microUsd));

/** From the order to the end. */
const secondsOf = ({ createdAt, finishedAt }: Job): number | null =>
  finishedAt === null ? null : Math.max(0, finishedAt - createdAt) / 1000;
