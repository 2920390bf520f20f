// Metrics in Prometheus' text format: every name and label of the gateway, each label from a set that cannot grow without end.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Exposition, Metrics, Readings } from '../service/runtime/metrics.ts';

export interface PrometheusParts {
  readonly version: string;
  /** Every alarm there is, so that each series exists before its first alarm. */
  readonly alarms: readonly string[];
  /** Whether the catalog has a model of this id. */
  readonly hasModel: (id: string) => boolean;
  readonly read: () => Promise<Readings>;
}

export interface Prometheus extends Metrics {
  render(): Promise<Exposition>;
}

// A client is one that an operator has named, and still an operator may name thousands.
const MAX_CLIENTS = 200;
// A catalog changes with time, and what was once in it keeps its series.
const MAX_MODELS = 500;
const OTHER = 'other';
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const SUBMIT_SECONDS = [0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 90];
const JOB_SECONDS = [5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1200, 1800];
/** Bill by estimate: 1 = as estimated. */
const ESTIMATE_RATIOS = [0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.01, 1.05, 1.1, 1.25, 1.5, 2, 4];

/** The first `max` values that pass keep their names; everything else is `other`. */
function createLabel(max: number, isKnown: (value: string) => boolean = () => true) {
  const kept = new Set<string>();
  return (value: string): string => {
    if (kept.has(value)) return value;
    if (kept.size >= max || !isKnown(value)) return OTHER;
    kept.add(value);
    return value;
  };
}

export function createPrometheus({ version, alarms, hasModel, read }: PrometheusParts): Prometheus {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const clientOf = createLabel(MAX_CLIENTS);
  const modelOf = createLabel(MAX_MODELS, hasModel);

  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name: `clipgate_${name}`, help, labelNames, registers });
  const histogram = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    buckets: number[],
  ) => new Histogram({ name: `clipgate_${name}`, help, labelNames, buckets, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name: `clipgate_${name}`, help, labelNames, registers });

  const requests = counter('http_requests_total', 'Requests answered.', ['method', 'route', 'status']);
  const requestSeconds = histogram(
    'http_request_duration_seconds',
    'From the arrival of a request to the end of its answer.',
    ['route'],
    REQUEST_SECONDS,
  );
  const submits = counter('submits_total', 'Submits to OpenRouter by what is known of them.', [
    'model',
    'outcome',
  ]);
  const submitSeconds = histogram('submit_duration_seconds', 'Length of a submit.', [], SUBMIT_SECONDS);
  const jobSeconds = histogram(
    'job_duration_seconds',
    'From the order of a job to its end.',
    ['model'],
    JOB_SECONDS,
  );
  const jobsEnded = counter('jobs_ended_total', 'Jobs that ended, by how.', ['model', 'status']);
  const spend = counter('spend_usd_total', 'Bills that became known to this process, in US dollars.', [
    'client',
    'model',
  ]);
  const estimateError = histogram(
    'estimate_error_ratio',
    'Bill of a job divided by its estimate.',
    ['model'],
    ESTIMATE_RATIOS,
  );
  const callbacks = counter('callbacks_total', 'Attempts to deliver a callback.', ['outcome']);
  const alarmsRaised = counter('alarms_total', 'Alarms raised.', ['alarm']);
  for (const outcome of ['delivered', 'failed', 'gone', 'dead']) callbacks.inc({ outcome }, 0);
  for (const alarm of alarms) alarmsRaised.inc({ alarm }, 0);

  const jobs = gauge('jobs', 'Jobs that have not ended, by status, in the database.', ['status']);
  const budgetLimit = gauge('budget_limit_usd', 'Limit of the present window, with adjustments.', ['budget']);
  const budgetSpent = gauge('budget_spent_usd', 'Settled in the present window.', ['budget']);
  const budgetHeld = gauge('budget_held_usd', 'Held for jobs under way in the present window.', ['budget']);
  const budgetEnd = gauge(
    'budget_window_end_timestamp_seconds',
    'End of the present window; absent where it never ends.',
    ['budget'],
  );
  const drift = gauge('budget_drift_usd', 'What budget windows hold beside the sum of their holds.');
  const pollLag = gauge('poll_lag_seconds', 'For how long the next step of a job has been due.');
  const callbackBacklog = gauge('callback_backlog', 'Callbacks that are due and not under way.');
  const inFlight = gauge('worker_in_flight', 'Steps that a worker of this process is running.', ['worker']);
  const archiveBytes = gauge('archive_bytes', 'Bytes of stored clips.');
  const backlog = gauge('archive_backlog', 'Completed jobs whose clips are still to be stored.');
  const catalogAge = gauge('catalog_age_seconds', 'Since OpenRouter sent the catalog in use.');
  const catalogModels = gauge('catalog_models', 'Models of the catalog in use.');
  const unreadable = gauge('catalog_unreadable', 'Catalog entries that cannot be read in whole.');
  const breakers = gauge('breaker_open', 'Submit circuits that are not closed, by scope.', ['scope']);
  const storeReady = gauge('store_ready', '1 where the database takes writes, else 0.');
  gauge('build_info', 'Always 1; names the version.', ['version']).set({ version }, 1);

  const single = (target: Gauge, value: number | null | undefined): void => {
    if (value === null || value === undefined) target.remove();
    else target.set(value);
  };
  const byLabel = <L extends string>(
    target: Gauge<L>,
    label: L,
    values: Iterable<readonly [string, number | null]>,
  ): void => {
    target.reset();
    for (const [name, value] of values) {
      if (value !== null) target.set({ [label]: name } as Record<L, string>, value);
    }
  };

  function show(now: Readings): void {
    single(storeReady, now.storeReady ? 1 : 0);
    byLabel(jobs, 'status', now.openJobs ?? []);
    const budgets = now.budgets ?? [];
    byLabel(
      budgetLimit,
      'budget',
      budgets.map(({ id, limitUsd }) => [id, limitUsd]),
    );
    byLabel(
      budgetSpent,
      'budget',
      budgets.map(({ id, spentUsd }) => [id, spentUsd]),
    );
    byLabel(
      budgetHeld,
      'budget',
      budgets.map(({ id, heldUsd }) => [id, heldUsd]),
    );
    byLabel(
      budgetEnd,
      'budget',
      budgets.map(({ id, endsAtS }) => [id, endsAtS]),
    );
    single(drift, now.budgetDriftUsd);
    single(pollLag, now.backlog?.pollLagS);
    single(callbackBacklog, now.backlog?.callbacks);
    byLabel(inFlight, 'worker', Object.entries(now.inFlight));
    single(archiveBytes, now.archive?.bytes);
    single(backlog, now.archive?.backlog);
    single(catalogAge, now.catalog?.ageS);
    single(catalogModels, now.catalog?.models);
    single(unreadable, now.catalog?.unreadable);
    byLabel(breakers, 'scope', Object.entries(now.openBreakers));
  }

  async function write(): Promise<Exposition> {
    show(await read());
    return { contentType: registry.contentType, text: await registry.metrics() };
  }

  let writing: Promise<Exposition> | null = null;

  return {
    requestEnded({ method, route, status, seconds }) {
      const pattern = route ?? OTHER;
      requests.inc({
        method: METHODS.has(method) ? method : OTHER,
        route: pattern,
        status: String(status),
      });
      requestSeconds.observe({ route: pattern }, seconds);
    },
    submitEnded({ model, outcome, seconds }) {
      submits.inc({ model: modelOf(model), outcome });
      submitSeconds.observe(seconds);
    },
    jobEnded({ model, status, seconds, estimatedUsd, billedUsd }) {
      const label = modelOf(model);
      jobsEnded.inc({ model: label, status });
      if (seconds !== null) jobSeconds.observe({ model: label }, seconds);
      if (billedUsd !== null && estimatedUsd !== null && estimatedUsd > 0)
        estimateError.observe({ model: label }, billedUsd / estimatedUsd);
    },
    spent: ({ client, model, usd }) => spend.inc({ client: clientOf(client), model: modelOf(model) }, usd),
    callbackEnded: (outcome) => callbacks.inc({ outcome }),
    alarmRaised: (alarm) => alarmsRaised.inc({ alarm }),
    render() {
      // Scrapers that come together share what is read.
      writing ??= write().finally(() => {
        writing = null;
      });
      return writing;
    },
  };
}
