// Counts how jobs ended and what they were billed.

import type { Job } from '../../core/job/job.ts';
import { fromMicroUsd } from '../../core/money.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { JobEnds } from './job-ends.ts';

export interface JobReportParts {
  readonly metrics: Pick<Metrics, 'jobEnded' | 'spent'>;
}

export function createJobReport({ metrics }: JobReportParts): JobEnds {
  return {
    ended(job) {
      metrics.jobEnded({
        model: job.model,
        status: job.status,
        seconds: secondsOf(job),
        estimatedUsd: usdOf(job.estimatedMicroUsd),
        billedUsd: usdOf(job.actualMicroUsd),
      });
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
