// Parses OpenRouter's webhooks and verifies their signatures.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { isUpstreamId } from '../../core/job/upstream-id.ts';
import type { WebhookEvent } from '../../core/job/upstream-webhook.ts';
import type { Secret } from '../../core/secret.ts';

/** Why a webhook is not upstream's, or not fresh. */
export type SignatureFault = 'missing' | 'malformed' | 'stale' | 'wrong';

// Both ways: a clock that runs ahead signs in our future.
const MAX_AGE_S = 300;
// A rotation needs two; a header with thousands would have us compare all day.
const MAX_SIGNATURES = 16;

interface ParsedHeader {
  readonly t: string;
  readonly signatures: readonly Buffer[];
}

/** `t=<unix seconds>,v1=<hex>[,v1=<hex>...]`; keys we do not know are left for versions to come. */
function parseHeader(header: string): ParsedHeader | null {
  const times: string[] = [];
  const signatures: Buffer[] = [];
  for (const part of header.split(',')) {
    const match = /^\s*([A-Za-z0-9_]+)=(\S*)\s*$/.exec(part);
    if (!match) return null;
    const [, name, value = ''] = match;
    if (name === 't') times.push(value);
    if (name === 'v1') signatures.push(Buffer.from(value.toLowerCase()));
  }
  const [t] = times;
  if (t === undefined || times.length > 1 || !/^\d{1,12}$/.test(t)) return null;
  return signatures.length > 0 && signatures.length <= MAX_SIGNATURES ? { t, signatures } : null;
}

/**
 * Checks `X-OpenRouter-Signature`: HMAC-SHA256 over `<t>,<raw body>` by any of our secrets in any of its `v1`.
 * @param rawBody the bytes as they came: text decoded and encoded again need not be the same.
 * @param secrets more than one while one replaces another.
 * @returns null where it is upstream's and at most five minutes off, else what is wrong.
 */
export function findSignatureFault(
  header: string | undefined,
  rawBody: Uint8Array,
  secrets: readonly Secret[],
  nowMs: number,
): SignatureFault | null {
  if (header === undefined || header === '') return 'missing';
  const parsed = parseHeader(header);
  if (!parsed) return 'malformed';
  if (Math.abs(nowMs / 1000 - Number(parsed.t)) > MAX_AGE_S) return 'stale';
  const genuine = secrets.some((secret) => {
    const expected = Buffer.from(
      createHmac('sha256', secret.reveal()).update(`${parsed.t},`).update(rawBody).digest('hex'),
    );
    // timingSafeEqual throws on different lengths, and lengths are those of bytes: a header may hold anything.
    return parsed.signatures.some(
      (given) => given.byteLength === expected.byteLength && timingSafeEqual(given, expected),
    );
  });
  return genuine ? null : 'wrong';
}

const EventWire = z.object({
  data: z.object({
    id: z.string().refine(isUpstreamId),
    // PostgreSQL keeps no NUL in text, and no status has one.
    status: z.string().regex(/^[\x21-\x7e]{1,64}$/),
  }),
});

/** Reads a webhook's body; null where it names no job of upstream's. Everything else it says is asked for by a poll. */
export function parseWebhook(rawBody: Uint8Array): WebhookEvent | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(rawBody);
    const parsed = EventWire.safeParse(JSON.parse(text));
    if (!parsed.success) return null;
    const { id, status } = parsed.data.data;
    return { upstreamId: id, status };
  } catch {
    return null;
  }
}
