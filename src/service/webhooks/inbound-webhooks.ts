// Receives OpenRouter's webhooks: trusts none of them, and has each relevant one confirmed.

import { ClipgateError } from '../../core/errors.ts';
import {
  judgeWebhook,
  type NonceOwner,
  type WebhookAlarm,
  type WebhookEvent,
} from '../../core/job/upstream-webhook.ts';
import type { OpenRouter } from '../../outbound/openrouter/openrouter.ts';
import type { SignatureFault } from '../../outbound/openrouter/webhook.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { WaitingWebhook } from '../../store/ports/webhook-inbox.ts';
import type { Alarms } from '../runtime/alarms.ts';
import { aboutJob, type Log } from '../runtime/log.ts';
import { createWorker, type Worker } from '../runtime/worker.ts';

/** A round confirms and binds what upstream knows by now of the webhooks that wait. */
export interface InboundWebhooks extends Pick<Worker, 'tick' | 'start' | 'stop' | 'stats'> {
  /**
   * Resolves once what the webhook is good for is durable.
   * @throws ClipgateError webhook_refused, malformed_body, not_found, webhook_inbox_full.
   */
  receive(webhook: {
    readonly nonce: string;
    readonly rawBody: Uint8Array;
    readonly signature: string | undefined;
  }): Promise<void>;
}

export interface InboundWebhooksParts {
  readonly store: Pick<
    JobStore,
    | 'findByNonce'
    | 'makeDue'
    | 'bindUpstream'
    | 'keepWebhook'
    | 'claimWebhooks'
    | 'dropWebhook'
    | 'deferWebhook'
    | 'nextWebhookInMs'
  >;
  readonly upstream: Pick<OpenRouter, 'poll'>;
  /** Null where the webhook is upstream's and fresh. Absent where no secret is known: then the nonce must do. */
  readonly findSignatureFault:
    | ((signature: string | undefined, rawBody: Uint8Array) => SignatureFault | null)
    | null;
  readonly parse: (rawBody: Uint8Array) => WebhookEvent | null;
  readonly clock: () => number;
  readonly alarms: Alarms;
  readonly log: Log;
}

type Named = WebhookEvent & { readonly nonce: string };

const AT_ONCE = 16;
// Longer than a poll can take, so that no two rounds confirm one webhook.
const CLAIM_MS = 60_000;
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 5 * 60_000;
// Upstream forgets no job within a day; what it has not confirmed by then it never had.
const EXPIRE_MS = 24 * 60 * 60 * 1000;
const RETRY_AFTER_S = 30;

export function createInboundWebhooks(parts: InboundWebhooksParts): InboundWebhooks {
  const { store, clock, alarms, log } = parts;

  function raise(
    alarm: WebhookAlarm | 'webhook_unconfirmed',
    { job }: NonceOwner,
    event: WebhookEvent,
  ): void {
    alarms.raise(
      alarm,
      {
        ...aboutJob(job),
        status: job.status,
        upstream_id: job.upstreamId,
        said: { upstream_id: event.upstreamId, status: event.status },
      },
      'a webhook contradicts what is on record, which stays: somebody should look',
    );
  }

  async function keep(webhook: Named, dueInMs: number): Promise<void> {
    if (await store.keepWebhook(webhook, dueInMs)) {
      if (dueInMs === 0) worker.wake();
      return;
    }
    throw new ClipgateError(
      'webhook_inbox_full',
      'Too many webhooks are waiting for confirmation. Send this one again later.',
      {
        retryAfterS: RETRY_AFTER_S,
      },
    );
  }

  /**
   * True where the webhook has done what it can; false where it is to be looked at again. Whatever goes wrong is false
   * too: a webhook that fails every time would never be old enough to leave.
   */
  async function process(webhook: WaitingWebhook): Promise<boolean> {
    try {
      return await follow(webhook);
    } catch (error) {
      log.error({ err: error }, 'a webhook could not be processed');
      return false;
    }
  }

  async function follow(webhook: WaitingWebhook): Promise<boolean> {
    const owner = await store.findByNonce(webhook.nonce);
    if (!owner) return true;
    const verdict = judgeWebhook(owner, webhook);
    switch (verdict.kind) {
      case 'known':
        return true;
      case 'alarm':
        raise(verdict.alarm, owner, webhook);
        return true;
      case 'follow':
        return store.makeDue(owner.job.id);
      case 'confirm':
        return confirm(owner, webhook);
    }
  }

  /** Binds the id if upstream has a job of that id: guessing a nonce does not invent a job of our account. */
  async function confirm({ job }: NonceOwner, { upstreamId }: WebhookEvent): Promise<boolean> {
    const seen = await parts.upstream.poll(upstreamId);
    if (seen.kind !== 'answer') {
      log.warn(
        { ...aboutJob(job), upstream_id: upstreamId, seen: seen.kind },
        'a webhook is not confirmed yet',
      );
      return false;
    }
    const bound = await store.bindUpstream(job.id, {
      upstreamId,
      generationId: seen.generationId,
      attempt: job.attempt,
    });
    // Null: it was bound or decided meanwhile, and the next round sees by what.
    if (!bound) return false;
    log.info({ ...aboutJob(job), upstream_id: upstreamId }, 'a webhook supplied the upstream id of a job');
    return true;
  }

  async function step(webhook: WaitingWebhook): Promise<void> {
    if (await process(webhook)) return store.dropWebhook(webhook);
    const age = clock() - webhook.receivedAt;
    if (age < EXPIRE_MS) {
      return store.deferWebhook(webhook, Math.min(LAST_RETRY_MS, Math.max(FIRST_RETRY_MS, age / 2)));
    }
    const owner = await store.findByNonce(webhook.nonce);
    if (owner) raise('webhook_unconfirmed', owner, webhook);
    return store.dropWebhook(webhook);
  }

  const worker = createWorker<WaitingWebhook>(
    {
      name: 'waiting webhooks',
      claim: (limit) => store.claimWebhooks(limit, CLAIM_MS),
      run: step,
      describe: () => ({}),
      nextInMs: () => store.nextWebhookInMs(),
      log,
    },
    { concurrency: AT_ONCE },
  );

  return {
    async receive({ nonce, rawBody, signature }) {
      const fault = parts.findSignatureFault?.(signature, rawBody) ?? null;
      if (fault !== null) {
        log.warn({ fault }, 'a webhook was rejected: its signature is invalid');
        throw new ClipgateError('webhook_refused', `The signature of this webhook is ${fault}.`);
      }
      const event = parts.parse(rawBody);
      if (!event) throw new ClipgateError('malformed_body', 'The body is not a webhook of a video job.');
      const owner = await store.findByNonce(nonce);
      if (!owner) throw new ClipgateError('not_found', 'Not found.');
      const verdict = judgeWebhook(owner, event);
      switch (verdict.kind) {
        case 'known':
          return;
        case 'alarm':
          raise(verdict.alarm, owner, event);
          return;
        case 'follow':
          // Held by a poll that may have asked just before the job ended: looked at again when that is over.
          if (!(await store.makeDue(owner.job.id))) await keep({ nonce, ...event }, FIRST_RETRY_MS);
          return;
        case 'confirm':
          return keep({ nonce, ...event }, 0);
      }
    },
    tick: worker.tick,
    start: worker.start,
    stop: worker.stop,
    stats: worker.stats,
  };
}
