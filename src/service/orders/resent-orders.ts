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

/** An order that carries no idempotency key, and the request that brings it. */
export interface BeginningOrder {
  readonly client: string;
  readonly fingerprint: string;
  /** Takes a job that has not ended after this many milliseconds for given up by its client; null = never. */
  readonly givenUpAfterMs: number | null;
  /** Whether the client says that it sends this order again. */
  readonly isRetry: boolean;
  readonly signal: AbortSignal;
  /** Tells, once the connection is done with it, whether the answer went out whole. */
  readonly hasArrived: Promise<boolean>;
}

export interface ResentOrders {
  /**
   * Begins to answer an order. Identical orders that are answered at the same time are different orders; one whose
   * client hung up before its answer was out, or whose process died, is what the next identical one means.
   * An order that another process is answering is waited for: only that process knows whether its client is there.
   * @throws ClipgateError order_given_up.
   */
  begin(order: BeginningOrder): Promise<Answering>;
}

export interface ResentOrdersParts {
  readonly store: Pick<JobStore, 'beginOrder' | 'lookAgain' | 'settleAnswer'>;
  readonly sleep: (ms: number) => Promise<void>;
  readonly log: Log;
}

export interface ResentOrdersOptions {
  /** Names this process. */
  readonly owner: string;
  /** Longer than an order can take to be on record. */
  readonly recordMs: number;
  /** Longer than an order that is on record can take to answer. */
  readonly holdMs: number;
}

const LOOK_AGAIN_MS = { first: 250, factor: 1.5, most: 1_000 };

export function createResentOrders(
  { store, sleep, log }: ResentOrdersParts,
  { owner, recordMs, holdMs }: ResentOrdersOptions,
): ResentOrders {
  /** By client and fingerprint, the requests whose clients are there, or whose answers are out and not yet noted. */
  const live = new Map<string, Set<string>>();

  function forget(order: string, token: string): void {
    const tokens = live.get(order);
    tokens?.delete(token);
    if (tokens?.size === 0) live.delete(order);
  }

  async function settle(token: string, hasArrived: boolean): Promise<void> {
    try {
      await store.settleAnswer(token, hasArrived);
    } catch (error) {
      log.warn(
        { err: error },
        'could not store that an order was answered: an identical order may get its job',
      );
    }
  }

  return {
    async begin({ client, fingerprint, givenUpAfterMs, isRetry, signal, hasArrived }) {
      const order = `${client} ${fingerprint}`;
      const answer = { token: createNonce(), holdMs };
      const tokens = live.get(order) ?? new Set();
      live.set(order, tokens.add(answer.token));
      const search = {
        ...answer,
        clientId: client,
        fingerprint,
        owner,
        recordMs,
        liveTokens: () => [...tokens],
        givenUpAfterMs,
        isRetry,
      };

      async function findJob(): Promise<Job | null> {
        let claim = await store.beginOrder(search);
        for (let pauseMs = LOOK_AGAIN_MS.first; claim.kind === 'elsewhere' && !signal.aborted; ) {
          await sleep(pauseMs);
          pauseMs = Math.min(pauseMs * LOOK_AGAIN_MS.factor, LOOK_AGAIN_MS.most);
          claim = await store.lookAgain(search);
        }
        return claim.kind === 'claimed' ? claim.job : null;
      }

      const finding = findJob();
      void hasArrived.then(async (arrived) => {
        // At once, so that the next of these orders, which may be here already, is known for the same one.
        if (!arrived) forget(order, answer.token);
        // Not before the order is written, or it would stand for good.
        await finding.catch(() => undefined);
        await settle(answer.token, arrived);
        forget(order, answer.token);
      });
      return { job: await finding, answer };
    },
  };
}
