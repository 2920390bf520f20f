// Jobs as clients deal with them: made once per intent, looked up by their owner, waited for.

import type { CallbackAttempt } from '../../core/callbacks/delivery.ts';
import { ClipgateError } from '../../core/errors.ts';
import { isTerminal, type Job, type SubmitBody } from '../../core/job/job.ts';
import type { PurchasePlan } from '../../core/routing/purchase-plan.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { ListQuery } from '../../store/ports/jobs.ts';
import {
  createJobMaker,
  type JobMaker,
  type JobMakerOptions,
  type JobMakerParts,
  keyReused,
} from './job-maker.ts';
import { createJobRecords, type JobRecordStore, type JobRecords } from './job-records.ts';
import { singleFlight } from './single-flight.ts';

export interface Jobs extends JobMaker, JobRecords {
  /** The job this key and body stand for, or null. @throws ClipgateError idempotency_key_reused for another body. */
  findReplay(clientId: string, idempotency: { key: string; bodyHash: string }): Promise<Job | null>;
  /** `clientId` null = any client's. @throws ClipgateError not_found, for another client's job as for none. */
  get(id: string, clientId: string | null): Promise<Job>;
  /** The body of the job's present attempt, whole: `Job.request` is what answers show of it. */
  bodyOf(job: Job): Promise<SubmitBody>;
  /** The plan that the job was bought by; null where none was kept. */
  planOf(job: Job): Promise<PurchasePlan | null>;
  /** The latest attempts of its callback, oldest first. */
  callbackAttemptsOf(job: Job): Promise<readonly CallbackAttempt[]>;
  /** A job of this client's by our id or upstream's, or null. */
  find(anyId: string, clientId: string): Promise<Job | null>;
  /** The job once its status differs from what it is now or it has ended, or as it is after `timeoutMs`. */
  waitForChange(id: string, clientId: string | null, timeoutMs: number, signal: AbortSignal): Promise<Job>;
  /**
   * The job as it is, then as it is after each change, until it has ended; null where nothing changed for `idleMs`.
   * Changes that come faster than they are taken are seen as one. Ends without an end of the job when `signal`
   * aborts or the gateway closes.
   * @param seenVersion leaves out what the caller has seen already.
   */
  follow(job: Job, seenVersion: number, idleMs: number, signal: AbortSignal): AsyncGenerator<Job | null>;
  list(
    query: Omit<ListQuery, 'before'> & { readonly cursor: string | null },
  ): Promise<{ readonly jobs: readonly Job[]; readonly nextCursor: string | null }>;
  /** Those that a text finds; see `JobStore.searchJobs`. A page may be empty although there is a cursor. */
  search(
    query: Omit<ListQuery, 'before' | 'order'> & { readonly cursor: string | null },
    text: string,
  ): Promise<{ readonly jobs: readonly Job[]; readonly nextCursor: string | null }>;
  /** Removes a job that has ended from its client's list of videos. @throws ClipgateError not_found, not_ready. */
  hide(id: string, clientId: string): Promise<void>;
  /** Notes that the client has been told how a job ended, so that an identical order is another one. */
  noteEndRead(id: string): Promise<void>;
}

export interface JobsParts extends Omit<JobMakerParts, 'store'> {
  readonly store: JobMakerParts['store'] &
    JobRecordStore &
    Pick<
      JobStore,
      | 'findIdempotent'
      | 'loadBody'
      | 'getJobByUpstreamId'
      | 'getJobPlan'
      | 'hideJob'
      | 'listCallbackAttempts'
      | 'listJobs'
      | 'searchJobs'
      | 'noteEndRead'
    >;
}

// Prompts may be long. A page ends early rather than hold megabytes of them; its cursor says that there is more.
const MAX_LIST_CHARACTERS = 1_000_000;
const LIST_STEP = 20;

export function createJobs(parts: JobsParts, options: JobMakerOptions): Jobs {
  const { store } = parts;

  async function get(id: string, clientId: string | null): Promise<Job> {
    const job = await (clientId === null ? store.findJob(id) : store.getJob(id, clientId));
    if (job) return job;
    throw new ClipgateError('not_found', 'Not found.');
  }

  const getForAll = singleFlight((id: string, clientId: string | null) => `${id} ${clientId}`, get);

  return {
    ...createJobMaker(parts, options, get),
    ...createJobRecords(store),
    get,
    async planOf(job) {
      const text = await store.getJobPlan(job.id);
      return text === null ? null : (JSON.parse(text) as PurchasePlan);
    },
    callbackAttemptsOf: (job) =>
      job.callbackUrl === null ? Promise.resolve([]) : store.listCallbackAttempts(job.id),
    bodyOf: (job) => (job.bodyHash === null ? Promise.resolve(job.request) : store.loadBody(job.id)),

    async findReplay(clientId, { key, bodyHash }) {
      const found = await store.findIdempotent(clientId, key);
      if (found && found.bodyHash !== bodyHash) throw keyReused(found.job.id);
      return found?.job ?? null;
    },

    async find(anyId, clientId) {
      return (await store.getJob(anyId, clientId)) ?? (await store.getJobByUpstreamId(anyId, clientId));
    },

    async waitForChange(id, clientId, timeoutMs, signal) {
      const seen = await get(id, clientId);
      const until = parts.clock() + timeoutMs;
      const hasNews = (job: Job) => job.status !== seen.status || isTerminal(job.status);
      for (let job = seen; ; ) {
        if (hasNews(job)) return job;
        const watching = parts.watch.nextChange(id, until - parts.clock(), signal);
        // Looked at again only once the watch stands, so that no change falls between the two.
        job = await get(id, clientId);
        if (hasNews(job) || (await watching.end) !== 'changed') {
          watching.cancel();
          return job;
        }
        job = await get(id, clientId);
      }
    },

    async *follow(job, seenVersion, idleMs, signal) {
      let seen = seenVersion;
      for (let current = job; ; ) {
        if (current.version > seen) {
          seen = current.version;
          yield current;
        }
        if (isTerminal(current.status)) return;
        const watching = parts.watch.nextChange(job.id, idleMs, signal);
        try {
          current = await getForAll(job.id, job.clientId);
          if (current.version > seen) continue;
          const end = await watching.end;
          if (end === 'ended') return;
          if (end === 'timeout') yield null;
        } finally {
          watching.cancel();
        }
        current = await getForAll(job.id, job.clientId);
      }
    },

    async list({ cursor, ...query }) {
      const page: Job[] = [];
      let characters = 0;
      for (let before = cursor; ; ) {
        const wanted = Math.min(LIST_STEP, query.limit - page.length);
        const jobs = await store.listJobs({ ...query, limit: wanted + 1, before });
        for (const job of jobs.slice(0, wanted)) {
          if (page.length > 0 && characters > MAX_LIST_CHARACTERS) break;
          characters += JSON.stringify(job.request).length;
          page.push(job);
        }
        before = page.at(-1)?.id ?? null;
        const isLast = jobs.length <= wanted && page.at(-1)?.id === jobs.at(-1)?.id;
        if (isLast || jobs.length === 0) return { jobs: page, nextCursor: null };
        if (page.length === query.limit || characters > MAX_LIST_CHARACTERS) {
          return { jobs: page, nextCursor: before };
        }
      }
    },

    async search({ cursor, ...query }, text) {
      const { jobs, next } = await store.searchJobs({ ...query, before: cursor }, text);
      let characters = 0;
      const page = jobs.filter((job, index) => {
        characters += JSON.stringify(job.request).length;
        return index === 0 || characters <= MAX_LIST_CHARACTERS;
      });
      return { jobs: page, nextCursor: page.length < jobs.length ? (page.at(-1)?.id ?? null) : next };
    },

    async hide(id, clientId) {
      const job = await get(id, clientId);
      if (await store.hideJob(id, clientId)) return;
      throw new ClipgateError('not_ready', `This job is ${job.status}. It can be removed once it has ended.`);
    },

    async noteEndRead(id) {
      await store.noteEndRead(id);
    },
  };
}
