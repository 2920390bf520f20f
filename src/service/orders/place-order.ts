// The use case behind every way in: plans a clip, and buys it once.

import type { CallbackFormat } from '../../core/callbacks/delivery.ts';
import type { ClipSpec, Routing } from '../../core/clip/clip-spec.ts';
import { buildSubmission, type Submission, type Warning } from '../../core/clip/submission.ts';
import { ClipgateError } from '../../core/errors.ts';
import { planAttempt, planOthers, toTerms } from '../../core/job/fallback-plan.ts';
import type { Origin } from '../../core/origin.ts';
import type { Principal } from '../../core/principal.ts';
import { isAllowed } from '../../core/routing/eligibility.ts';
import type { Eligible } from '../../core/routing/evaluate.ts';
import type { Ranking, RoutePlan } from '../../core/routing/plan-route.ts';
import { writePurchasePlan } from '../../core/routing/purchase-plan.ts';
import type { QuotedRoute } from '../../core/routing/quoted-route.ts';
import { warnOfUnmatched } from '../../core/routing/unmatched-patterns.ts';
import type { OrderAnswer } from '../../store/ports/answers.ts';
import type { CatalogView } from '../catalog/catalog-cache.ts';
import type { Intent, Made } from '../jobs/job-maker.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { JobPlan, Planner } from '../planning/planner.ts';
import { withoutPaused } from './accepting-route.ts';
import { modelNotAllowed, slotsOf } from './access.ts';
import { type CallbackRules, checkCallbackTarget } from './callback-check.ts';
import { unplannable } from './plan-errors.ts';
import { withUpstreamJob } from './previous-job.ts';
import { ceilingOf, createQuotedOrders } from './quoted-orders.ts';
import type { Quote, Quotes } from './quotes.ts';

/** What is asked for, in no face's spelling. */
export interface ClipOrder {
  /** A clip spec that `checkClipSpec` finds sound. */
  readonly spec: ClipSpec;
  /** How to choose, as far as `modelId` and `quote` leave a choice. */
  readonly routing: Routing;
  /** The model to buy from; null = the one the router picks. */
  readonly modelId: string | null;
  /** A quote to buy by: its model at its price or less. Null = none. */
  readonly quote: string | null;
  /** Candidates tried in all, and what they may cost together in dollars; null = the first alone. */
  readonly fallback: { readonly maxAttempts: number; readonly maxTotalCostUsd: number } | null;
  /** Where to tell the client how the job ended; null = nowhere. */
  readonly callbackUrl: string | null;
  /** In whose format; absent = the gateway's own. */
  readonly callbackFormat?: CallbackFormat;
}

/** An order to buy. */
export interface PurchaseOrder extends ClipOrder {
  /** The caller's key with the hash of what they sent under it; null = each order is another intent. */
  readonly idempotency: Intent['idempotency'];
  /** The caller's own words for what it is for, and its own id; absent = none. */
  readonly tags?: readonly string[];
  readonly reference?: string | null;
  /** The request that orders it. */
  readonly origin: Origin;
  /** Whether the caller waits for upstream's answer. */
  readonly wait: boolean;
  /** Refuses an order that has warnings; null = as this gateway does where orders do not say. */
  readonly strict: boolean | null;
  /** Allows to buy by a quote that has no ceiling, at whatever the clip costs. */
  readonly acceptUnknownPrice: boolean;
  /** What an identical order is known by, should the answer to this one be lost; absent = nothing. */
  readonly answer?: OrderAnswer;
  /** Aborted where the caller has gone: what is not on record by then is not bought. */
  readonly signal?: AbortSignal;
}

/** What came of an order. */
export interface Placed extends Made {
  /** What the caller should know of the body that was sent; null where an earlier order is answered again. */
  readonly warnings: readonly Warning[] | null;
}

/** What an order would buy. */
export interface OrderPlan {
  readonly view: CatalogView;
  readonly choice: Eligible;
  readonly submission: Submission;
  /** How the model was chosen; null where the order names it. */
  readonly route: RoutePlan | null;
}

/** What an order would buy, and the quote that buys it. */
export interface QuotedPlan extends OrderPlan {
  readonly token: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** The most it may cost under the quote; null = unknown. */
  readonly ceilingMicroUsd: number | null;
}

export interface Orders {
  /**
   * Buys what is ordered, once per idempotency key: the job that came of it, or came of it before.
   * @throws ClipgateError warnings_refused, unknown_price_not_accepted, and as `planOrder` and `Jobs.make` do.
   */
  placeOrder(principal: Principal, order: PurchaseOrder): Promise<Placed>;
  /**
   * Says what an order would buy, and buys nothing.
   * @throws ClipgateError invalid_request, callback_secret_missing, quote_expired, quote_changed, unknown_model,
   * model_not_allowed, unsupported_request, no_matching_model, media_unreachable, catalog_unavailable.
   */
  planOrder(principal: Principal, order: ClipOrder): Promise<OrderPlan>;
  /** Plans an order, and quotes what it would buy. @throws ClipgateError as `planOrder` does. */
  quoteOrder(principal: Principal, order: Omit<ClipOrder, 'quote' | 'fallback'>): Promise<QuotedPlan>;
  /** Ranks the models for a clip and quotes the best. @throws ClipgateError as `planOrder` does. */
  quoteRoute(principal: Principal, spec: ClipSpec, routing: Routing): Promise<QuotedRoute>;
}

export interface OrdersParts {
  readonly planner: Planner;
  readonly jobs: Pick<Jobs, 'find' | 'findReplay' | 'isPaused' | 'make'>;
  readonly quotes: Quotes;
  readonly callbacks: CallbackRules;
}

/** A plan with the order it is for, as it was worked out: upstream's job ids, and the limits of the fallback. */
interface Worked extends OrderPlan {
  readonly quote: Quote | null;
  readonly ranking: Ranking | null;
  readonly spec: ClipSpec;
  readonly routing: Routing;
}

/** @param options.strict refuses orders with warnings where they do not say. */
export function createOrders(
  { planner, jobs, quotes, callbacks }: OrdersParts,
  options: { readonly strict: boolean },
): Orders {
  const quoted = createQuotedOrders({ planner, quotes, jobs });

  async function work(principal: Principal, order: ClipOrder): Promise<Worked> {
    const { client } = principal;
    if (order.callbackUrl !== null) await checkCallbackTarget(callbacks, order.callbackUrl, client);
    const asked = withAccess(order.routing, principal);
    const routing = order.fallback ? withinTotal(asked, order.fallback.maxTotalCostUsd) : asked;
    const spec = await withUpstreamJob(jobs, order.spec, client);
    const quote = order.quote === null ? null : await quoted.redeem(order.quote, spec, routing, client);
    const modelId = quote?.model ?? order.modelId ?? undefined;
    const { view, plan } = await planner.planJob(modelId, spec, routing, client, quote !== null);
    requireAllowed(plan, principal);
    if (quote) await quoted.verify(quote, plan, spec, routing);
    if (plan.kind !== 'planned') throw unplannable(plan);
    const { choice, submission, ranking } = plan;
    if (!plan.route) return { view, choice, submission, route: null, ranking, spec, routing, quote };
    // Where there is a choice, a model that is paused is passed over; where all are, the order is refused as paused.
    const route = withoutPaused(plan.route, spec, routing, (id) => jobs.isPaused(id, client));
    return {
      view,
      choice: route.candidates[0] ?? choice,
      submission: route.submission ?? submission,
      route,
      ranking: route,
      spec,
      routing,
      quote,
    };
  }

  return {
    async placeOrder(principal, order) {
      const { client } = principal;
      const { idempotency, callbackUrl } = order;
      // Before planning: the catalog may have moved on, the job of this key has not.
      const earlier = idempotency && (await jobs.findReplay(client, idempotency));
      if (earlier) return { job: earlier, replayed: true, warnings: null };
      const plan = await work(principal, order);
      const { choice, route, spec, routing } = plan;
      if (plan.quote?.ceilingMicroUsd === null && !order.acceptUnknownPrice) throw unknownPrice(choice);
      const isStrict = order.strict ?? options.strict;
      const warningsOf = ({ model }: Eligible) => buildSubmission(model, spec, routing).warnings;
      const candidates = route?.candidates ?? [choice];
      const warnings = [...warningsOf(choice), ...warnOfUnmatched(route?.idlePatterns ?? [])];
      if (isStrict && warnings.length > 0) throw warningsRefused(warnings);
      const first = planAttempt(choice, spec, routing);
      const terms = order.fallback && toTerms(order.fallback.maxAttempts, order.fallback.maxTotalCostUsd);
      const intent: Intent = {
        clientId: client,
        keyId: principal.keyId,
        slots: slotsOf(principal),
        request: first.request,
        estimatedMicroUsd: first.estimatedMicroUsd,
        ceilingMicroUsd: first.highMicroUsd,
        listMicroUsd: first.listMicroUsd,
        expectedMs: first.expectedMs,
        ...(routing.max_wait_s === undefined ? {} : { patienceMs: Math.round(routing.max_wait_s * 1000) }),
        ...(terms && {
          fallback: {
            ...terms,
            highMicroUsd: first.highMicroUsd,
            others: planOthers(
              candidates.filter((one) => one === choice || !isStrict || warningsOf(one).length === 0),
              spec,
              routing,
              terms,
            ),
          },
        }),
        idempotency,
        callbackUrl,
        tags: order.tags ?? [],
        reference: order.reference ?? null,
        origin: order.origin,
        callbackFormat: order.callbackFormat ?? null,
        plan: writePurchasePlan(choice, plan.quote ? 'quote' : route ? 'router' : 'order', plan.ranking),
        answer: order.answer ?? null,
      };
      if (order.signal?.aborted) throw callerGone();
      const made = await jobs.make(intent, order.wait);
      return { ...made, warnings: made.replayed ? null : warnings };
    },

    planOrder: work,

    async quoteOrder(principal, order) {
      const plan = await work(principal, { ...order, quote: null, fallback: null });
      const ceilingMicroUsd = ceilingOf(plan.choice);
      const { body } = plan.submission;
      return {
        ...plan,
        ceilingMicroUsd,
        ...quotes.issue({ clientId: principal.client, body, ceilingMicroUsd }),
      };
    },

    async quoteRoute(principal, spec, routing) {
      const { client } = principal;
      return quoted.quote(await withUpstreamJob(jobs, spec, client), withAccess(routing, principal), client);
    },
  };
}

const callerGone = () =>
  new ClipgateError(
    'invalid_request',
    'The client closed the connection before the order was stored. Nothing was bought.',
  );

const unknownPrice = ({ model }: Eligible) =>
  new ClipgateError(
    'unknown_price_not_accepted',
    `The quote has no ceiling, because the price of this clip on ${model.id} is unknown.`,
  );

const warningsRefused = (warnings: readonly Warning[]) =>
  new ClipgateError(
    'warnings_refused',
    `The order is strict and has warnings: ${warnings.map(({ field, message }) => `${field} ${message}`).join('; ')}.`,
    { details: { warnings } },
  );

/** The router considers what the caller may use, and nothing else. */
const withAccess = (routing: Routing, { models }: Principal): Routing =>
  models.length === 0 ? routing : { ...routing, access: models };

/** A model that is named, but not allowed, is refused as that, whatever else is wrong. */
function requireAllowed(plan: JobPlan, { models }: Principal): void {
  const model = plan.kind === 'planned' ? plan.choice.model : plan.kind === 'unsupported' ? plan.model : null;
  if (model && !isAllowed(model, models)) throw modelNotAllowed(model.id);
}

/** No candidate may cost more than the total allows: with a total, a model without a price is no candidate. */
const withinTotal = (routing: Routing, totalUsd: number): Routing => ({
  ...routing,
  max_cost_usd: Math.min(totalUsd, routing.max_cost_usd ?? totalUsd),
});
