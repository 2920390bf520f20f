// The X-Clipgate-* request headers of the OpenRouter and OpenAI APIs, whose bodies have no field for what they say.

import { z } from 'zod';
import type { Routing } from '../../../core/clip/clip-spec.ts';
import type { PurchaseOrder } from '../../../service/orders/place-order.ts';
import { ReferenceSchema, TagsSchema } from './order.ts';

const headerNumber = (max: number) =>
  z
    .string()
    .refine(
      (text) => /^\d{1,9}(\.\d{1,6})?$/.test(text) && Number(text) > 0 && Number(text) <= max,
      `must be a number above 0 and at most ${max}`,
    )
    .optional();

const splitTags = (text: string): string[] => text.split(',').map((tag) => tag.trim());

export const orderHeadersShape = {
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
    .optional()
    .describe('The same key with the same body never buys twice.')
    .meta({ examples: ['c2b7b9a4-52f0-4b8e-a4ef-0d7d7f1f6f3e'] }),
  'x-clipgate-max-cost-usd': headerNumber(100_000)
    .describe('Refuse models whose clip may cost more.')
    .meta({ examples: ['1'] }),
  'x-clipgate-max-wait-s': headerNumber(86_400)
    .describe('Refuse models of which one clip in ten is expected to take longer.')
    .meta({ examples: ['600'] }),
  'x-clipgate-tags': z
    .string()
    .refine(
      (text) => TagsSchema.safeParse(splitTags(text)).success,
      'must be at most 8 different tags of 1 to 64 characters, separated by commas',
    )
    .optional()
    .describe('Your own words for the job, separated by commas; see `tags` of POST /jobs.')
    .meta({ examples: ['campaign-7'] }),
  'x-clipgate-reference': ReferenceSchema.optional()
    .describe('Your own id for the job.')
    .meta({ examples: ['order-4711'] }),
} as const;

/** Where fields of POST /jobs stand in such an order. */
export const HEADER_OF_FIELD: Readonly<Record<string, string>> = {
  max_cost_usd: 'X-Clipgate-Max-Cost-Usd',
  max_wait_s: 'X-Clipgate-Max-Wait-S',
  tags: 'X-Clipgate-Tags',
  reference: 'X-Clipgate-Reference',
};

type OrderHeaders = { readonly [H in keyof typeof orderHeadersShape]?: string | undefined };

/** The limits that the router is held to. */
export function toLimits(headers: OrderHeaders): Pick<Routing, 'max_cost_usd' | 'max_wait_s'> {
  const maxCostUsd = headers['x-clipgate-max-cost-usd'];
  const maxWaitS = headers['x-clipgate-max-wait-s'];
  return {
    ...(maxCostUsd === undefined ? {} : { max_cost_usd: Number(maxCostUsd) }),
    ...(maxWaitS === undefined ? {} : { max_wait_s: Number(maxWaitS) }),
  };
}

/** What the order is filed under. */
export function toFiling(headers: OrderHeaders): Required<Pick<PurchaseOrder, 'tags' | 'reference'>> {
  const tags = headers['x-clipgate-tags'];
  return {
    tags: tags === undefined ? [] : splitTags(tags),
    reference: headers['x-clipgate-reference'] ?? null,
  };
}
