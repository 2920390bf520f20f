// Tells an order that is sent again, because its answer never arrived, from another order of the same clip.

import type { Job } from '../../core/job/job.ts';
import type { OrderAnswer } from '../../store/ports/answers.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { Log } from '../runtime/log.ts';
import { createNonce } from './ids.ts';

/** One request that is being answered. */
export interface Answering {
  /** The job of an identical order whose answer never reached this client; null = this order is another one. */
  readonly job: Job | null;
  /** To be written with the job that comes of it. */
  readonly answer: OrderAnswer;
}

export interface ResentOrders {
  /**
   * Begins to answer an order. Identical orders that are answered at the same time are different orders; one whose
   * client hung up before its answer was out, or whose process died, is what the next identical one means.
   * @param request.hasArrived tells, once the connection is done with it, whether the answer went out whole.
   */
  begin(request: {
    readonly client: string;
    readonly fingerprint: string;
    /** Takes a job that has not ended after this many milliseconds for given up by its client; null = never. */
    readonly givenUpAfterMs: number | null;
    /** Whether the client says that it sends this order again. */
    readonly isRetry: boolean;
    readonly signal: AbortSignal;
    readonly hasArrived: Promise<boolean>;
  }): Promise<Answering>;
}

export interface ResentOrdersParts {
  readonly store: Pick<JobStore, 'claimUnanswered' | 'settleAnswer'>;
  readonly sleep: (ms: number) => Promise<void>;
  readonly log: Log;
}

const LOOK_AGAIN_MS = 250;

/** @param options.owner names this process. @param options.holdMs longer than an order can take to answer. */
export function createResentOrders(
  { store, sleep, log }: ResentOrdersParts,
  { owner, holdMs }: { readonly owner: string; readonly holdMs: number },
): ResentOrders {
  /** By client and fingerprint, the requests whose clients are there, or whose answers are out and not yet noted. */
  const live = new Map<string, Set<string>>();

  function forget(order: string, token: string): void {
    const tokens = live.get(order);
    tokens?.delete(token);
    if (tokens?.size === 0) live.delete(order);
  }

  async function settle(order: string, token: string, hasArrived: boolean): Promise<void> {
    // At once, so that the next of these orders, which may be here already, is known for the same one.
    if (!hasArrived) forget(order, token);
    try {
      await store.settleAnswer(token, hasArrived);
    } catch (error) {
      log.warn(
        { err: error },
        'could not store that an order was answered: an identical order may get its job',
      );
    } finally {
      forget(order, token);
    }
  }

  return {
    async begin({ client, fingerprint, givenUpAfterMs, isRetry, signal, hasArrived }) {
      const order = `${client} ${fingerprint}`;
      const answer = { fingerprint, token: createNonce(), holdMs };
      const tokens = live.get(order) ?? new Set();
      live.set(order, tokens.add(answer.token));
      void hasArrived.then((arrived) => settle(order, answer.token, arrived));
      for (;;) {
        const claim = await store.claimUnanswered({
          ...answer,
          clientId: client,
          owner,
          liveTokens: [...tokens],
          givenUpAfterMs,
          isRetry,
        });
        if (claim.kind === 'claimed') return { job: claim.job, answer };
        // Another process knows whether its client is there; where it died, it will owe the answer no longer.
        if (claim.kind === 'none' || signal.aborted) return { job: null, answer };
        await sleep(LOOK_AGAIN_MS);
      }
    },
  };
}
