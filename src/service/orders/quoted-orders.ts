// Adds quotes to routing answers, and checks a quote when an order redeems it.

import type { ClipSpec, Routing } from '../../core/clip/clip-spec.ts';
import { ClipgateError } from '../../core/errors.ts';
import { toMicroUsdHold } from '../../core/money.ts';
import type { Eligible } from '../../core/routing/evaluate.ts';
import type { QuotedRoute } from '../../core/routing/quoted-route.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { JobPlan, Planner } from '../planning/planner.ts';
import { withoutPaused } from './accepting-route.ts';
import { noMatchingModel } from './plan-errors.ts';
import { honours, type Quote, type Quotes } from './quotes.ts';

export interface QuotedOrders {
  /** Answers a routing question, quote included. @throws ClipgateError no_matching_model. */
  quote(spec: ClipSpec, routing: Routing, client: string): Promise<QuotedRoute>;
  /** Reads a quote that is still good. @throws ClipgateError quote_expired with a fresh one; invalid_request. */
  redeem(token: string, spec: ClipSpec, routing: Routing, client: string): Promise<Quote>;
  /** @throws ClipgateError quote_changed with a fresh one, where what would be bought is not what was quoted. */
  verify(quote: Quote, plan: JobPlan, spec: ClipSpec, routing: Routing): Promise<void>;
}

export function createQuotedOrders({
  planner,
  quotes,
  jobs,
}: {
  readonly planner: Planner;
  readonly quotes: Quotes;
  readonly jobs: Pick<Jobs, 'isPaused'>;
}): QuotedOrders {
  async function quote(spec: ClipSpec, routing: Routing, client: string): Promise<QuotedRoute> {
    const { view, route: planned, rankingJson } = await planner.planRoute(spec, routing, client);
    // What POST /jobs would buy for the same body.
    const route = withoutPaused(planned, spec, routing, (id) => jobs.isPaused(id, client));
    const [best] = route.candidates;
    const body = route.submission?.body;
    const { why } = route;
    if (!best || !body || why === null) throw noMatchingModel(route);
    const ceilingMicroUsd = ceilingOf(best);
    const { token, expiresAt } = quotes.issue({ clientId: client, body, ceilingMicroUsd });
    return { view, route, rankingJson, best, why, body, token, expiresAt, ceilingMicroUsd };
  }

  /** What the client would be answered if it asked again now; null where no model can make the clip. */
  async function freshQuote(spec: ClipSpec, routing: Routing, client: string): Promise<QuotedRoute | null> {
    try {
      return await quote(spec, routing, client);
    } catch (error) {
      if (error instanceof ClipgateError && error.code === 'no_matching_model') return null;
      throw error;
    }
  }

  return {
    quote,

    async redeem(token, spec, routing, client) {
      const reading = quotes.read(token, client);
      switch (reading.kind) {
        case 'valid':
          return reading.quote;
        case 'invalid':
          throw new ClipgateError('invalid_request', 'The quote was not issued to you by this gateway.', {
            details: {
              field: { name: 'quote', problem: 'is not a quote that this gateway issued to you' },
            },
          });
        case 'expired':
          throw new ClipgateError('quote_expired', 'The quote has expired.', {
            details: { freshQuote: await freshQuote(spec, routing, client) },
          });
      }
    },

    async verify(redeemed, plan, spec, routing) {
      const stands =
        plan.kind === 'planned' &&
        honours(redeemed, { body: plan.submission.body, highMicroUsd: ceilingOf(plan.choice) });
      if (stands) return;
      throw new ClipgateError('quote_changed', changeOf(plan, redeemed), {
        details: { freshQuote: await freshQuote(spec, routing, redeemed.clientId) },
      });
    },
  };
}

/** The most a clip may cost, in micro-dollars; null = unknown. */
export const ceilingOf = ({ estimate }: Eligible) =>
  estimate.ceilingUsd === null ? null : toMicroUsdHold(estimate.ceilingUsd);

function changeOf(plan: JobPlan, quote: Quote): string {
  if (plan.kind === 'unknown_model') return `${quote.model} is no longer in the catalog.`;
  if (plan.kind !== 'planned') return `${quote.model} no longer makes this clip.`;
  return 'The body differs from the quoted one, or its price has risen.';
}
