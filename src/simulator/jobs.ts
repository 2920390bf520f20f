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
  const byGeneration = new Map<string, Job>();
  // Beside the map: it is gone through at every submit, and of a map it would have to be copied for that.
  const list: Job[] = [];
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
      let running = 0;
      for (const job of list) {
        if (job.model.id === order.model.id && nowMs < job.ending.readyMs) running += 1;
      }
      const random = randomFor(`latency/${issued}`);
      const generationMs = drawGenerationMs(random, order.model, order.clip, running);
      const ids = issueIds(nowMs);
      const context = { model: order.model.id, prompt: order.request.prompt, jobId: ids.id };
      const struck = faults.draw('job', context, order.rules);
      const job: Job = {
        ...order,
        ...ids,
        number: list.length + 1,
        acceptedMs: nowMs,
        ending: endingUnder(struck, nowMs, generationMs, settings().time_scale),
        showing: showingUnder(struck, order.bill.costUsd),
        answer: { kind: 'waiting', status: null },
        polls: 0,
        downloads: 0,
        webhooks: [],
      };
      jobs.set(job.id, job);
      byGeneration.set(job.generationId, job);
      list.push(job);
      return job;
    },
    find: (id) => jobs.get(id),
    findGeneration: (id) => byGeneration.get(id),
    all: () => list,
    clear() {
      jobs.clear();
      byGeneration.clear();
      list.length = 0;
    },
  };
}
