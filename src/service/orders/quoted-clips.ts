// Buying in two steps: a clip is quoted and kept, then bought by the name of its quote alone, under one key.

import { ClipgateError } from '../../core/errors.ts';
import type { Origin } from '../../core/origin.ts';
import type { Principal } from '../../core/principal.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Log } from '../runtime/log.ts';
import { hashJson } from './canonical-json.ts';
import { createQuoteId } from './ids.ts';
import type { ClipOrder, Orders, Placed, PurchaseOrder, QuotedPlan } from './place-order.ts';

/** An order to quote: with all that its purchase will say. */
export type OrderToQuote = Omit<ClipOrder, 'quote' | 'fallback' | 'callbackFormat'> &
  Required<Pick<PurchaseOrder, 'tags' | 'reference' | 'strict'>>;

/** What a quote would buy, and what it is bought by. */
export interface ClipQuote {
  /** What `buy` takes. */
  readonly id: string;
  readonly plan: QuotedPlan;
}

/** What a quote is bought with. */
export interface QuotePurchase {
  readonly quoteId: string;
  /** The caller's own idempotency key. */
  readonly key: string;
  /** The request that buys it. */
  readonly origin: Origin;
  /** Aborted where the caller has gone. */
  readonly signal: AbortSignal;
}

export type Purchase =
  | ({ readonly kind: 'bought' } & Placed)
  /** The quote no longer stands. Nothing was bought. */
  | {
      readonly kind: 'lapsed';
      /** quote_expired or quote_changed. */
      readonly error: ClipgateError;
      /** The same clip as it is quoted now; null where it cannot be had any more. */
      readonly fresh: ClipQuote | null;
    };

export interface QuotedClips {
  /**
   * Plans a clip, and keeps it with a quote for ten minutes.
   * @throws ClipgateError unpriceable where the clip has no price; and as `Orders.planOrder` does.
   */
  quote(principal: Principal, order: OrderToQuote): Promise<ClipQuote>;
  /**
   * Buys what was quoted, at the quoted price or less. A quote belongs to the first key it is bought with, and a key
   * to its quote: whatever is repeated, one quote buys one clip.
   * @throws ClipgateError invalid_request for a quote that is not the caller's; quote_used; idempotency_key_reused; and
   * as `Orders.placeOrder` does.
   */
  buy(principal: Principal, purchase: QuotePurchase): Promise<Purchase>;
}

export interface QuotedClipsParts {
  readonly orders: Pick<Orders, 'quoteOrder' | 'placeOrder'>;
  readonly jobs: Pick<Jobs, 'findReplay'>;
  readonly store: Pick<JobStore, 'keepQuotedClip' | 'claimQuotedClip' | 'dropQuotedContent'>;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly log: Log;
}

/** What is kept of a quoted clip, as JSON. */
interface Kept {
  readonly token: string;
  readonly order: OrderToQuote;
}

// More clips than a client's programs can mean to buy within ten minutes, and eight of the largest.
const LIMITS = { clips: 1_000, bytes: 32 * 1024 * 1024 };

export function createQuotedClips(parts: QuotedClipsParts): QuotedClips {
  const { orders, jobs, store, clock, log } = parts;

  async function quote(principal: Principal, order: OrderToQuote): Promise<ClipQuote> {
    const plan = await orders.quoteOrder(principal, order);
    if (plan.ceilingMicroUsd === null) throw unpriceable(plan);
    const now = clock();
    const id = createQuoteId(now);
    const kept: Kept = { token: plan.token, order };
    await store.keepQuotedClip(
      { id, clientId: principal.client, content: JSON.stringify(kept), lifeMs: plan.expiresAt - now },
      LIMITS,
    );
    return { id, plan };
  }

  /** What the same clip costs now; null where that is known to be no purchase. */
  async function quoteAgain(principal: Principal, order: OrderToQuote): Promise<ClipQuote | null> {
    try {
      return await quote(principal, order);
    } catch (error) {
      if (error instanceof ClipgateError && error.code !== 'store_unavailable') return null;
      throw error;
    }
  }

  /** The clip is on record with its job: what is kept beside it would outlast an erasure. */
  async function drop(id: string, client: string): Promise<void> {
    try {
      await store.dropQuotedContent(id, client);
    } catch (error) {
      log.warn({ err: error }, 'a quoted clip that was bought could not be removed yet');
    }
  }

  return {
    quote,

    async buy(principal, { quoteId, key, origin, signal }) {
      const { client } = principal;
      const idempotency = { key, bodyHash: hashJson({ face: 'quote', quote: quoteId }) };
      // First, so that a purchase is answered again however long ago its quote expired.
      const earlier = await jobs.findReplay(client, idempotency);
      if (earlier) return { kind: 'bought', job: earlier, replayed: true, warnings: null };
      const claim = await store.claimQuotedClip(quoteId, client, key);
      if (claim.kind === 'none') throw unknownQuote();
      if (claim.kind === 'used') throw quoteUsed();
      if (claim.content === null) {
        // Bought since the look above, by a request of the same key.
        const job = await jobs.findReplay(client, idempotency);
        if (job) return { kind: 'bought', job, replayed: true, warnings: null };
        throw quoteUsed();
      }
      const { token, order } = JSON.parse(claim.content) as Kept;
      try {
        const placed = await orders.placeOrder(principal, {
          ...order,
          quote: token,
          fallback: null,
          idempotency,
          origin,
          wait: true,
          acceptUnknownPrice: false,
          signal,
        });
        await drop(quoteId, client);
        return { kind: 'bought', ...placed };
      } catch (error) {
        if (!isLapse(error)) throw error;
        return { kind: 'lapsed', error, fresh: await quoteAgain(principal, order) };
      }
    },
  };
}

const isLapse = (error: unknown): error is ClipgateError =>
  error instanceof ClipgateError && (error.code === 'quote_expired' || error.code === 'quote_changed');

const unpriceable = ({ choice }: QuotedPlan) =>
  new ClipgateError(
    'unpriceable',
    `The price of this clip on ${choice.model.id} is unknown, so there is no quote. Choose another model.`,
  );

const unknownQuote = () =>
  new ClipgateError(
    'invalid_request',
    'This gateway has no such quote for you, or it has expired. Request a new quote.',
    {
      details: {
        field: { name: 'quote', problem: 'is not one of your quotes of the last ten minutes' },
      },
    },
  );

const quoteUsed = () =>
  new ClipgateError(
    'quote_used',
    'This quote was already used with another idempotency key. Nothing was bought.',
  );
