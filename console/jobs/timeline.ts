// What happened to a job, in order, from what its record says.

import type { TimelineEvent } from '../parts/timeline.ts';
import { type Job, statusWord } from './status.ts';

const END_TONES: Readonly<Partial<Record<Job['status'], TimelineEvent['tone']>>> = {
  completed: 'good',
  cancelled: 'quiet',
  not_accepted: 'quiet',
  written_off: 'unknown',
  submission_unknown: 'unknown',
};

export function toTimeline(job: Job): TimelineEvent[] {
  const { attempts, outputs, callback, finished_at: finishedAt } = job;
  const events: TimelineEvent[] = [{ id: 'ordered', at: job.created_at, word: 'ordered', tone: 'quiet' }];
  for (const [index, attempt] of attempts.entries()) {
    if (attempt.started_at === null) continue;
    const isLast = index === attempts.length - 1;
    events.push({
      id: `submitted-${index}`,
      at: attempt.started_at,
      word: attempts.length > 1 ? `submitted to ${attempt.model}` : 'submitted',
      tone: 'quiet',
      ...(!isLast && attempt.error && { detail: `${statusWord(attempt.status)}: ${attempt.error.message}` }),
    });
  }
  if (!job.ended) {
    if (job.status !== 'queued') {
      events.push({
        id: 'now',
        at: null,
        word: statusWord(job.status),
        tone: END_TONES[job.status] ?? 'wait',
      });
    }
    events.push({ id: 'expected', at: null, word: 'end', tone: 'quiet' });
    return events;
  }
  events.push({
    id: 'ended',
    at: finishedAt,
    word: statusWord(job.status),
    tone: END_TONES[job.status] ?? 'bad',
  });
  if (outputs.some(({ bytes }) => bytes !== null)) {
    events.push({ id: 'stored', at: null, word: 'clip stored', tone: 'good' });
  }
  if (callback?.status === 'delivered') {
    events.push({ id: 'delivered', at: null, word: 'callback delivered', tone: 'good' });
  }
  if (job.erased_at !== null) events.push({ id: 'erased', at: job.erased_at, word: 'erased', tone: 'quiet' });
  return events;
}
