// What this gateway and its replicas have seen of the models, kept at hand for the router.

import { LRUCache } from 'lru-cache';
import type { Job } from '../../core/job/job.ts';
import {
  learnModel,
  type ModelKnowledge,
  newestFirst,
  OBSERVATIONS_PER_MODEL,
} from '../../core/learning/learn-model.ts';
import { healthOf, type ModelHealth } from '../../core/learning/model-health.ts';
import { type JobObservation, observeJob } from '../../core/learning/observation.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import { aboutJob, type Log } from '../runtime/log.ts';
import { createLoop } from '../runtime/loop.ts';

export interface ModelStats {
  /**
   * What is known by now, by model id; the same value until something new is learned.
   * @param clientId whose own bills count for itself, few as they may be; null = what counts for every client.
   */
  knowledge(clientId: string | null): ReadonlyMap<string, ModelKnowledge>;
  /** How each model did in the latest jobs that are known; null = of every client. By model id. */
  health(clientId: string | null): readonly ModelHealth[];
  /**
   * Learns from a job that has ended, and keeps the observation. Safe to repeat. Never throws: a lesson lost is no
   * reason to lose a job.
   * @param job as it will be saved, with `updatedAt` still that of the last look before.
   */
  record(job: Job): Promise<void>;
  /** Takes in what other replicas have observed. @throws what the store throws. */
  refresh(): Promise<void>;
  /** Reads what was observed before, then refreshes now and then. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface ModelStatsParts {
  readonly store: Pick<JobStore, 'saveObservation' | 'listObservations'>;
  readonly clock: () => number;
  readonly log: Log;
}

interface Entry {
  /** Newest first, no more than `OBSERVATIONS_PER_MODEL`. */
  observations: readonly JobObservation[];
  learned: ModelKnowledge | null;
}

/** What ended longer ago is never read. Observations of a quarter of a year ago weigh an eighth of today's. */
export const MEMORY_MS = 90 * 24 * 60 * 60 * 1000;
const REFRESH_MS = 60_000;
// Replicas' clocks differ, and a row may be seen later than one that ended after it.
const OVERLAP_MS = 10 * 60_000;
// Old evidence fades over weeks: an hour's fading is nothing, and learning anew every minute would be for nothing.
const FADING_MS = 60 * 60_000;
// A hundred times the models there are, at 64 observations of about 200 bytes each: at most 40 MB.
const MAX_MODELS = 3_000;
// Clients with bills of their own that were asked for since anything was learned.
const MAX_CLIENTS = 1_000;

export function createModelStats({ store, clock, log }: ModelStatsParts): ModelStats {
  const entries = new LRUCache<string, Entry>({ max: MAX_MODELS });
  let current: ReadonlyMap<string, ModelKnowledge> = new Map();
  const ofClients = new LRUCache<string, ReadonlyMap<string, ModelKnowledge>>({ max: MAX_CLIENTS });
  let learnedAt = 0;
  let outdated = false;
  let readUntil: number | null = null;

  function add(seen: JobObservation): void {
    const known = entries.get(seen.model)?.observations ?? [];
    if (known.some(({ jobId }) => jobId === seen.jobId)) return;
    const observations = [...known, seen].sort(newestFirst).slice(0, OBSERVATIONS_PER_MODEL);
    entries.set(seen.model, { observations, learned: null });
    outdated = true;
  }

  function sharedKnowledge(): ReadonlyMap<string, ModelKnowledge> {
    const now = clock();
    const faded = now - learnedAt > FADING_MS;
    if (!outdated && !faded) return current;
    const next = new Map<string, ModelKnowledge>();
    for (const [model, entry] of entries.entries()) {
      if (faded) entry.learned = null;
      entry.learned ??= learnModel(entry.observations, now);
      next.set(model, entry.learned);
    }
    if (faded) learnedAt = now;
    outdated = false;
    current = next;
    ofClients.clear();
    return current;
  }

  function knowledge(clientId: string | null): ReadonlyMap<string, ModelKnowledge> {
    const shared = sharedKnowledge();
    if (clientId === null) return shared;
    const known = ofClients.get(clientId);
    if (known) return known;
    let own: Map<string, ModelKnowledge> | null = null;
    for (const [model, { observations }] of entries.entries()) {
      if (!observations.some((seen) => seen.clientId === clientId)) continue;
      own ??= new Map(shared);
      own.set(model, learnModel(observations, clock(), clientId));
    }
    ofClients.set(clientId, own ?? shared);
    return own ?? shared;
  }

  async function refresh(): Promise<void> {
    const now = clock();
    const since = readUntil === null ? now - MEMORY_MS : readUntil - OVERLAP_MS;
    for (const seen of await store.listObservations(since, OBSERVATIONS_PER_MODEL)) add(seen);
    readUntil = now;
  }

  const report = (error: unknown) =>
    log.warn({ err: error }, 'could not read the observations of other processes');
  const loop = createLoop(
    async () => {
      await refresh();
      return REFRESH_MS;
    },
    report,
    REFRESH_MS,
  );

  return {
    knowledge,
    health(clientId) {
      return [...entries.entries()]
        .flatMap(([model, { observations }]) => {
          const own =
            clientId === null ? observations : observations.filter((seen) => seen.clientId === clientId);
          return healthOf(model, own) ?? [];
        })
        .sort((a, b) => (a.model < b.model ? -1 : 1));
    },
    refresh,
    async record(job) {
      const seen = observeJob(job);
      if (!seen) return;
      add(seen);
      await store
        .saveObservation(seen)
        .catch((error: unknown) =>
          log.warn({ err: error, ...aboutJob(job) }, 'the observation of a job could not be stored'),
        );
    },
    async start() {
      // The first clip is routed with what is known, not with what will be known in a minute.
      await refresh().catch(report);
      loop.start();
    },
    stop: () => loop.stop(),
  };
}
