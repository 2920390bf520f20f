// The one place where the gateway's parts are put together, started in order and stopped in order.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../config/variables.ts';
import type { Secret } from '../core/secret.ts';
import { createApp } from '../http/app.ts';
import { CONSOLE_FOLDER } from '../http/console/pages.ts';
import { trackConnections } from '../http/server/connections.ts';
import type { App } from '../http/server/context.ts';
import { type BillWatch, createBillWatch } from '../service/accounts/bill-watch.ts';
import { type BudgetWatch, createBudgetWatch } from '../service/accounts/budget-watch.ts';
import { createBudgets } from '../service/accounts/budgets.ts';
import { createSpend } from '../service/accounts/spend.ts';
import type { CallbackDispatcher } from '../service/callbacks/callback-dispatcher.ts';
import { createArchiveHealth } from '../service/clips/archive-health.ts';
import { createContentLinks } from '../service/clips/content-links.ts';
import { createJobActs } from '../service/jobs/job-acts.ts';
import { watchJobEnds } from '../service/jobs/job-ends.ts';
import type { JobPoller } from '../service/jobs/job-poller.ts';
import { createJobReport } from '../service/jobs/job-report.ts';
import type { SubmissionHold } from '../service/jobs/submission-hold.ts';
import type { WaitingJobs } from '../service/jobs/waiting-jobs.ts';
import { createOrders, type Orders } from '../service/orders/place-order.ts';
import { createQuotedClips } from '../service/orders/quoted-clips.ts';
import { createQuotes } from '../service/orders/quotes.ts';
import { createResentOrders } from '../service/orders/resent-orders.ts';
import { createReplay } from '../service/planning/replay.ts';
import { createAlarms } from '../service/runtime/alarms.ts';
import { createOverview } from '../service/runtime/overview.ts';
import { createRecentAlarms } from '../service/runtime/recent-alarms.ts';
import { createRetention } from '../service/runtime/retention.ts';
import { createServiceWatch, type ServiceWatch } from '../service/runtime/service-watch.ts';
import { logStartupWarnings } from '../service/runtime/startup-warnings.ts';
import type { InboundWebhooks } from '../service/webhooks/inbound-webhooks.ts';
import type { JobStore } from '../store/ports/job-store.ts';
import { createAccountParts } from './account-parts.ts';
import { createAlarmParts } from './alarm-parts.ts';
import { createCallbackParts } from './callback-parts.ts';
import { createCatalogParts } from './catalog-parts.ts';
import { createJobParts } from './job-parts.ts';
import { createLifecycle } from './lifecycle.ts';
import { addMetricsListener, countUnreadable, createMetricsParts, measureSubmits } from './metrics-parts.ts';
import { createOutboundParts } from './outbound-parts.ts';
import { ACCEPTED_MS, ANSWER_GRACE_MS, LEASE_MARGIN_MS, RECORD_MS, STOP_MS } from './timeouts.ts';
import { createTraceParts } from './trace-parts.ts';

export interface GatewayParts {
  readonly config: Config;
  /** Opened by the caller; the gateway closes it. */
  readonly store: JobStore;
  readonly log: Logger;
  readonly version: string;
  /** Names this process in leases; differs at every start. */
  readonly owner: string;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Milliseconds of any origin that never go back: for pauses, whatever becomes of the clock. */
  readonly monotonic: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** The OpenRouter key of the moment, where it may be replaced while the gateway runs; else the configured one. */
  readonly apiKey?: () => Secret | undefined;
  /** PEM certificates trusted beside the runtime's own where clients' URLs lead. */
  readonly trust?: readonly string[];
  /** The console's pages, where they are not those of this build. */
  readonly consoleFolder?: string;
}

export interface Gateway {
  readonly app: App;
  /** The use case behind every way in. */
  readonly orders: Orders;
  readonly poller: JobPoller;
  readonly waiting: WaitingJobs;
  readonly webhooks: InboundWebhooks;
  readonly dispatcher: CallbackDispatcher;
  readonly budgetWatch: BudgetWatch;
  readonly billWatch: BillWatch;
  readonly serviceWatch: ServiceWatch;
  /** Fetches the catalog now. True where a good one came of it. */
  refreshCatalog(): Promise<boolean>;
  /**
   * Makes ready to listen and starts what runs in the background; with `background: false` jobs only move when
   * `poller.tick` is called, and callbacks when `dispatcher.tick` is. The app listens when its caller says so.
   */
  start(options?: { readonly background?: boolean }): Promise<void>;
  /**
   * Not ready for DRAIN_DELAY_MS, then: stops listening, lets complete requests and submits finish, gives up leases and
   * closes the store.
   */
  close(): Promise<void>;
}

const describeHold = (hold: SubmissionHold | null) =>
  hold && `held by ${hold.actor} since ${new Date(hold.since).toISOString()}: ${hold.reason}`;

export async function createGateway(parts: GatewayParts): Promise<Gateway> {
  const { config, log, version, owner, clock, monotonic, random, trust } = parts;
  const lifecycle = createLifecycle({ log });
  // Added first, to be stopped last: what ends after the work still writes.
  lifecycle.add('store', { phase: 'base', stop: () => parts.store.close(), stopMs: STOP_MS });
  // Leases run out by themselves where the database is away.
  lifecycle.add('leases', { phase: 'base', stop: () => parts.store.releaseLeases(owner), stopMs: STOP_MS });
  const traces = await createTraceParts({ config, version, owner, monotonic, log, lifecycle });
  const metrics = createMetricsParts({ store: parts.store, version, monotonic, log });
  const alarmWebhook = createAlarmParts({
    config,
    store: parts.store,
    version,
    owner,
    clock,
    monotonic,
    random,
    trust,
    log,
    lifecycle,
  });
  const recentAlarms = createRecentAlarms({ clock, monotonic });
  const alarms = createAlarms({
    log,
    monotonic,
    onAlarm(alarm, fields) {
      metrics.alarmRaised(alarm);
      alarmWebhook?.note(alarm, fields);
      recentAlarms.note(alarm, fields);
    },
  });
  const store = watchJobEnds(parts.store, createJobReport({ metrics, traces, log }));
  const shared = { config, store, owner, clock, monotonic, random, metrics, traces, alarms, log, lifecycle };

  const apiKey = parts.apiKey ?? (() => config.OPENROUTER_API_KEY);
  const outbound = createOutboundParts({ ...shared, version, apiKey, trust });
  const serviceWatch = createServiceWatch({
    catalog: () => {
      const view = catalog.peek();
      return view && { ageS: view.ageS, unreadable: countUnreadable(view.catalog) };
    },
    store,
    monotonic,
    alarms,
    log,
  });
  lifecycle.add('service watch', {
    phase: 'work',
    isBackground: true,
    start: () => serviceWatch.start(),
    stop: () => serviceWatch.stop(),
    stopMs: STOP_MS,
  });
  const upstream = measureSubmits(outbound.upstream, metrics, serviceWatch, monotonic);
  const { history, catalog, modelStats, planner, knowledge } = await createCatalogParts({
    ...shared,
    ...outbound,
  });
  const {
    erasure,
    archive,
    storage,
    clips,
    breaker,
    holds,
    jobs,
    feed,
    poller,
    waiting,
    webhooks,
    reconciliation,
  } = createJobParts({
    ...shared,
    upstream,
    modelStats,
  });
  const accounts = createAccountParts(shared);
  const links = createContentLinks(config.OPENROUTER_API_KEY, clock, {
    isDefault: config.CONTENT_LINKS === 'signed',
    lifeS: config.CONTENT_LINK_TTL_S,
  });
  const callbacks = createCallbackParts({
    ...shared,
    links,
    sender: outbound.callbackSender,
    clients: accounts.clientAdmin,
    jobs,
  });
  const { dispatcher } = callbacks;
  metrics.connect({ catalog, breaker, poller, webhooks, dispatcher });
  addMetricsListener(metrics, config, lifecycle);

  const budgetWatch = createBudgetWatch({ store, monotonic, alarms, log });
  const billWatch = createBillWatch({ store, upstream, log });
  lifecycle.add('bill watch', {
    phase: 'work',
    isBackground: true,
    ...(upstream.canSubmit && { start: () => billWatch.start() }),
    stop: () => billWatch.stop(),
    stopMs: STOP_MS,
  });
  lifecycle.add('budget watch', {
    phase: 'work',
    isBackground: true,
    start: () => budgetWatch.start(),
    stop: () => budgetWatch.stop(),
    stopMs: STOP_MS,
  });
  const retention = createRetention({ store, clock, random, log });
  lifecycle.add('retention', {
    phase: 'work',
    isBackground: true,
    start: () => retention.start(),
    stop: () => retention.stop(),
    stopMs: STOP_MS,
  });
  // A job that another step or another process made due is looked at now, not when the timer thinks so.
  const unsubscribe = store.onJobChanged((jobId) => {
    poller.wake();
    waiting.notice();
    dispatcher.notice(jobId);
  });
  lifecycle.add('job events', { phase: 'work', stop: unsubscribe, stopMs: STOP_MS });
  const unsubscribeFaults = store.onFault((fault, cause) => serviceWatch.storeFailed(fault, cause));
  lifecycle.add('store alarms', { phase: 'base', stop: unsubscribeFaults, stopMs: STOP_MS });
  const loopDelay = monitorEventLoopDelay({ resolution: 20 });
  lifecycle.add('event loop monitor', {
    phase: 'base',
    start: () => void loopDelay.enable(),
    stop: () => void loopDelay.disable(),
    stopMs: STOP_MS,
  });

  const orders = createOrders(
    {
      planner,
      jobs,
      quotes: createQuotes(config.OPENROUTER_API_KEY, clock),
      callbacks: { findProblem: outbound.callbackPolicy.findFault, hasSecret: callbacks.hasSecret },
    },
    { strict: config.STRICT_WARNINGS === 'yes' },
  );

  let draining = false;
  const app = await createApp({
    log,
    metrics,
    traces,
    metricsKey: config.METRICS_KEY ?? null,
    servesMetrics: config.METRICS_PORT === undefined,
    version,
    trustProxy: config.TRUST_PROXY ?? null,
    corsOrigins: new Set(config.CORS_ORIGINS ?? []),
    isOpen: config.CLIENT_AUTH === 'none',
    ...accounts,
    clock,
    catalog,
    catalogMaxAgeS: config.CATALOG_MAX_AGE_S,
    history,
    overview: createOverview({
      store,
      modelStats,
      history,
      breaker,
      holds,
      alarms: recentAlarms,
      clock,
      instance: owner,
    }),
    jobs,
    feed,
    archive,
    clips,
    webhooks,
    reconciliation,
    orders,
    quotedClips: createQuotedClips({ orders, jobs, store, clock, log }),
    modelAliases: config.MODEL_ALIASES ?? new Map(),
    resentOrders: createResentOrders(
      { store, sleep: (ms) => sleep(ms), log },
      { owner, recordMs: RECORD_MS, holdMs: config.SUBMIT_TIMEOUT_MS + LEASE_MARGIN_MS },
    ),
    maxWaitS: config.MAX_WAIT_S,
    replay: createReplay({ jobs, catalog, knowledge, yieldTurn: () => setImmediate() }),
    budgets: createBudgets({ store, clock }),
    spend: createSpend({ store, clock }),
    acts: createJobActs({ store, jobs, erasure }),
    links,
    publicUrl: config.PUBLIC_URL,
    consoleFolder: parts.consoleFolder ?? CONSOLE_FOLDER,
    pingStore: () => store.ping(),
    checkArchive: createArchiveHealth({ storage, clock: monotonic, alarms }),
    holds,
    describeSubmissions: () => describeHold(holds.current()) ?? breaker.describe(),
    loopDelayMs: () => loopDelay.percentile(99) / 1e6,
    isDraining: () => draining,
  });
  const connections = trackConnections(app.server);

  // Closing runs in this order: no new work, the requests under way, then what they stood on.
  let workStopped: Promise<void> | undefined;
  let listenerClosed: Promise<void> | undefined;
  app.addHook('preClose', async () => {
    workStopped = lifecycle.stop('work');
  });
  app.addHook('onClose', async () => {
    await listenerClosed;
    await lifecycle.stop('reads');
    await workStopped;
    await lifecycle.stop('base');
  });

  return {
    app,
    orders,
    poller,
    waiting,
    webhooks,
    dispatcher,
    budgetWatch,
    billWatch,
    serviceWatch,
    refreshCatalog: () => catalog.refresh(),
    async start({ background = true } = {}) {
      await lifecycle.start({ background });
      const settings = {
        canSubmit: upstream.canSubmit,
        hasPublicUrl: config.PUBLIC_URL !== undefined,
        hasWebhookSecret: config.OPENROUTER_WEBHOOK_SECRET !== undefined,
        isOpen: config.CLIENT_AUTH === 'none',
      };
      logStartupWarnings(settings, log);
    },
    async close() {
      draining = true;
      if (app.server.listening && config.DRAIN_DELAY_MS > 0) {
        log.info({ drain_ms: config.DRAIN_DELAY_MS }, 'draining: not ready, still serving');
        await sleep(config.DRAIN_DELAY_MS);
      }
      // Before any request is refused: a proxy takes a refused connection to another replica, whatever the request.
      listenerClosed = new Promise((resolve) => app.server.close(() => resolve()));
      // What was accepted just before has its request still on the way.
      if (config.DRAIN_DELAY_MS > 0) await sleep(ACCEPTED_MS);
      const ended = connections.endUnfinished(ANSWER_GRACE_MS);
      try {
        await app.close();
      } finally {
        ended();
      }
    },
  };
}
