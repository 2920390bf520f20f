// The one place where the gateway's parts are put together, started in order and stopped in order.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../config/parse.ts';
import { readQualityFile } from '../config/quality-file.ts';
import { type Knowledge, NOTHING_KNOWN } from '../core/learning/knowledge.ts';
import { renderJob, renderRanking } from '../http/api/render.ts';
import { createApp } from '../http/app.ts';
import type { App } from '../http/server/context.ts';
import { createCallbackPolicy } from '../outbound/client-urls/callback-policy.ts';
import { createCallbackSender } from '../outbound/client-urls/callback-sender.ts';
import { createGuardedAgent } from '../outbound/client-urls/guarded-agent.ts';
import { createMediaProbe } from '../outbound/client-urls/media-probe.ts';
import { createAddressTest } from '../outbound/client-urls/public-address.ts';
import { createOpenRouter, parseCatalog } from '../outbound/openrouter/openrouter.ts';
import { findSignatureFault, parseWebhook } from '../outbound/openrouter/webhook.ts';
import { parseBenchmarks } from '../outbound/openrouter/wire.ts';
import {
  type CallbackDispatcher,
  createCallbackDispatcher,
} from '../service/callbacks/callback-dispatcher.ts';
import { createBenchmarks } from '../service/catalog/benchmarks.ts';
import { createCatalogCache } from '../service/catalog/catalog-cache.ts';
import { createCatalogHistory } from '../service/catalog/catalog-history.ts';
import { createArchiveHealth } from '../service/clips/archive-health.ts';
import { createClipArchive } from '../service/clips/clip-archive.ts';
import { createJobFallback } from '../service/jobs/job-fallback.ts';
import { createJobPoller, type JobPoller } from '../service/jobs/job-poller.ts';
import { createJobSubmitter } from '../service/jobs/job-submitter.ts';
import { createJobWatch } from '../service/jobs/job-watch.ts';
import { createJobs } from '../service/jobs/jobs.ts';
import { createReconciliation } from '../service/jobs/reconciliation.ts';
import { createSubmitBreaker } from '../service/jobs/submit-breaker.ts';
import { createModelStats } from '../service/learning/model-stats.ts';
import { createQuotes } from '../service/orders/quotes.ts';
import { createPlanner } from '../service/planning/planner.ts';
import { createPreflight } from '../service/planning/preflight.ts';
import { createProviderTags } from '../service/planning/provider-tags.ts';
import { createAlarms } from '../service/runtime/alarms.ts';
import { createRetention } from '../service/runtime/retention.ts';
import { logStartupWarnings } from '../service/runtime/startup-warnings.ts';
import { createInboundWebhooks, type InboundWebhooks } from '../service/webhooks/inbound-webhooks.ts';
import type { JobStore } from '../store/ports/job-store.ts';

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
  /** From 0 up to 1. */
  readonly random: () => number;
  /** PEM certificates trusted beside the runtime's own where clients' URLs lead. */
  readonly trust?: readonly string[];
}

export interface Gateway {
  readonly app: App;
  readonly poller: JobPoller;
  readonly webhooks: InboundWebhooks;
  readonly dispatcher: CallbackDispatcher;
  /** Fetches the catalog now. True where a good one came of it. */
  refreshCatalog(): Promise<boolean>;
  /**
   * Makes ready to listen and starts what runs in the background; with `background: false` jobs only move when
   * `poller.tick` is called, and callbacks when `dispatcher.tick` is. The app listens when its caller says so.
   */
  start(options?: { readonly background?: boolean }): Promise<void>;
  /** Stops listening, lets requests and submits finish, gives up leases and closes the store. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
const READ_TIMEOUT_MS = 30_000;
const STALL_TIMEOUT_MS = 60_000;
const CATALOG_RETRY_MS = 5_000;
const STEPS = {
  concurrency: 64,
  archivesAtOnce: 32,
  leaseMs: READ_TIMEOUT_MS + 15_000,
  archiveLeaseMs: 180_000,
};
const LEASE_MARGIN_MS = 60_000;
// Models rarely change hands.
const TAGS = { maxAgeMs: 6 * 3_600_000, retryMs: 300_000, timeoutMs: 2_000 };
// Whoever fetches these URLs next has no more patience: an asset that takes longer is as good as missing.
const OUTBOUND = { connectMs: 5_000, answerMs: 5_000, maxBodyBytes: 1_000_000 };
const PREFLIGHT = { concurrency: 6, probeMs: 10_000, deadlineMs: 20_000, maxInlineBytes: 20_000_000 };
const IDLE_SWEEP_MS = 50;
const CALLBACK_AGENT = { connectMs: 5_000, answerMs: 15_000, maxBodyBytes: 64 * 1024 };
const CALLBACKS = { concurrency: 32, perHost: 4, leaseMs: 60_000 };

export async function createGateway(parts: GatewayParts): Promise<Gateway> {
  const { config, store, log, clock, random, owner } = parts;
  const qualities =
    config.QUALITY_FILE === undefined ? NOTHING_KNOWN.qualities : await readQualityFile(config.QUALITY_FILE);
  const alarms = createAlarms({ log });
  const pace = { minMs: config.POLL_MIN_MS, maxMs: config.POLL_MAX_MS };
  // A lease outlives the longest attempt, so that nobody declares a submit unknown while it is still under way.
  const submitLeaseMs = config.SUBMIT_TIMEOUT_MS + LEASE_MARGIN_MS;

  const upstream = createOpenRouter(
    { baseUrl: config.OPENROUTER_BASE_URL, apiKey: config.OPENROUTER_API_KEY, now: clock },
    {
      connectMs: CONNECT_TIMEOUT_MS,
      submitMs: config.SUBMIT_TIMEOUT_MS,
      readMs: READ_TIMEOUT_MS,
      stallMs: STALL_TIMEOUT_MS,
    },
  );
  const history = createCatalogHistory({ store, parse: parseCatalog });
  const catalog = createCatalogCache(
    { load: () => upstream.fetchCatalog(), parse: parseCatalog, store, history, clock, random, log },
    { maxAgeMs: config.CATALOG_MAX_AGE_S * 1000, retryMs: CATALOG_RETRY_MS, flightMs: 2 * READ_TIMEOUT_MS },
  );
  const breaker = createSubmitBreaker({ clock, alarms, log });
  const fallback = createJobFallback({ store, log });
  const submitter = createJobSubmitter(
    { store, upstream, breaker, fallback, clock, random, sleep: (ms) => sleep(ms), alarms, log },
    { leaseMs: submitLeaseMs, pace, webhookUrlFor: webhookUrlUnder(config.PUBLIC_URL) },
  );
  const modelStats = createModelStats({ store, clock, log });
  const benchmarks = createBenchmarks({
    load: upstream.fetchBenchmarks,
    parse: parseBenchmarks,
    store,
    clock,
    random,
    log,
  });
  const knowledge = (): Knowledge => ({
    models: modelStats.knowledge(),
    benchmarks: benchmarks.peek()?.value ?? NOTHING_KNOWN.benchmarks,
    qualities,
  });
  const archive = createClipArchive({ store, upstream, alarms, log }, config.ARCHIVE_DIR);
  const poller = createJobPoller(
    { store, upstream, submitter, archive, fallback, modelStats, clock, random, alarms, log },
    { owner, pace, ...STEPS },
  );
  const secrets = config.OPENROUTER_WEBHOOK_SECRET;
  const webhooks = createInboundWebhooks({
    store,
    upstream,
    findSignatureFault: secrets
      ? (signature, rawBody) => findSignatureFault(signature, rawBody, secrets, clock())
      : null,
    parse: parseWebhook,
    clock,
    alarms,
    log,
  });
  const watch = createJobWatch(store);
  const jobs = createJobs(
    { store, submitter, upstream, breaker, watch, clock, log },
    { owner, leaseMs: submitLeaseMs },
  );
  const tags = createProviderTags(
    { load: (modelId) => upstream.fetchEndpointTags(modelId, TAGS.timeoutMs), clock, log },
    TAGS,
  );
  const outbound = createGuardedAgent(
    { isAllowed: createAddressTest(config.OUTBOUND_ALLOW ?? []) },
    { ...OUTBOUND, ...(parts.trust ? { trust: parts.trust } : {}) },
  );
  const preflight = createPreflight(createMediaProbe(outbound), { ...PREFLIGHT, mode: config.PREFLIGHT });
  const planner = createPlanner({
    catalog,
    tags,
    preflight,
    knowledge,
    writeRanking: (ranking) => JSON.stringify(renderRanking(ranking)),
  });
  const callbackPolicy = createCallbackPolicy(config.CALLBACK_ALLOW ?? { names: [], networks: [] });
  const callbackAgent = createGuardedAgent({ isAllowed: callbackPolicy.isAllowed }, CALLBACK_AGENT);
  const secretsOf = (clientId: string) => config.CALLBACK_SECRETS?.get(clientId) ?? [];
  const dispatcher = createCallbackDispatcher(
    {
      store,
      sender: createCallbackSender(
        { agent: callbackAgent, policy: callbackPolicy, clock },
        { wholeMs: CALLBACK_AGENT.answerMs, userAgent: `clipgate/${parts.version}` },
      ),
      secretsOf,
      render: async (job) => renderJob({ ...(await jobs.recordOf(job)), callback: null }),
      clock,
      random,
      alarms,
      log,
    },
    { owner, ...CALLBACKS },
  );
  const purger = createRetention({ store, clock, random, log });
  const loopDelay = monitorEventLoopDelay({ resolution: 20 });

  const app = await createApp({
    log,
    version: parts.version,
    clients: config.CLIENT_AUTH === 'none' ? null : (config.CLIENT_KEYS ?? new Map()),
    operators: config.OPERATOR_KEYS ?? new Map(),
    catalog,
    catalogMaxAgeS: config.CATALOG_MAX_AGE_S,
    planner,
    quotes: createQuotes(config.OPENROUTER_API_KEY, clock),
    history,
    jobs,
    archive,
    webhooks,
    reconciliation: createReconciliation({ store, upstream, log }),
    callbacks: {
      findProblem: callbackPolicy.findFault,
      hasSecret: (clientId) => secretsOf(clientId).length > 0,
    },
    pingStore: () => store.ping(),
    checkArchive: createArchiveHealth({ clock, alarms }, config.ARCHIVE_DIR),
    describeSubmissions: () => breaker.describe(),
    loopDelayMs: () => loopDelay.percentile(99) / 1e6,
  });

  // A job that another step or another process made due is looked at now, not when the timer thinks so.
  const unsubscribe = store.onJobChanged((jobId) => {
    poller.wake();
    dispatcher.notice(jobId);
  });
  let stepsStopped: Promise<unknown> | undefined;

  // Closing runs in this order: no new work, the requests under way, then what they stood on.
  app.addHook('preClose', async () => {
    unsubscribe();
    watch.close();
    stepsStopped = Promise.all([poller.stop(), webhooks.stop(), dispatcher.stop(), purger.stop()]);
    await catalog.stop();
    await modelStats.stop();
    await benchmarks.stop();
  });
  app.addHook('onClose', async () => {
    await archive.stop();
    await stepsStopped;
    await submitter.drain();
    await callbackAgent.close();
    // They run out by themselves: a database that is away must not keep us from stopping.
    await store
      .releaseLeases(owner)
      .catch((error: unknown) =>
        log.warn({ err: error }, 'leases could not be given up, and run out by themselves'),
      );
    await upstream.close();
    await outbound.close();
    loopDelay.disable();
    await store.close();
  });

  return {
    app,
    poller,
    webhooks,
    dispatcher,
    refreshCatalog: () => catalog.refresh(),
    async start({ background = true } = {}) {
      await archive.start(clock());
      loopDelay.enable();
      await catalog.start();
      await modelStats.start();
      // The arena answers nobody without a key.
      if (upstream.canSubmit) await benchmarks.start();
      if (background) {
        dispatcher.start();
        purger.start();
      }
      if (background && upstream.canSubmit) {
        poller.start();
        webhooks.start();
      }
      const settings = {
        canSubmit: upstream.canSubmit,
        hasPublicUrl: config.PUBLIC_URL !== undefined,
        hasWebhookSecret: secrets !== undefined,
        isOpen: config.CLIENT_AUTH === 'none',
      };
      logStartupWarnings(settings, log);
    },
    async close() {
      // Closing drops the connections that are idle now. One whose answer goes out later becomes idle after that, and
      // would hold everything up for its keep-alive time.
      const sweep = setInterval(() => app.server.closeIdleConnections(), IDLE_SWEEP_MS);
      try {
        await app.close();
      } finally {
        clearInterval(sweep);
      }
    },
  };
}

/** Where upstream is to say that the job of a nonce has ended; null for nowhere. */
function webhookUrlUnder(publicUrl: string | undefined): (nonce: string) => string | null {
  return (nonce) => (publicUrl === undefined ? null : `${publicUrl}/hooks/openrouter/${nonce}`);
}
