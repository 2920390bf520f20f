// The jobs that were bought: accepted once, then a function of time until the clip or the failure.
import type { SimClock } from './clock.ts';
import type { FaultBook } from './faults/book.ts';
import { endingUnder, showingUnder } from './faults/endings.ts';
import type { Job, Order } from './job.ts';
import { drawGenerationMs } from './latency.ts';
import { alphanumeric, type RandomSource } from './random.ts';
import type { Settings } from './settings.ts';

export type JobBook = {
  accept(order: Order): Job;
  find(id: string): Job | undefined;
  /** By generation id, which is the job's own id but for jobs of the older style. */
  findGeneration(generationId: string): Job | undefined;
  all(): readonly Job[];
  clear(): void;
};

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
