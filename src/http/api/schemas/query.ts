// Numbers in a query, in plain decimal notation: Number() alone would accept '', ' 10', 0x10 and 1e1.

import { z } from 'zod';
import { invalidRequest, toInputError } from '../../input/input-errors.ts';

/** For routes without parameters: `?dry_run=true` beside a body that lacks it must not buy. */
export const NoQuerySchema = z.strictObject({});

/** A parameter that may be repeated, as a list. */
export const queryList = <T extends z.ZodType>(item: T, max: number) =>
  z.preprocess(toList, z.array(item).max(max));

function toList(value: unknown): unknown {
  return typeof value === 'string' ? [value] : value;
}

/** Asks for more of a job than an answer about it shows. */
export const JobIncludeSchema = z.strictObject({
  include: queryList(z.enum(['request', 'plan', 'callback_attempts']), 3)
    .optional()
    .describe(
      '`request`: the request whole, with its `data:` URLs, as it was or will be sent to OpenRouter. `plan`: how its model was chosen and its price worked out. `callback_attempts`: the attempts of its callback. Repeat it for several.',
    ),
  links: z
    .enum(['signed'])
    .optional()
    .describe(
      '`signed`: `outputs[].url` gives access to that clip without a key, until the link expires (CONTENT_LINK_TTL_S).',
    ),
});

// Use `prefault` for defaults: `default` applies to the parsed number, and the document describes the text.
export const queryInteger = (min: number, max: number) =>
  z.preprocess(readNumber, z.int('must be a whole number').min(min).max(max));

const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

/** Text of 1 to `max` characters on one line. */
export const words = (max: number) =>
  z
    .string()
    .refine((text) => text.length > 0 && [...text].length <= max, `must have 1 to ${max} characters`)
    .refine((text) => !UNPRINTABLE.test(text), 'must not contain control characters')
    .meta({ minLength: 1, maxLength: max });

const TimeSchema = z.iso.datetime({ offset: true, error: 'must be a time such as 2026-11-02T09:00:00Z' });

/** A stretch of time: from `since` up to, not including, `until`. */
export const rangeShape = {
  since: TimeSchema.optional().describe('From then on.'),
  until: TimeSchema.optional().describe('Up to then, not included.'),
};

/** The range in epoch milliseconds; null = open. @throws ClipgateError invalid_request where it ends before it begins. */
export function readRange({ since, until }: { since?: string | undefined; until?: string | undefined }) {
  const range = {
    since: since === undefined ? null : Date.parse(since),
    until: until === undefined ? null : Date.parse(until),
  };
  if (range.since !== null && range.until !== null && range.until <= range.since) {
    throw invalidRequest([toInputError(['until'], 'must be later than since', 'query')]);
  }
  return range;
}

export const queryAmount = (max: number) => z.preprocess(readNumber, z.number().positive().max(max));

function readNumber(text: unknown): unknown {
  return typeof text === 'string' && /^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : text;
}
