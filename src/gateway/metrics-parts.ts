// What the metrics read when they are asked: the database, the workers and the catalog, each within a limit of time.

import type { Config } from '../config/variables.ts';
import type { Catalog } from '../core/catalog/catalog.ts';
import { isTerminal, JOB_STATUSES } from '../core/job/job.ts';
import { fromMicroUsd } from '../core/money.ts';
import { listenForScrapes } from '../http/server/metrics-listener.ts';
import { createPrometheus, type Prometheus } from '../metrics/prometheus.ts';
import type { OpenRouter } from '../outbound/openrouter/openrouter.ts';
import type { CatalogCache } from '../service/catalog/catalog-cache.ts';
import type { SubmitBreaker } from '../service/jobs/submit-breaker.ts';
import { ALARMS } from '../service/runtime/alarms.ts';
import type { Log } from '../service/runtime/log.ts';
import type { BudgetReading, Metrics, Readings } from '../service/runtime/metrics.ts';
import type { ServiceWatch } from '../service/runtime/service-watch.ts';
import type { Worker } from '../service/runtime/worker.ts';
import type { JobStore } from '../store/ports/job-store.ts';
import type { Lifecycle } from './lifecycle.ts';
import { METRICS, STOP_MS } from './timeouts.ts';

/** What stands only after the metrics do: parts count while they are made. */
export interface ReadParts {
  readonly catalog: Pick<CatalogCache, 'peek'>;
  readonly breaker: Pick<SubmitBreaker, 'countOpen'>;
  readonly poller: Pick<Worker, 'stats'>;
  readonly webhooks: Pick<Worker, 'stats'>;
  readonly dispatcher: Pick<Worker, 'stats'>;
}

export interface MetricsContext {
  readonly store: JobStore;
  readonly version: string;
  /** Milliseconds of any origin that never go back. */
  readonly monotonic: () => number;
  readonly log: Log;
}

export interface MetricsParts extends Prometheus {
  /** To be called once, before anything is counted or read. */
  connect(parts: ReadParts): void;
}

export function createMetricsParts({ store, version, monotonic, log }: MetricsContext): MetricsParts {
  let parts: ReadParts | null = null;
  const seldom = <T>(read: () => Promise<T>) => keepFor(METRICS.sumsMs, read, monotonic);
  const readArchive = seldom(() => store.archiveStats());
  const readDrift = seldom(() => store.findBudgetDrift());

  /** Null where it fails or takes too long: a gauge without a value is left out. */
  async function attempt<T>(what: string, read: () => Promise<T>): Promise<T | null> {
    try {
      return await within(METRICS.readMs, read());
    } catch (error) {
      log.warn({ err: error, what }, 'a metric could not be read: it is left out');
      return null;
    }
  }

  async function read(): Promise<Readings> {
    if (!parts) throw new Error('Metrics were read before their parts were there');
    const { catalog, breaker, poller, webhooks, dispatcher } = parts;
    const view = catalog.peek();
    const [ping, open, budgets, drift, archive, backlog] = await Promise.all([
      attempt('store', async () => {
        await store.ping();
        return true;
      }),
      attempt('jobs', () => store.countOpenJobs()),
      attempt('budgets', () => readBudgets(store)),
      attempt('budget drift', readDrift),
      attempt('archive', readArchive),
      attempt('backlog', () => store.readBacklog(0)),
    ]);
    const statuses = JOB_STATUSES.filter((status) => !isTerminal(status));
    return {
      storeReady: ping === true,
      openJobs: open && new Map(statuses.map((status) => [status, open.get(status) ?? 0])),
      budgets,
      budgetDriftUsd:
        drift && fromMicroUsd(drift.reduce((sum, { driftMicroUsd }) => sum + Math.abs(driftMicroUsd), 0)),
      archive,
      catalog: view && {
        ageS: view.ageS,
        models: view.catalog.models.length,
        unreadable: countUnreadable(view.catalog),
      },
      backlog: backlog && {
        pollLagS: backlog.steps.oldestMs / 1000,
        callbacks: backlog.callbacks.due,
      },
      inFlight: {
        poller: poller.stats().inFlight,
        webhooks: webhooks.stats().inFlight,
        callbacks: dispatcher.stats().inFlight,
      },
      openBreakers: breaker.countOpen(),
    };
  }

  const prometheus = createPrometheus({
    version,
    alarms: Object.keys(ALARMS),
    hasModel: (id) => parts?.catalog.peek()?.catalog.byId.has(id) === true,
    read,
  });
  return {
    ...prometheus,
    connect(connected) {
      parts = connected;
    },
  };
}

/** Catalog entries that cannot be read in whole. */
export const countUnreadable = ({ dropped, models }: Catalog): number =>
  dropped + models.filter(({ unreadable }) => unreadable.length > 0).length;

/** The first budgets by age: an operator has dozens, and a scrape stays short where one has thousands. */
async function readBudgets(store: Pick<JobStore, 'listBudgets'>): Promise<BudgetReading[]> {
  const states = await store.listBudgets({ scope: null, after: null, limit: METRICS.budgets });
  return states.map(({ budget, use, resetsAt }) => ({
    id: budget.id,
    limitUsd: fromMicroUsd(budget.limitMicroUsd + use.adjustmentMicroUsd),
    spentUsd: fromMicroUsd(use.settledMicroUsd),
    heldUsd: fromMicroUsd(use.heldMicroUsd),
    endsAtS: resetsAt === null ? null : resetsAt / 1000,
  }));
}

/** For sums over whole tables: read again once what was read is older than `ms`. */
function keepFor<T>(ms: number, read: () => Promise<T>, monotonic: () => number): () => Promise<T> {
  let last: { readonly at: number; readonly value: T } | null = null;
  return async () => {
    if (last && monotonic() - last.at < ms) return last.value;
    const value = await read();
    last = { at: monotonic(), value };
    return value;
  };
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** OpenRouter, with every submit counted, timed and watched. */
export const measureSubmits = (
  upstream: OpenRouter,
  metrics: Pick<Metrics, 'submitEnded'>,
  watch: Pick<ServiceWatch, 'submitEnded'>,
  monotonic: () => number,
): OpenRouter => ({
  ...upstream,
  async submit(body, webhookUrl) {
    const began = monotonic();
    const outcome = await upstream.submit(body, webhookUrl);
    const seconds = (monotonic() - began) / 1000;
    metrics.submitEnded({ model: body.model, outcome: outcome.kind, seconds });
    watch.submitEnded(outcome);
    return outcome;
  },
});

/** Serves the metrics on a port of their own, where there is one. */
export function addMetricsListener(
  metrics: Pick<Prometheus, 'render'>,
  { METRICS_PORT: port, HOST: host }: Pick<Config, 'METRICS_PORT' | 'HOST'>,
  lifecycle: Lifecycle,
): void {
  if (port === undefined) return;
  const listener = listenForScrapes(metrics, { host, port });
  lifecycle.add('metrics listener', {
    phase: 'base',
    start: () => listener.start(),
    stop: () => listener.stop(),
    stopMs: STOP_MS,
  });
}
