// What the service needs of a logger: pino's own shape, so that any pino logger fits.

import type { Job } from '../../core/job/job.ts';
import { type Origin, parseTraceparent } from '../../core/origin.ts';

type LogMethod = (details: object, message: string) => void;

export interface Log {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}

/** What ties a line to a job, and to the request and the trace that ordered it. A logger leaves out what is undefined. */
export const aboutJob = ({ id, requestId, traceparent }: Pick<Job, 'id' | keyof Origin>) => ({
  job_id: id,
  request_id: requestId ?? undefined,
  trace_id: parseTraceparent(traceparent)?.traceId,
});
