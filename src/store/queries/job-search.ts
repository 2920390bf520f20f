// Jobs by a text: what names one exactly is found by an index, words of prompts in a bounded number of rows.

import type { Job } from '../../core/job/job.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { ListQuery } from '../ports/jobs.ts';
import type { Queries } from '../sql/database.ts';
import { newestFirst, type Place, selectPage } from './job-pages.ts';
import { JOB_COLUMNS, toJob } from './job-row.ts';

type SearchQuery = Omit<ListQuery, 'order'>;
type SearchPage = Awaited<ReturnType<JobStore['searchJobs']>>;

interface Reads {
  readonly listJobs: (query: ListQuery) => Promise<Job[]>;
  readonly findPlace: (id: string, clientId: string | null) => Promise<number | null>;
}

/** Requests that one search reads: about 50 ms of work, however many jobs there are. */
const MAX_SEARCHED = 10_000;
const BATCH = 1_000;

export async function searchJobs(
  reader: Queries,
  reads: Reads,
  query: SearchQuery,
  text: string,
): Promise<SearchPage> {
  const named = await findNamed(reader, reads, query, text);
  if (named.jobs.length > 0) return named;
  // A page after the last of those is empty too, and is no search for words.
  if (query.before !== null) {
    const first = await findNamed(reader, reads, { ...query, before: null, limit: 1 }, text);
    if (first.jobs.length > 0) return named;
  }
  return findWords(reader, reads, query, text);
}

async function findNamed(
  reader: Queries,
  { listJobs }: Reads,
  query: SearchQuery,
  text: string,
): Promise<SearchPage> {
  const limit = query.limit + 1;
  const found = [
    ...(query.before === null ? await findUpstream(reader, query, text) : []),
    ...(query.reference === null ? await listJobs({ ...query, limit, reference: text }) : []),
    ...(query.tag === null ? await listJobs({ ...query, limit, tag: text }) : []),
  ];
  const jobs = [...new Map(found.map((job) => [job.id, job])).values()].sort(newestFirst);
  const page = jobs.slice(0, query.limit);
  return { jobs: page, next: jobs.length > page.length ? (page.at(-1)?.id ?? null) : null };
}

/** The one job that is bound to the id, where it is one of those that are listed. */
async function findUpstream(reader: Queries, query: SearchQuery, upstreamId: string): Promise<Job[]> {
  const rows = await reader
    .selectFrom('jobs')
    .select(JOB_COLUMNS)
    .where('upstream_id', '=', upstreamId)
    .execute();
  return rows
    .map(toJob)
    .filter(
      (job) =>
        (query.clientId === null || job.clientId === query.clientId) &&
        (query.statuses.length === 0 || query.statuses.includes(job.status)) &&
        (query.model === null || job.model === query.model) &&
        (query.keyId === null || job.keyId === query.keyId) &&
        (query.reference === null || job.reference === query.reference) &&
        (query.tag === null || job.tags.includes(query.tag)) &&
        (query.since === null || job.createdAt >= query.since) &&
        (query.until === null || job.createdAt < query.until),
    );
}

async function findWords(
  reader: Queries,
  { findPlace }: Reads,
  query: SearchQuery,
  text: string,
): Promise<SearchPage> {
  const matches = matchWords(text);
  const ids: string[] = [];
  let place: Place | null = null;
  if (query.before !== null) {
    const at = await findPlace(query.before, query.clientId);
    if (at === null) return { jobs: [], next: null };
    place = { id: query.before, at };
  }
  let next: string | null = null;
  for (let searched = 0; searched < MAX_SEARCHED; ) {
    const batch = await readBatch(reader, query, place);
    let taken = 0;
    for (const row of batch) {
      taken += 1;
      if (matches(row.request)) ids.push(row.id);
      place = { id: row.id, at: row.createdAt };
      if (ids.length === query.limit) break;
    }
    searched += taken;
    next = taken < batch.length || batch.length === BATCH ? (place?.id ?? null) : null;
    if (next === null || ids.length === query.limit) break;
  }
  if (ids.length === 0) return { jobs: [], next };
  const rows = await reader.selectFrom('jobs').select(JOB_COLUMNS).where('id', 'in', ids).execute();
  return { jobs: rows.map(toJob).sort(newestFirst), next };
}

interface Searched extends Pick<Job, 'id' | 'createdAt'> {
  readonly request: string;
}

/** A list for each status, as in `listJobs`: each is read in the order of its index. */
async function readBatch(reader: Queries, query: SearchQuery, place: Place | null): Promise<Searched[]> {
  const lists = query.statuses.length === 0 ? [null] : [...new Set(query.statuses)];
  const found: Searched[] = [];
  for (const status of lists) {
    const rows = await selectPage(reader, { ...query, limit: BATCH }, status, place)
      .clearSelect()
      .select(['jobs.id', 'jobs.created_at', 'jobs.request'])
      .execute();
    found.push(...rows.map((row) => ({ id: row.id, createdAt: row.created_at, request: row.request })));
  }
  return found.sort(newestFirst).slice(0, BATCH);
}

/** Here and not in SQL, where each database has letters of its own that it can compare. */
function matchWords(text: string): (requestJson: string) => boolean {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  return (requestJson) => {
    const { prompt } = JSON.parse(requestJson) as { readonly prompt?: unknown };
    if (typeof prompt !== 'string') return false;
    const words = prompt.toLowerCase();
    return wanted.every((word) => words.includes(word));
  };
}
