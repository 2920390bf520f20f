// The one place where the gateway's parts are put together, started in order and stopped in order.

import { mkdir } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createApp } from './app.ts';
import type { Config } from './config.ts';
import type { App } from './http/context.ts';
import { renderJob } from './http/render.ts';
import { type CallbackCourier, createCallbackCourier } from './service/callback-courier.ts';
import { createCatalogCache } from './service/catalog-cache.ts';
import { createCatalogHistory } from './service/catalog-history.ts';
import { createClipArchive } from './service/clip-archive.ts';
import { createJobPoller, type JobPoller } from './service/job-poller.ts';
import { createJobSubmitter } from './service/job-submitter.ts';
import { createJobWatch } from './service/job-watch.ts';
import { createJobs } from './service/jobs.ts';
import { createPlanner } from './service/planner.ts';
import { createQuotes } from './service/quotes.ts';
import type { JobStore } from './store/port.ts';
import { createCallbackPolicy } from './upstream/callback-policy.ts';
import { createCallbackSender } from './upstream/callback-sender.ts';
import { createGuardedAgent } from './upstream/guarded-agent.ts';
import { createOpenRouter, parseCatalog } from './upstream/openrouter.ts';

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
}

export interface Gateway {
  readonly app: App;
  readonly poller: JobPoller;
  readonly courier: CallbackCourier;
  /** Fetches the catalog now. True where a good one came of it. */
  refreshCatalog(): Promise<boolean>;
  /**
   * Makes ready to listen and starts what runs in the background; with `background: false` jobs only move when
   * `poller.tick` is called, and callbacks when `courier.tick` is. The app listens when its caller says so.
   */
  start(options?: { readonly background?: boolean }): Promise<void>;
  /** Stops listening, lets requests and submits finish, gives up leases and closes the store. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
const READ_TIMEOUT_MS = 30_000;
const STALL_TIMEOUT_MS = 60_000;
const CATALOG_RETRY_MS = 5_000;
const STEP_LEASE_MS = 120_000;
const STEPS_AT_ONCE = 64;
const LEASE_MARGIN_MS = 60_000;
const CALLBACK_CONNECT_MS = 5_000;
const CALLBACK_WHOLE_MS = 15_000;
const CALLBACK_MAX_ANSWER_BYTES = 64 * 1024;
const CALLBACK_LEASE_MS = 60_000;
const CALLBACKS_AT_ONCE = 32;
const CALLBACKS_PER_HOST = 4;

export async function createGateway(parts: GatewayParts): Promise<Gateway> {
  const { config, store, log, clock, random, owner } = parts;
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
  const submitter = createJobSubmitter(
    { store, upstream, clock, random, sleep: (ms) => sleep(ms), log },
    { leaseMs: submitLeaseMs, pace },
  );
  const archive = createClipArchive({ store, upstream, log }, config.ARCHIVE_DIR);
  const poller = createJobPoller(
    { store, upstream, submitter, archive, clock, random, log },
    { owner, concurrency: STEPS_AT_ONCE, leaseMs: Math.max(STEP_LEASE_MS, submitLeaseMs), pace },
  );
  const watch = createJobWatch(store);
  const jobs = createJobs(
    { store, submitter, upstream, watch, clock, log },
    { owner, leaseMs: submitLeaseMs },
  );
  const callbackPolicy = createCallbackPolicy(config.CALLBACK_ALLOW ?? { names: [], networks: [] });
  const callbackAgent = createGuardedAgent(
    { isAllowed: callbackPolicy.isAllowed },
    {
      connectMs: CALLBACK_CONNECT_MS,
      answerMs: CALLBACK_WHOLE_MS,
      maxBodyBytes: CALLBACK_MAX_ANSWER_BYTES,
    },
  );
  const secretsOf = (clientId: string) => config.CALLBACK_SECRETS?.get(clientId) ?? [];
  const courier = createCallbackCourier(
    {
      store,
      sender: createCallbackSender(
        { agent: callbackAgent, policy: callbackPolicy, clock },
        { wholeMs: CALLBACK_WHOLE_MS, userAgent: `clipgate/${parts.version}` },
      ),
      secretsOf,
      render: async (job) => renderJob(job, await jobs.outputsOf([job]), null),
      clock,
      random,
      log,
    },
    { owner, concurrency: CALLBACKS_AT_ONCE, perHost: CALLBACKS_PER_HOST, leaseMs: CALLBACK_LEASE_MS },
  );
  const loopDelay = monitorEventLoopDelay({ resolution: 20 });

  const app = await createApp({
    log,
    version: parts.version,
    clients: config.CLIENT_AUTH === 'none' ? null : (config.CLIENT_KEYS ?? new Map()),
    catalog,
    catalogMaxAgeS: config.CATALOG_MAX_AGE_S,
    planner: createPlanner(catalog),
    quotes: createQuotes(config.OPENROUTER_API_KEY, clock),
    history,
    jobs,
    archive,
    callbacks: {
      findFault: callbackPolicy.findFault,
      hasSecret: (clientId) => secretsOf(clientId).length > 0,
    },
    pingStore: () => store.ping(),
    loopDelayMs: () => loopDelay.percentile(99) / 1e6,
  });

  // A job that another step or another process made due is looked at now, not when the timer thinks so.
  const unsubscribe = store.onJobChanged((jobId) => {
    poller.wake();
    courier.notice(jobId);
  });
  let pollerStopped: Promise<void> | undefined;
  let courierStopped: Promise<void> | undefined;

  // Closing runs in this order: no new work, the requests under way, then what they stood on.
  app.addHook('preClose', async () => {
    unsubscribe();
    watch.close();
    pollerStopped = poller.stop();
    courierStopped = courier.stop();
    await catalog.stop();
  });
  app.addHook('onClose', async () => {
    await archive.stop();
    await pollerStopped;
    await submitter.drain();
    await courierStopped;
    await callbackAgent.close();
    await store.releaseLeases(owner);
    await upstream.close();
    loopDelay.disable();
    await store.close();
  });

  return {
    app,
    poller,
    courier,
    refreshCatalog: () => catalog.refresh(),
    async start({ background = true } = {}) {
      await mkdir(config.ARCHIVE_DIR, { recursive: true, mode: 0o700 });
      loopDelay.enable();
      await catalog.start();
      if (background && upstream.canSubmit) poller.start();
      if (background) courier.start();
      if (!upstream.canSubmit)
        log.warn({}, 'OPENROUTER_API_KEY is not set: models and routes are served, jobs are refused');
      if (config.CLIENT_AUTH === 'none') {
        log.warn({}, 'CLIENT_AUTH is none: whoever reaches this port can spend money');
      }
    },
    close: () => app.close(),
  };
}
