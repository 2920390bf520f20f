// Spans as the service and the faces know them, whatever records and exports them.

import type { Job } from '../../core/job/job.ts';
import type { SubmitOutcome } from '../../outbound/openrouter/submit.ts';

export interface RequestSpan {
  /** The request's place in its trace, as a `traceparent` header. */
  readonly traceparent: string;
  end(answer: {
    readonly status: number;
    /** The job that the request made or found again; null = none. */
    readonly jobId: string | null;
    readonly client: string | null;
  }): void;
}

export interface SubmitSpan {
  end(outcome: SubmitOutcome): void;
}

/** No span holds a prompt, a body, a URL or a key. No call throws. */
export interface Traces {
  /** @param request `traceparent` as its caller sent it; null = it begins a trace. */
  startRequest(request: {
    readonly method: string;
    /** The route's pattern; null where none matched. */
    readonly route: string | null;
    readonly requestId: string;
    readonly traceparent: string | null;
  }): RequestSpan;
  /** A submit of a job, under the request that ordered it. */
  startSubmit(job: Job): SubmitSpan;
  /** The life of a job, in a trace of its own with a link to the request that ordered it. */
  jobEnded(job: Job): void;
}
