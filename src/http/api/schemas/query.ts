// Numbers in a query, in plain decimal notation: Number() alone would accept '', ' 10', 0x10 and 1e1.

import { z } from 'zod';

/** For routes without parameters: `?dry_run=true` beside a body that lacks it must not buy. */
export const NoQuerySchema = z.strictObject({});

/** Asks for more of a job than an answer about it shows. */
export const JobIncludeSchema = z.strictObject({
  include: z
    .enum(['request'])
    .optional()
    .describe(
      '`request`: the request whole, with its `data:` URLs, as it was or will be sent to OpenRouter.',
    ),
  links: z
    .enum(['signed'])
    .optional()
    .describe(
      '`signed`: `outputs[].url` can be played without a key until it expires (CONTENT_LINK_TTL_S), and leads to that clip alone.',
    ),
});

// Use `prefault` for defaults: `default` applies to the parsed number, and the document describes the text.
export const queryInteger = (min: number, max: number) =>
  z.preprocess(readNumber, z.int('must be a whole number').min(min).max(max));

export const queryAmount = (max: number) => z.preprocess(readNumber, z.number().positive().max(max));

function readNumber(text: unknown): unknown {
  return typeof text === 'string' && /^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : text;
}
