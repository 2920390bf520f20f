// The body of POST /jobs in the terms of an order.

import type { z } from 'zod';
import type { ClipOrder } from '../../service/orders/place-order.ts';
import { splitBody } from './clip-body.ts';
import type { JobBodySchema } from './schemas/order.ts';

/** @param body as its schema lets it through. */
export function toOrder({
  model,
  dry_run: _dryRun,
  strict: _strict,
  accept_unknown_price: _acceptUnknownPrice,
  quote,
  fallback,
  callback_url: callbackUrl,
  tags: _tags,
  reference: _reference,
  ...body
}: z.output<typeof JobBodySchema>): ClipOrder {
  return {
    ...splitBody(body),
    modelId: model ?? null,
    quote: quote ?? null,
    fallback: fallback
      ? { maxAttempts: fallback.max_attempts, maxTotalCostUsd: fallback.max_total_cost_usd }
      : null,
    callbackUrl: callbackUrl ?? null,
  };
}
