// Delivers callbacks: creates events of finished jobs, claims those that are due, sends them, and schedules retries.

import { type CallbackFormat, judgeAttempt } from '../../core/callbacks/delivery.ts';
import type { Job } from '../../core/job/job.ts';
import type { Secret } from '../../core/secret.ts';
import type { CallbackSender } from '../../outbound/client-urls/callback-sender.ts';
import type { CallbackClaim } from '../../store/ports/callbacks.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { Alarms } from '../runtime/alarms.ts';
import { aboutJob, type Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { createWorker, type Worker } from '../runtime/worker.ts';

export interface CallbackDispatcher extends Pick<Worker, 'tick' | 'start' | 'stop' | 'stats'> {
  /** To be called for every job that changed, ended or not. */
  notice(jobId: string): void;
}

export interface CallbackDispatcherParts {
  readonly store: Pick<
    JobStore,
    'raiseCallbacks' | 'claimCallbacks' | 'settleCallback' | 'nextCallbackInMs' | 'correctCallbackTimes'
  >;
  readonly sender: CallbackSender;
  /** Of a client; empty where it has none. */
  readonly secretsOf: (clientId: string) => Promise<readonly Secret[]>;
  /** The message about a job and its id; null where the format has no event for the job's state. */
  readonly write: (
    job: Job,
    format: CallbackFormat | null,
  ) => Promise<{ readonly id: string; readonly body: string } | null>;
  /** Milliseconds of any origin that never go back. */
  readonly monotonic: () => number;
  readonly random: () => number;
  readonly metrics: Pick<Metrics, 'callbackEnded'>;
  readonly alarms: Alarms;
  readonly log: Log;
}

export interface CallbackDispatcherOptions {
  /** Names this process in leases. */
  readonly owner: string;
  /** Calls at once, shared fairly by client. */
  readonly concurrency: number;
  /** Calls at once to one host, on whatever port: one that hangs holds up no other. */
  readonly perHost: number;
  /** Longer than a call can take. */
  readonly leaseMs: number;
}

// Changes are noticed at once. The sweep finds those that were missed: a process died, a notification was lost.
const SWEEP_MS = 60_000;
// The longest wait of the schedule, or that a receiver may ask for, and an hour for clocks that differ.
const LONGEST_PAUSE_MS = 25 * 3_600_000;
const NOTICED_AT_ONCE = 500;
// Beyond it, while the store is away, looking at everything costs less than remembering.
const MAX_NOTICED = 10_000;

export function createCallbackDispatcher(
  parts: CallbackDispatcherParts,
  options: CallbackDispatcherOptions,
): CallbackDispatcher {
  const { store, alarms, log } = parts;
  const noticed = new Set<string>();
  const callsTo = new Map<string, number>();
  /** When everything is looked at again; at once to begin with. */
  let sweepAt = Number.NEGATIVE_INFINITY;

  async function lookForNews(): Promise<void> {
    const now = parts.monotonic();
    if (now >= sweepAt) {
      noticed.clear();
      await store.correctCallbackTimes(LONGEST_PAUSE_MS);
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

  async function call({ callback, job, host, format, lease }: CallbackClaim): Promise<void> {
    const message = job.status === callback.event ? await parts.write(job, format) : null;
    if (job.callbackUrl === null || !message) {
      // It moved on while this waited: what it is now is news of its own, or none. Or there is nothing to say of it yet.
      await store.settleCallback(lease, null);
      noticed.add(job.id);
      return;
    }
    const { id } = message;
    const secrets = await parts.secretsOf(job.clientId);
    const outcome =
      secrets.length === 0
        ? { kind: 'failed' as const, reason: 'this gateway no longer has a secret to sign with' }
        : await parts.sender.send(
            { url: job.callbackUrl, format, traceparent: job.traceparent, ...message },
            secrets,
          );
    const step = judgeAttempt(outcome, callback.attempts, parts.random());
    parts.metrics.callbackEnded(step.state === 'pending' ? 'failed' : step.state);
    const held = await store.settleCallback(lease, step, outcome.kind === 'answered' ? outcome.status : null);
    // A leased callback is not raised: look now for what the job came to meanwhile.
    noticed.add(job.id);

    // The host and no more: the rest of a URL may be a secret of the receiver's.
    const details = { ...aboutJob(job), event: id, host, attempt: callback.attempts };
    if (!held)
      log.warn(details, 'lost the lease during a callback: it may be delivered twice, with the same id');
    else if (step.state === 'delivered') log.info(details, 'a callback was delivered');
    else if (step.state === 'dead') {
      alarms.raise(
        'callback_dead',
        { ...details, reason: step.error },
        'the last attempt of a callback failed',
      );
    } else {
      log.warn({ ...details, reason: step.error, retry_in_ms: step.retryInMs }, 'a callback failed');
    }
  }

  /** Counted from the moment of the claim, so that the next one knows. */
  async function callCounted(claim: CallbackClaim): Promise<void> {
    const { host } = claim;
    callsTo.set(host, (callsTo.get(host) ?? 0) + 1);
    try {
      await call(claim);
    } finally {
      const left = (callsTo.get(host) ?? 1) - 1;
      if (left > 0) callsTo.set(host, left);
      else callsTo.delete(host);
    }
  }

  const busyHosts = () => [...callsTo].filter(([, calls]) => calls >= options.perHost).map(([host]) => host);

  const worker = createWorker<CallbackClaim>(
    {
      name: 'callbacks',
      claim: (limit, turns) =>
        store.claimCallbacks(options.owner, limit, options.leaseMs, busyHosts(), turns),
      clientOf: ({ job }) => job.clientId,
      run: callCounted,
      describe: ({ job }) => aboutJob(job),
      nextInMs: (exceptClients) => store.nextCallbackInMs(busyHosts(), exceptClients),
      prepare: lookForNews,
      hasMore: () => noticed.size > 0,
      log,
    },
    // A claim takes one callback of each host.
    { concurrency: options.concurrency, untilEmpty: true },
  );

  return {
    notice(jobId) {
      noticed.add(jobId);
      if (noticed.size > MAX_NOTICED) {
        noticed.clear();
        sweepAt = Number.NEGATIVE_INFINITY;
      }
      worker.wake();
    },
    tick: worker.tick,
    start: worker.start,
    stop: worker.stop,
    stats: worker.stats,
  };
}
