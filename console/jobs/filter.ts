// Which jobs a list shows: read from its address, asked of the gateway, and held against jobs that change.

import { type Job, type JobStatus, RUNNING, STATUSES } from './status.ts';

export interface JobFilter {
  /** Empty = any. */
  readonly statuses: readonly JobStatus[];
  readonly client: string;
  readonly model: string;
  readonly tag: string;
  readonly reference: string;
  /** ISO 8601; '' = from the beginning. */
  readonly since: string;
  /** OpenRouter's id, a reference or a tag, or words of the prompt. */
  readonly text: string;
}

/** Choices that stand for several states. */
export const STATUS_GROUPS: readonly (readonly [
  value: string,
  word: string,
  statuses: readonly JobStatus[],
])[] = [
  ['', 'every state', []],
  ['running', 'running', RUNNING],
  ['unknown', 'needs a person', ['submission_unknown']],
  [
    'unsuccessful',
    'without a clip',
    ['failed', 'cancelled', 'expired', 'rejected', 'not_accepted', 'written_off'],
  ],
];

export function readFilter(query: URLSearchParams): JobFilter {
  const text = (name: string) => query.get(name)?.trim() ?? '';
  const status = text('status');
  const group = STATUS_GROUPS.find(([value]) => value === status);
  const single = STATUSES.filter((one) => one === status);
  const since = text('since');
  return {
    statuses: group?.[2] ?? single,
    client: text('client'),
    model: text('model'),
    tag: text('tag'),
    reference: text('reference'),
    since: Number.isNaN(Date.parse(since)) ? '' : new Date(since).toISOString(),
    text: text('q'),
  };
}

/** What the gateway is asked for. */
export function toJobQuery({ statuses, client, model, tag, reference, since, text }: JobFilter) {
  return {
    ...(statuses.length > 0 && { status: [...statuses] }),
    ...(client && { client }),
    ...(model && { model }),
    ...(tag && { tag }),
    ...(reference && { reference }),
    ...(since && { since }),
    ...(text && { q: text }),
  };
}

export const promptOf = ({ request }: Job): string =>
  typeof request['prompt'] === 'string' ? request['prompt'] : '';

/** As the gateway finds it. */
function hasText(job: Job, text: string): boolean {
  if (text === '' || [job.upstream.id, job.reference, ...job.tags].includes(text)) return true;
  const prompt = promptOf(job).toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => prompt.includes(word));
}

/** Whether a job belongs in the list that `filter` asks the gateway for. */
export function matchesFilter(job: Job, filter: JobFilter): boolean {
  return (
    (filter.statuses.length === 0 || filter.statuses.includes(job.status)) &&
    (filter.client === '' || job.client === filter.client) &&
    (filter.model === '' || job.model === filter.model) &&
    (filter.tag === '' || job.tags.includes(filter.tag)) &&
    (filter.reference === '' || job.reference === filter.reference) &&
    (filter.since === '' || job.created_at >= filter.since) &&
    hasText(job, filter.text)
  );
}
