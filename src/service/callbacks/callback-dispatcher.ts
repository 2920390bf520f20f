// Tells clients' servers how their jobs ended: looks for news, claims what is due, sends, and says when to come back.

import { eventIdOf, judgeAttempt } from '../../core/callbacks/delivery.ts';
import type { Job } from '../../core/job/job.ts';
import type { Secret } from '../../core/secret.ts';
import type { CallbackSender } from '../../outbound/client-urls/callback-sender.ts';
import type { CallbackClaim } from '../../store/ports/callbacks.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { Alarms } from '../runtime/alarms.ts';
import type { Log } from '../runtime/log.ts';
import { createLoop } from '../runtime/loop.ts';
import { writeCallbackBody } from './callback-message.ts';

export interface CallbackDispatcher {
  /** To be called for every job that changed, ended or not. */
  notice(jobId: string): void;
  /** One round: looks for news, claims and starts what is due. `settled` resolves when all of it has ended. */
  tick(): Promise<{ readonly claimed: number; readonly settled: Promise<void> }>;
  start(): void;
  /** Starts nothing new and waits for the calls under way. */
  stop(): Promise<void>;
}

export interface CallbackDispatcherParts {
  readonly store: Pick<JobStore, 'raiseCallbacks' | 'claimCallbacks' | 'settleCallback' | 'nextCallbackInMs'>;
  readonly sender: CallbackSender;
  /** Of a client; empty where it has none. */
  readonly secretsOf: (clientId: string) => readonly Secret[];
  /** The job as its owner reads it. */
  readonly render: (job: Job) => Promise<object>;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly random: () => number;
  readonly alarms: Alarms;
  readonly log: Log;
}

export interface CallbackDispatcherOptions {
  /** Names this process in leases. */
  readonly owner: string;
  /** Calls at once. */
  readonly concurrency: number;
  /** Calls at once to one host, so that one that hangs holds up nobody else's. */
  readonly perHost: number;
  /** Longer than a call can take. */
  readonly leaseMs: number;
}

// How long the loop sleeps at most: what another process left due is found no later than this.
const IDLE_MS = 5_000;
const RETRY_MS = 1_000;
// Changes bring news at once. This is for those nobody heard of: a process died, a notification was lost.
const SWEEP_MS = 60_000;
const NOTICED_AT_ONCE = 500;
// Beyond it, while the store is away, looking at everything costs less than remembering.
const MAX_NOTICED = 10_000;

export function createCallbackDispatcher(
  parts: CallbackDispatcherParts,
  options: CallbackDispatcherOptions,
): CallbackDispatcher {
  const { store, alarms, log } = parts;
  const noticed = new Set<string>();
  const running = new Set<Promise<void>>();
  const callsTo = new Map<string, number>();
  /** When everything is looked at again; at once to begin with. */
  let sweepAt = Number.NEGATIVE_INFINITY;

  async function lookForNews(): Promise<void> {
    const now = parts.clock();
    if (now >= sweepAt) {
      noticed.clear();
      await store.raiseCallbacks(null);
      sweepAt = now + SWEEP_MS;
      return;
    }
    const jobIds = [...noticed].slice(0, NOTICED_AT_ONCE);
    // Taken out first: what changes again while we look is noticed again.
    for (const id of jobIds) noticed.delete(id);
    try {
      await store.raiseCallbacks(jobIds);
    } catch (error) {
      sweepAt = Number.NEGATIVE_INFINITY;
      throw error;
    }
  }

  async function call({ callback, job, host, lease }: CallbackClaim): Promise<void> {
    if (job.callbackUrl === null || job.status !== callback.event) {
      // It moved on while this waited: what it is now is news of its own, or none.
      await store.settleCallback(lease, null);
      noticed.add(job.id);
      return;
    }
    const secrets = parts.secretsOf(job.clientId);
    const id = eventIdOf(job);
    const outcome =
      secrets.length === 0
        ? { kind: 'failed' as const, reason: 'this gateway no longer holds a secret to sign with' }
        : await parts.sender.send(
            { url: job.callbackUrl, id, body: writeCallbackBody(job, await parts.render(job)) },
            secrets,
          );
    const step = judgeAttempt(outcome, callback.attempts, parts.random());
    const held = await store.settleCallback(lease, step);
    // Nobody raises what is held: what the job came to meanwhile is looked for now.
    noticed.add(job.id);

    // The host and no more: the rest of a URL may be a secret of the receiver's.
    const details = { job_id: job.id, event: id, host, attempt: callback.attempts };
    if (!held) log.warn(details, 'lost the lease while calling back: it may be told twice, under one id');
    else if (step.state === 'delivered') log.info(details, 'a callback was delivered');
    else if (step.state === 'dead') {
      alarms.raise(
        'callback_dead',
        { ...details, reason: step.error },
        'a callback failed for the last time',
      );
    } else {
      log.warn({ ...details, reason: step.error, retry_in_ms: step.retryInMs }, 'a callback failed');
    }
  }

  /** One callback's trouble stays its own. Its lease runs out and it is claimed again. */
  function begin(claim: CallbackClaim): Promise<void> {
    const { host } = claim;
    callsTo.set(host, (callsTo.get(host) ?? 0) + 1);
    const calling = call(claim)
      .catch((error: unknown) => log.error({ err: error, job_id: claim.job.id }, 'a callback broke off'))
      .finally(() => {
        const left = (callsTo.get(host) ?? 1) - 1;
        if (left > 0) callsTo.set(host, left);
        else callsTo.delete(host);
        running.delete(calling);
        loop.wake();
      });
    running.add(calling);
    return calling;
  }

  const busyHosts = () => [...callsTo].filter(([, calls]) => calls >= options.perHost).map(([host]) => host);

  async function tick() {
    await lookForNews();
    const begun: Promise<void>[] = [];
    for (;;) {
      const free = options.concurrency - running.size;
      const busy = busyHosts();
      // Reading first: most of the time nothing is due, and a claim is a write.
      if (free <= 0 || (await store.nextCallbackInMs(busy)) !== 0) break;
      const claims = await store.claimCallbacks(options.owner, free, options.leaseMs, busy);
      if (claims.length === 0) break;
      begun.push(...claims.map(begin));
    }
    return { claimed: begun.length, settled: Promise.all(begun).then(() => undefined) };
  }

  const loop = createLoop(
    async () => {
      await tick();
      if (noticed.size > 0) return 0;
      // With every slot taken the end of a call wakes the loop.
      if (running.size >= options.concurrency) return IDLE_MS;
      // What is due and was not claimed is another process's at this moment.
      const nextMs = (await store.nextCallbackInMs(busyHosts())) ?? IDLE_MS;
      return Math.min(IDLE_MS, Math.max(nextMs, 20));
    },
    (error) => log.error({ err: error }, 'could not look for callbacks'),
    RETRY_MS,
  );

  return {
    notice(jobId) {
      noticed.add(jobId);
      if (noticed.size > MAX_NOTICED) {
        noticed.clear();
        sweepAt = Number.NEGATIVE_INFINITY;
      }
      loop.wake();
    },
    tick,
    start: () => loop.start(),
    async stop() {
      await loop.stop();
      await Promise.all(running);
    },
  };
}
