// The body and headers of OpenRouter's POST /videos in the terms of an order.

import type { z } from 'zod';
import { type ClipSpec, clipSpecShape } from '../../core/clip/clip-spec.ts';
import type { ClipOrder } from '../../service/orders/place-order.ts';
import { priorityOf } from '../api/routed-models.ts';
import { splitTags, type VideoHeadersSchema, type VideoRequestSchema } from './schemas.ts';

type Body = z.output<typeof VideoRequestSchema>;
type Headers = z.output<typeof VideoHeadersSchema>;

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
  const priority = priorityOf(body.model);
  return {
    spec: specOf(body),
    routing: {
      ...(priority === null ? {} : { priority }),
      ...(maxCostUsd === undefined ? {} : { max_cost_usd: Number(maxCostUsd) }),
      ...(maxWaitS === undefined ? {} : { max_wait_s: Number(maxWaitS) }),
    },
    modelId: priority === null ? body.model : null,
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
