// The body and headers of OpenRouter's POST /videos in the terms of an order.

import type { z } from 'zod';
import { type ClipSpec, clipSpecShape } from '../../core/clip/clip-spec.ts';
import type { Warning } from '../../core/clip/submission.ts';
import { truncateNames } from '../../core/truncate-names.ts';
import type { ClipOrder } from '../../service/orders/place-order.ts';
import { priorityOf } from '../api/routed-models.ts';
import { toFiling, toLimits } from '../api/schemas/order-headers.ts';
import type { VideoHeadersSchema, VideoRequestSchema } from './schemas.ts';

type Body = z.output<typeof VideoRequestSchema>;
type Headers = z.output<typeof VideoHeadersSchema>;

/** Fields that are no clip spec's are left out, as OpenRouter leaves them out. */
function specOf(body: Body): ClipSpec {
  const fields = Object.keys(clipSpecShape).flatMap((field) =>
    body[field] === undefined ? [] : [[field, body[field]]],
  );
  return Object.fromEntries(fields) as ClipSpec;
}

const KNOWN: ReadonlySet<string> = new Set([...Object.keys(clipSpecShape), 'model', 'callback_url']);
// As many as tell what is wrong.
const MOST_WARNINGS = 10;

/** OpenRouter drops such fields without a word. */
export const warnOfUnknown = (body: Body): Warning[] =>
  truncateNames(Object.keys(body).filter((field) => !KNOWN.has(field)))
    .slice(0, MOST_WARNINGS)
    .map((field) => ({
      code: 'not_sent',
      field,
      message: "not sent: OpenRouter's video API has no such field",
    }));

/** @param body as its schema lets it through. */
export function toOrder(body: Body, headers: Headers): ClipOrder {
  const priority = priorityOf(body.model);
  return {
    spec: specOf(body),
    routing: { ...(priority === null ? {} : { priority }), ...toLimits(headers) },
    modelId: priority === null ? body.model : null,
    quote: null,
    fallback: null,
    callbackUrl: body.callback_url ?? null,
    callbackFormat: 'openrouter',
  };
}

/** All that an order says: the same order has the same one. */
export const orderContent = (body: Body, headers: Headers): unknown => {
  const { spec, routing, modelId, callbackUrl } = toOrder(body, headers);
  return { face: 'openrouter', spec, routing, modelId, callbackUrl, ...toFiling(headers) };
};
