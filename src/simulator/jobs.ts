// The jobs that were bought: accepted once, then a function of time until the clip, or the failure, is there.
import type { CatalogModel } from './catalog.ts';
import type { Clip } from './clip.ts';
import type { SimClock } from './clock.ts';
import type { FaultBook, FaultRule } from './faults/book.ts';
import { endingUnder, type Showing, showingUnder } from './faults/endings.ts';
import { drawGenerationMs } from './latency.ts';
import type { Bill } from './pricing/bill.ts';
import { alphanumeric, type RandomSource } from './random.ts';
import type { Settings } from './settings.ts';
import type { Delivery } from './webhooks.ts';
import type { VideoRequest } from './wire.ts';

/** How a submit was answered on the wire, which is not always what happened to the job. */
export type SubmitAnswer = {
  /** `waiting` until the answer has left; `gone` when the client hung up before it could. */
  readonly kind: 'waiting' | 'sent' | 'gone' | 'reset' | 'hang' | 'cut';
  readonly status: number | null;
};

/** How a job ends, and when. `readyMs` is Infinity for one that never does. */
export type Ending = { readonly status: string; readonly error: string | null; readonly readyMs: number };

type Order = {
  readonly model: CatalogModel;
  readonly request: VideoRequest;
  /** The body as it came, unknown fields and all. */
  readonly body: unknown;
  readonly clip: Clip;
  readonly bill: Bill;
  /** The simulator's address as the buyer saw it, for URLs in a webhook. */
  readonly origin: string;
  /** The faults that the submit brought with it; those of poll, content and webhook strike later. */
  readonly rules: readonly FaultRule[];
};

export type Job = Order & {
  /** 1 for the first job since start or reset. */
  readonly number: number;
  readonly id: string;
  readonly generationId: string;
  readonly acceptedMs: number;
  readonly ending: Ending;
  readonly showing: Showing;
  answer: SubmitAnswer;
  polls: number;
  downloads: number;
  readonly webhooks: Delivery[];
};

export type JobBook = {
  accept(order: Order): Job;
  find(id: string): Job | undefined;
  /** By generation id, which is the job's own id but for jobs of the older style. */
  findGeneration(generationId: string): Job | undefined;
  all(): readonly Job[];
  clear(): void;
};

/** The status a poll shows: pending goes straight to its end, as live jobs do. */
export function statusOf(job: Job, nowMs: number): string {
  return nowMs < job.ending.readyMs ? 'pending' : job.ending.status;
}

/** What a job has cost by now: nothing before it completed, nothing if it never does. */
export function billedUsd(job: Job, nowMs: number): number | null {
  return statusOf(job, nowMs) === 'completed' ? job.showing.billedUsd : 0;
}

/** Keeps the jobs in memory until `clear`: the ledger promises every paid job since then. */
export function createJobBook(
  clock: SimClock,
  randomFor: RandomSource,
  faults: FaultBook,
  settings: () => Settings,
): JobBook {
  const jobs = new Map<string, Job>();
  // Never starts again, not even on clear: an id is not handed out twice.
  let issued = 0;

  function issueIds(nowMs: number) {
    const random = randomFor(`ids/${issued}`);
    if (settings().id_style === 'legacy') {
      return { id: alphanumeric(random, 20), generationId: `gen-vid-${alphanumeric(random, 20)}` };
    }
    const id = `gen-vid-${Math.floor(nowMs / 1000)}-${alphanumeric(random, 20)}`;
    return { id, generationId: id };
  }

  return {
    accept(order) {
      const nowMs = clock.nowMs();
      issued += 1;
      const running = [...jobs.values()].filter(
        (job) => job.model.id === order.model.id && nowMs < job.ending.readyMs,
      ).length;
      const random = randomFor(`latency/${issued}`);
      const generationMs = drawGenerationMs(random, order.model, order.clip, running);
      const ids = issueIds(nowMs);
      const context = { model: order.model.id, prompt: order.request.prompt, jobId: ids.id };
      const struck = faults.draw('job', context, order.rules);
      const job: Job = {
        ...order,
        ...ids,
        number: jobs.size + 1,
        acceptedMs: nowMs,
        ending: endingUnder(struck, nowMs, generationMs, settings().time_scale),
        showing: showingUnder(struck, order.bill.costUsd),
        answer: { kind: 'waiting', status: null },
        polls: 0,
        downloads: 0,
        webhooks: [],
      };
      jobs.set(job.id, job);
      return job;
    },
    find: (id) => jobs.get(id),
    findGeneration: (id) => [...jobs.values()].find((job) => job.generationId === id),
    all: () => [...jobs.values()],
    clear: () => jobs.clear(),
  };
}
