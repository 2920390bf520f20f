// What takes a job from its order to its clip: the submitter, the poller, the archive, webhooks and reconciliation.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/variables.ts';
import { hookPath } from '../core/job/hook-path.ts';
import { cutSecrets } from '../core/redact-upstream.ts';
import type { OpenRouter } from '../outbound/openrouter/openrouter.ts';
import { findSignatureFault, parseWebhook } from '../outbound/openrouter/webhook.ts';
import { createClipArchive } from '../service/clips/clip-archive.ts';
import { createErasure } from '../service/clips/erasure.ts';
import { createExpiry } from '../service/clips/expiry.ts';
import { createClipRefetch } from '../service/clips/refetch.ts';
import { createJobFallback } from '../service/jobs/job-fallback.ts';
import { createJobFeed } from '../service/jobs/job-feed.ts';
import { createJobPoller } from '../service/jobs/job-poller.ts';
import { createJobSubmitter } from '../service/jobs/job-submitter.ts';
import { createJobWatch } from '../service/jobs/job-watch.ts';
import { createJobs } from '../service/jobs/jobs.ts';
import { createReconciliation } from '../service/jobs/reconciliation.ts';
import { createSubmissionHolds } from '../service/jobs/submission-hold.ts';
import { createSubmitBreaker } from '../service/jobs/submit-breaker.ts';
import { createWaitingJobs } from '../service/jobs/waiting-jobs.ts';
import { createWithdrawals } from '../service/jobs/withdrawals.ts';
import type { ModelStats } from '../service/learning/model-stats.ts';
import type { Alarms } from '../service/runtime/alarms.ts';
import type { Log } from '../service/runtime/log.ts';
import type { Traces } from '../service/runtime/traces.ts';
import { createInboundWebhooks } from '../service/webhooks/inbound-webhooks.ts';
import type { JobStore } from '../store/ports/job-store.ts';
import { expiryLimitsOf, openArchive } from './archive-parts.ts';
import type { Lifecycle } from './lifecycle.ts';
import { CLIP_READERS, LEASE_MARGIN_MS, STEPS, STOP_MS } from './timeouts.ts';

export interface JobContext {
  readonly config: Config;
  readonly store: JobStore;
  readonly upstream: OpenRouter;
  readonly modelStats: ModelStats;
  /** Names this process in leases. */
  readonly owner: string;
  readonly clock: () => number;
  /** Milliseconds of any origin that never go back. */
  readonly monotonic: () => number;
  readonly random: () => number;
  /** Null = no traces. */
  readonly traces: Traces | null;
  readonly alarms: Alarms;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
}

export function createJobParts(context: JobContext) {
  const { config, store, upstream, modelStats, owner, clock, monotonic, random, alarms, log, lifecycle } =
    context;
  const pace = { minMs: config.POLL_MIN_MS, maxMs: config.POLL_MAX_MS };
  const submitLeaseMs = config.SUBMIT_TIMEOUT_MS + LEASE_MARGIN_MS;

  const breaker = createSubmitBreaker({ clock: monotonic, alarms, log });
  const holds = createSubmissionHolds({ store, log });
  lifecycle.add('hold on submissions', {
    phase: 'base',
    start: () => holds.refresh(),
    stop: () => {},
    stopMs: STOP_MS,
  });
  lifecycle.add('hold on submissions, followed', {
    phase: 'work',
    isBackground: true,
    start: () => holds.start(),
    stop: () => holds.stop(),
    stopMs: STOP_MS,
  });
  const fallback = createJobFallback({ store, log });
  const submitter = createJobSubmitter(
    {
      store,
      upstream,
      breaker,
      holds,
      fallback,
      clock,
      random,
      sleep: (ms) => sleep(ms),
      traces: context.traces,
      alarms,
      log,
    },
    { leaseMs: submitLeaseMs, pace, webhookUrlFor: webhookUrlUnder(config.PUBLIC_URL) },
  );
  lifecycle.add('submits', { phase: 'base', stop: () => submitter.drain(), stopMs: submitLeaseMs });

  const { storage, close } = openArchive(
    config.ARCHIVE_URL ?? { kind: 'folder', path: config.ARCHIVE_DIR },
    context,
  );
  lifecycle.add('clip storage', { phase: 'base', stop: close, stopMs: STOP_MS });
  const archive = createClipArchive({ store, storage, upstream, alarms, log }, { readers: CLIP_READERS });
  lifecycle.add('archive', {
    phase: 'reads',
    start: () => archive.start(clock()),
    stop: () => archive.stop(),
    stopMs: STOP_MS,
  });

  const erasure = createErasure({ store, storage, log });
  const expiry = createExpiry({ store, erasure, clock, random, log }, expiryLimitsOf(config));
  lifecycle.add('expiry', {
    phase: 'work',
    isBackground: true,
    start: () => expiry.start(),
    stop: () => expiry.stop(),
    stopMs: STOP_MS,
  });

  const poller = createJobPoller(
    { store, upstream, submitter, archive, fallback, modelStats, clock, monotonic, random, alarms, log },
    { owner, pace, ...STEPS },
  );
  // Without a key there is nothing to poll with.
  const start = (part: { start(): void }) => (upstream.canSubmit ? { start: () => part.start() } : {});
  lifecycle.add('poller', {
    phase: 'work',
    isBackground: true,
    ...start(poller),
    stop: () => poller.stop(),
    // A step may be a submit.
    stopMs: submitLeaseMs,
  });

  const secrets = config.OPENROUTER_WEBHOOK_SECRET;
  const webhooks = createInboundWebhooks({
    store,
    upstream,
    findSignatureFault: secrets
      ? (signature, rawBody) => findSignatureFault(signature, rawBody, secrets, clock())
      : null,
    parse: (rawBody) => {
      const event = parseWebhook(rawBody);
      const key = config.OPENROUTER_API_KEY;
      return event && cutSecrets(event, [...(key ? [key] : []), ...(secrets ?? [])]);
    },
    clock,
    alarms,
    log,
  });
  lifecycle.add('inbound webhooks', {
    phase: 'work',
    isBackground: true,
    ...start(webhooks),
    stop: () => webhooks.stop(),
    stopMs: STOP_MS,
  });

  const watch = createJobWatch(store);
  lifecycle.add('job watch', { phase: 'work', stop: () => watch.close(), stopMs: STOP_MS });

  const feed = createJobFeed({ store, log });
  lifecycle.add('job feed', { phase: 'work', stop: async () => feed.close(), stopMs: STOP_MS });

  const withdrawals = createWithdrawals({ store, sleep: (ms) => sleep(ms), log }, owner);
  lifecycle.add('withdrawals', { phase: 'base', stop: () => withdrawals.stop(), stopMs: STOP_MS });
  const waiting = createWaitingJobs({ store, log });
  lifecycle.add('waiting jobs', {
    phase: 'work',
    isBackground: true,
    ...start(waiting),
    stop: () => waiting.stop(),
    stopMs: STOP_MS,
  });
  const jobs = createJobs(
    { store, submitter, upstream, breaker, watch, queue: waiting, holds, withdrawals, clock, log },
    { owner, leaseMs: submitLeaseMs, maxWaitMs: config.MAX_WAIT_S * 1000 },
  );
  return {
    archive,
    storage,
    erasure,
    clips: createClipRefetch({ store, archive, log }),
    breaker,
    holds,
    jobs,
    feed,
    poller,
    waiting,
    webhooks,
    reconciliation: createReconciliation({ store, upstream, log }),
  };
}

/** Where upstream is to say that the job of a nonce has ended; null for nowhere. */
function webhookUrlUnder(publicUrl: string | undefined): (nonce: string) => string | null {
  return (nonce) => (publicUrl === undefined ? null : `${publicUrl}${hookPath(nonce)}`);
}
