// Routing answers with their quotes, and what a quote is worth when it comes back.

import type { ClipSpec, Routing } from '../../core/clip/clip-spec.ts';
import { ClipgateError } from '../../core/errors.ts';
import { toMicroUsdHold } from '../../core/money.ts';
import type { Eligible } from '../../core/routing/evaluate.ts';
import type { RoutePlan } from '../../core/routing/plan-route.ts';
import type { CatalogView } from '../../service/catalog/catalog-cache.ts';
import { honours, type Quote, type Quotes } from '../../service/orders/quotes.ts';
import type { JobPlan, Planner } from '../../service/planning/planner.ts';
import { invalidRequest, toInputError } from '../input/input-errors.ts';
import { noMatchingModel } from './plan-problems.ts';
import { renderCatalog } from './render.ts';

export interface QuoteDesk {
  /** The whole answer to a routing question, quote included, in JSON. @throws ClipgateError no_matching_model. */
  answer(spec: ClipSpec, routing: Routing, clientId: string): Promise<string>;
  /** Reads a quote that is still good. @throws ClipgateError quote_expired with a fresh plan; invalid_request. */
  redeem(token: string, spec: ClipSpec, routing: Routing, clientId: string): Promise<Quote>;
  /** @throws ClipgateError quote_changed with a fresh plan, where what would be bought is not what was quoted. */
  hold(quote: Quote, plan: JobPlan, spec: ClipSpec, routing: Routing): Promise<void>;
}

export function createQuoteDesk({
  planner,
  quotes,
}: {
  readonly planner: Planner;
  readonly quotes: Quotes;
}): QuoteDesk {
  async function answer(spec: ClipSpec, routing: Routing, clientId: string): Promise<string> {
    const { view, route, rankingJson } = await planner.planRoute(spec, routing);
    const [best] = route.candidates;
    const body = route.submission?.body;
    const { why } = route;
    if (!best || !body || why === null) throw noMatchingModel(route);
    const { token, expiresAt } = quotes.issue({ clientId, body, ceilingMicroUsd: ceilingOf(best) });
    return writeRoute(view, route, rankingJson, { best, why, body, token, expiresAt });
  }

  /** What the client would be told if it asked again now. */
  async function freshPlan(spec: ClipSpec, routing: Routing, clientId: string): Promise<unknown> {
    try {
      return JSON.parse(await answer(spec, routing, clientId));
    } catch (error) {
      if (error instanceof ClipgateError && error.code === 'no_matching_model') return null;
      throw error;
    }
  }

  return {
    answer,

    async redeem(token, spec, routing, clientId) {
      const reading = quotes.read(token, clientId);
      if (reading.kind === 'invalid')
        throw invalidRequest([toInputError(['quote'], 'is not a quote that POST /route issued to you')]);
      if (reading.kind === 'valid') return reading.quote;
      throw new ClipgateError(
        'quote_expired',
        'The quote has expired. `plan` holds a new plan with a new quote.',
        {
          extra: { plan: await freshPlan(spec, routing, clientId) },
        },
      );
    },

    async hold(quote, plan, spec, routing) {
      const stands =
        plan.kind === 'planned' &&
        honours(quote, { body: plan.submission.body, highMicroUsd: ceilingOf(plan.choice) });
      if (stands) return;
      throw new ClipgateError('quote_changed', `${changeOf(plan, quote)} \`plan\` holds a new plan.`, {
        extra: { plan: await freshPlan(spec, routing, quote.clientId) },
      });
    },
  };
}

const ceilingOf = ({ estimate }: Eligible) =>
  estimate.highUsd === null ? null : toMicroUsdHold(estimate.highUsd);

function changeOf(plan: JobPlan, quote: Quote): string {
  if (plan.kind === 'unknown_model') return `${quote.model} is no longer in the catalog.`;
  if (plan.kind !== 'planned') return `${quote.model} no longer makes this clip.`;
  return 'The body differs from the quoted one, or its price has risen.';
}

/** The answer in JSON, with the members of the ranking, an object, as they are kept beside it. */
function writeRoute(
  view: CatalogView,
  route: RoutePlan,
  rankingJson: string,
  quoted: { best: Eligible; why: string; body: object; token: string; expiresAt: number },
): string {
  const json = JSON.stringify;
  return (
    `{"selected":${json(quoted.best.model.id)},"why":${json(quoted.why)},${rankingJson.slice(1, -1)},` +
    `"request":${json(quoted.body)},` +
    `"warnings":${json(route.submission?.warnings ?? [])},"quote":${json(quoted.token)},` +
    `"quote_expires_at":${json(new Date(quoted.expiresAt))},"catalog":${json(renderCatalog(view))}}`
  );
}
