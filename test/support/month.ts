// A month of clips bought from the simulator in simulated time, by a router that starts knowing nothing.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Catalog } from '../../src/core/catalog/catalog.ts';
import { type ClipSpec, PRIORITIES } from '../../src/core/clip/clip-spec.ts';
import { NOTHING_KNOWN } from '../../src/core/learning/knowledge.ts';
import { priceKindOf } from '../../src/core/learning/price-kind.ts';
import { toMicroUsd } from '../../src/core/money.ts';
import { yardstickOf } from '../../src/core/pricing/learned-estimate.ts';
import { planRoute } from '../../src/core/routing/plan-route.ts';
import { createSecret } from '../../src/core/secret.ts';
import { createOpenRouter } from '../../src/outbound/openrouter/openrouter.ts';
import { createJobFallback } from '../../src/service/jobs/job-fallback.ts';
import { createJobPoller } from '../../src/service/jobs/job-poller.ts';
import { createJobSubmitter } from '../../src/service/jobs/job-submitter.ts';
import { createJobWatch } from '../../src/service/jobs/job-watch.ts';
import { createJobs } from '../../src/service/jobs/jobs.ts';
import { createSubmitBreaker } from '../../src/service/jobs/submit-breaker.ts';
import { createModelStats } from '../../src/service/learning/model-stats.ts';
import { createPlanner } from '../../src/service/planning/planner.ts';
import { createAlarms } from '../../src/service/runtime/alarms.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite.ts';
import { createRecordedLog } from './silent-log.ts';

/** What upstream does that no list says. The simulator bills wan-3.0 at 2.125 times its list, as was seen live. */
export const PROMOTED = 'google/veo-3.1-fast';
export const DOUBLED = 'alibaba/wan-3.0';
export const SLOW = 'x-ai/grok-imagine-video';
const PROMOTION = 0.4;
const SLOW_SECONDS = 600;
/** The promotion ends with this share of the month still to come. */
export const PROMOTION_ENDS = 0.8;

export interface Purchase {
  /** From 0, the start of the month, up to 1. */
  readonly time: number;
  readonly model: string;
  /** Clips of one kind are billed alike. */
  readonly kind: string;
  /** What a router that never learns would have chosen; null where the client named the model. */
  readonly untaught: string | null;
  readonly listUsd: number;
  readonly estimatedUsd: number;
  readonly billedUsd: number;
  readonly priorS: number;
  readonly expectedS: number;
  readonly tookS: number;
}

const MONTH_MS = 30 * 24 * 60 * 60 * 1000;
const START = Date.UTC(2026, 10, 1);
const LONGEST_SUBMIT_MS = 3_600;
const LEASE_MS = 120_000;
/** The share of clients that name their model: what keeps teaching the router of models it would not choose. */
const NAMED = 0.4;

/** Buys `count` clips one after the other, evenly over a month, every model's behaviour but the list's unknown. */
export async function simulateMonth(catalog: Catalog, count: number, seed = 1): Promise<Purchase[]> {
  let now = START;
  let clockReads = 0;
  const clock = () => now;
  const random = createDice(seed);
  const simulator = await startSimulator({
    // Simulated time runs as on the live service, and costs nothing: at scale 0 no model would be slow.
    timeScale: 1,
    seed,
    clock: () => {
      clockReads += 1;
      return now;
    },
    settings: {
      price_factors: { [PROMOTED]: PROMOTION },
      unlisted_surcharge: true,
      credits_usd: 1_000_000,
    },
  });
  simulator.addFault({ fault: 'latency', seconds: SLOW_SECONDS, match: { model: SLOW } });
  const pass = (ms: number) => {
    now += ms;
    simulator.advance(0);
  };

  const log = createRecordedLog();
  const alarms = createAlarms({ log, monotonic: () => 0 });
  const store = await openSqliteStore({ file: ':memory:', clock });
  const upstream = createOpenRouter(
    {
      baseUrl: simulator.apiUrl,
      apiKey: () => createSecret('sk-or-month'),
      userAgent: 'clipgate/test',
      now: clock,
    },
    { connectMs: 10_000, submitMs: 90_000, readMs: 30_000, stallMs: 60_000 },
  );
  const modelStats = createModelStats({ store, clock, log });
  const pace = { minMs: 10_000, maxMs: 60_000 };
  const sleep = () => Promise.resolve();
  const breaker = createSubmitBreaker({ clock, alarms, log });
  const fallback = createJobFallback({ store, log });
  const submitter = createJobSubmitter(
    {
      store,
      upstream,
      breaker,
      holds: { current: () => null },
      traces: null,
      fallback,
      clock,
      random,
      sleep,
      alarms,
      log,
    },
    { leaseMs: LEASE_MS, pace, webhookUrlFor: () => null },
  );
  const poller = createJobPoller(
    {
      store,
      upstream,
      submitter,
      archive: { hasClip: async () => true, keep: async () => true },
      fallback,
      modelStats,
      clock,
      monotonic: clock,
      random,
      alarms,
      log,
    },
    {
      owner: 'month',
      concurrency: 8,
      leaseMs: LEASE_MS,
      archiveLeaseMs: LEASE_MS,
      archives: { total: 4, perClient: 4 },
      pace,
    },
  );
  const watch = createJobWatch(store);
  const jobs = createJobs(
    {
      store,
      submitter,
      upstream,
      breaker,
      watch,
      holds: { current: () => null },
      queue: { wake: () => undefined },
      withdrawals: { add: () => {} },
      clock,
      log,
    },
    { owner: 'month', leaseMs: LEASE_MS, maxWaitMs: LEASE_MS },
  );
  const view = { catalog, ageS: 0, stale: false };
  const planner = createPlanner({
    catalog: { get: async () => view },
    tags: { annotate: (same) => same, learn: async () => false },
    preflight: { check: async () => ({ videoReferenceSeconds: null }) },
    knowledge: () => ({ ...NOTHING_KNOWN, models: modelStats.knowledge('month') }),
    writeRanking: () => '{}',
  });

  /** Lets a submit reach the simulator before the seconds pass that its answer takes. */
  async function whileAnswering<T>(pending: Promise<T>): Promise<T> {
    let settled = false;
    const done = pending.finally(() => {
      settled = true;
    });
    for (let seen = clockReads; !settled; ) {
      await nextTurn();
      if (clockReads === seen) continue;
      pass(LONGEST_SUBMIT_MS);
      seen = clockReads;
    }
    return done;
  }

  async function followToEnd(): Promise<void> {
    for (let waitMs = await store.nextDueInMs(); waitMs !== null; waitMs = await store.nextDueInMs()) {
      pass(waitMs);
      const { settled } = await poller.tick();
      await settled;
    }
  }

  async function buy(spec: ClipSpec): Promise<Purchase | null> {
    const routing = { priority: pick(random, PRIORITIES) };
    const untaught = planRoute(catalog, spec, routing).candidates;
    const named = random() < NAMED ? pick(random, untaught)?.model.id : undefined;
    const { plan } = await planner.planJob(named, spec, named === undefined ? routing : {});
    if (plan.kind !== 'planned') return null;
    const { choice, submission } = plan;
    const { list, estimate, expected } = choice;
    if (!list.usd || !estimate.usd) return null;
    const priorS = untaught.find(({ model }) => model.id === choice.model.id)?.expected.p50S;
    const intent = {
      clientId: 'month',
      request: submission.body,
      estimatedMicroUsd: toMicroUsd(estimate.usd),
      ceilingMicroUsd: null,
      listMicroUsd: yardstickOf(list),
      expectedMs: expected.p50S * 1000,
      idempotency: null,
    };
    const { job: accepted } = await whileAnswering(jobs.make(intent, true));
    await followToEnd();
    const job = await store.getJob(accepted.id, 'month');
    if (job?.status !== 'completed' || !job.actualMicroUsd || job.finishedAt === null) return null;
    return {
      time: (job.createdAt - START) / MONTH_MS,
      model: job.model,
      kind: priceKindOf(job.request),
      untaught: named === undefined ? (untaught[0]?.model.id ?? null) : null,
      listUsd: list.usd.toNumber(),
      estimatedUsd: estimate.usd.toNumber(),
      billedUsd: job.actualMicroUsd / 1_000_000,
      priorS: priorS ?? expected.p50S,
      expectedS: expected.p50S,
      tookS: (job.finishedAt - (job.submittedAt ?? job.createdAt)) / 1000,
    };
  }

  const purchases: Purchase[] = [];
  try {
    for (let index = 0; index < count; index += 1) {
      pass(Math.max(0, START + (MONTH_MS * index) / count - now));
      if (index === Math.floor(count * PROMOTION_ENDS)) simulator.configure({ price_factors: {} });
      const bought = await buy(drawClip(random));
      if (bought) purchases.push(bought);
    }
    return purchases;
  } finally {
    watch.close();
    await upstream.close();
    await store.close();
    await simulator.close();
  }
}

function drawClip(random: () => number): ClipSpec {
  return {
    prompt: 'a paper boat sails down a rainy street',
    duration: pick(random, [4, 5, 6, 8]),
    // One kind of clip: bills of another would move no estimate.
    resolution: '720p',
    aspect_ratio: pick(random, ['16:9', '16:9', '9:16']),
    generate_audio: false,
  };
}

function pick<T>(random: () => number, list: readonly [T, ...T[]]): T;
function pick<T>(random: () => number, list: readonly T[]): T | undefined;
function pick<T>(random: () => number, list: readonly T[]): T | undefined {
  return list[Math.floor(random() * list.length)];
}

/** Mulberry32: the same seed, the same month. */
function createDice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Mean of |said - was| / was. NaN of nothing. */
export function meanError(
  purchases: readonly Purchase[],
  said: (one: Purchase) => number,
  was: (one: Purchase) => number,
): number {
  const errors = purchases.map((one) => Math.abs(said(one) - was(one)) / was(one));
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}
