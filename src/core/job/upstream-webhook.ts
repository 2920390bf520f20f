// What a webhook means for the job its nonce names. It is a hint: nothing in it is believed that a poll has not shown.

import { endOf } from './advance.ts';
import type { Attempt } from './attempt.ts';
import { isTerminal, type Job } from './job.ts';

/** What a webhook says, whether or not it is true. */
export interface WebhookEvent {
  readonly upstreamId: string;
  readonly status: string;
}

/** The job that a nonce names, and the attempt of it where that attempt is over and another has its turn. */
export interface NonceOwner {
  readonly job: Job;
  readonly ended: Attempt | null;
}

/** What an event contradicts, by the names of the alarms that are raised for it. */
export type WebhookAlarm =
  /** Another upstream id than the job is bound to: perhaps a second paid video. */
  | 'webhook_other_id'
  /** Another end than the one on record, which stays. */
  | 'webhook_other_end'
  /** News of a job that was closed as never accepted or written off, or refused: perhaps a paid video without a job. */
  | 'webhook_after_close'
  /** News of a job that has not been sent. */
  | 'webhook_before_submit';

export type WebhookVerdict =
  /** Nothing new. */
  | { readonly kind: 'known' }
  /** Ask upstream about the job now. */
  | { readonly kind: 'follow' }
  /** Ask upstream for the id; bind it where it is there. */
  | { readonly kind: 'confirm' }
  | { readonly kind: 'alarm'; readonly alarm: WebhookAlarm };

const alarm = (name: WebhookAlarm): WebhookVerdict => ({ kind: 'alarm', alarm: name });

/** Judges an event against what is on record. */
export function judgeWebhook({ job, ended }: NonceOwner, event: WebhookEvent): WebhookVerdict {
  const { status, upstreamId } = ended ?? job;
  if (upstreamId !== null && upstreamId !== event.upstreamId) return alarm('webhook_other_id');
  switch (status) {
    case null:
      return alarm('webhook_before_submit');
    case 'queued':
      // Sent before, and taken for refused or never sent: if upstream has it, it must not be sent again.
      return job.submittedAt === null ? alarm('webhook_before_submit') : { kind: 'confirm' };
    case 'submitting':
    case 'submission_unknown':
      return { kind: 'confirm' };
    case 'rejected':
    case 'not_accepted':
    case 'written_off':
      return alarm('webhook_after_close');
    default: {
      if (!isTerminal(status)) return { kind: 'follow' };
      const said = endOf(event.status);
      return said === null || said === status ? { kind: 'known' } : alarm('webhook_other_end');
    }
  }
}
