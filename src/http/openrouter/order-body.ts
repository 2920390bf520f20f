// The body and headers of OpenRouter's POST /videos in the terms of an order.

import type { z } from 'zod';
import { type ClipSpec, clipSpecShape, type Routing } from '../../core/clip/clip-spec.ts';
import type { ClipOrder } from '../../service/orders/place-order.ts';
import { ROUTED_MODELS, splitTags, type VideoHeadersSchema, type VideoRequestSchema } from './schemas.ts';

type Body = z.output<typeof VideoRequestSchema>;
type Headers = z.output<typeof VideoHeadersSchema>;

/** The one thing asked for counts eight times as much as each of the others: they decide between equals. */
const PRIORITIES: Readonly<Record<(typeof ROUTED_MODELS)[number], Routing['priority']>> = {
  'clipgate/auto': 'balanced',
  'clipgate/fast': { speed: 0.8, cost: 0.1, quality: 0.1 },
  'clipgate/cheap': { speed: 0.1, cost: 0.8, quality: 0.1 },
  'clipgate/best': { speed: 0.1, cost: 0.1, quality: 0.8 },
};

const isRouted = (model: string): model is (typeof ROUTED_MODELS)[number] =>
  ROUTED_MODELS.some((name) => name === model);

/** Fields that are no clip spec's are left out, as OpenRouter leaves them out. */
function specOf(body: Body): ClipSpec {
  const fields = Object.keys(clipSpecShape).flatMap((field) =>
    body[field] === undefined ? [] : [[field, body[field]]],
  );
  return Object.fromEntries(fields) as ClipSpec;
}

/** @param body as its schema lets it through. */
export function toOrder(body: Body, headers: Headers): ClipOrder {
  const maxCostUsd = headers['x-clipgate-max-cost-usd'];
  const maxWaitS = headers['x-clipgate-max-wait-s'];
  return {
    spec: specOf(body),
    routing: {
      ...(isRouted(body.model) ? { priority: PRIORITIES[body.model] } : {}),
      ...(maxCostUsd === undefined ? {} : { max_cost_usd: Number(maxCostUsd) }),
      ...(maxWaitS === undefined ? {} : { max_wait_s: Number(maxWaitS) }),
    },
    modelId: isRouted(body.model) ? null : body.model,
    quote: null,
    fallback: null,
    callbackUrl: body.callback_url ?? null,
    callbackFormat: 'openrouter',
  };
}

/** What the order is filed under. */
export const toFiling = (headers: Headers) => {
  const tags = headers['x-clipgate-tags'];
  return {
    tags: tags === undefined ? [] : splitTags(tags),
    reference: headers['x-clipgate-reference'] ?? null,
  };
};

/** All that an order says: the same order has the same one. */
export const orderContent = (body: Body, headers: Headers): unknown => {
  const { spec, routing, modelId, callbackUrl } = toOrder(body, headers);
  return { face: 'openrouter', spec, routing, modelId, callbackUrl, ...toFiling(headers) };
};
