// The states of a job, as a shape with a word.

import type { VNode } from 'preact';
import { h } from '../html.ts';
import { State, type Tone } from '../parts/state.ts';
import type { Schemas } from '../schemas.ts';

export type Job = Schemas['Job'];
export type JobStatus = Job['status'];

const LOOKS: Readonly<Record<JobStatus, readonly [tone: Tone, word: string]>> = {
  queued: ['wait', 'queued'],
  submitting: ['wait', 'submitting'],
  pending: ['wait', 'pending'],
  in_progress: ['wait', 'in progress'],
  completed: ['good', 'completed'],
  failed: ['bad', 'failed'],
  cancelled: ['quiet', 'cancelled'],
  expired: ['bad', 'expired'],
  rejected: ['bad', 'rejected'],
  submission_unknown: ['unknown', 'outcome unknown'],
  not_accepted: ['quiet', 'not accepted'],
  written_off: ['unknown', 'written off'],
};

export const STATUSES = Object.keys(LOOKS) as JobStatus[];
/** Named apart where one filter asks for several states. */
export const RUNNING: readonly JobStatus[] = ['queued', 'submitting', 'pending', 'in_progress'];

export const statusWord = (status: JobStatus): string => LOOKS[status][1];

/** A state that a newer gateway names is shown by its name. */
export function JobState({ status }: { readonly status: JobStatus }): VNode {
  const [tone, word] = LOOKS[status] ?? ['unknown', status];
  return h(State, { tone, word });
}

/** OpenRouter never took these: there is no bill to come, and none that is unknown. */
export const isNotBought = ({ status }: Pick<Job, 'status'>): boolean =>
  status === 'rejected' || status === 'not_accepted';
