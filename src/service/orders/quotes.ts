// Quotes: a promise of model, body and price ceiling that needs no memory, because it is signed.

import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { SubmitBody } from '../../core/job/job.ts';
import type { MicroUsd } from '../../core/money.ts';
import type { Secret } from '../../core/secret.ts';
import { hashJson } from './canonical-json.ts';

export interface Quote {
  readonly clientId: string;
  readonly model: string;
  /** SHA-256 of the canonical body that would be sent upstream. */
  readonly bodyHash: string;
  /** The most the clip may cost under this quote; null where the price was not known. */
  readonly ceilingMicroUsd: MicroUsd | null;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

export type QuoteReading =
  | { readonly kind: 'valid'; readonly quote: Quote }
  | { readonly kind: 'expired'; readonly quote: Quote }
  /** Not ours, not whole, or another client's. */
  | { readonly kind: 'invalid' };

export interface Quotes {
  /** A token for ten minutes: opaque, URL-safe, about 300 characters. */
  issue(terms: { clientId: string; body: SubmitBody; ceilingMicroUsd: MicroUsd | null }): {
    readonly token: string;
    readonly expiresAt: number;
  };
  read(token: string, clientId: string): QuoteReading;
}

const LIFE_MS = 10 * 60_000;
const VERSION = 'q1';

/**
 * @param apiKey the key all replicas share; the signing key is derived from it, so that any replica honours any
 * other's quotes and none outlives a change of the key. Without one there is nothing to buy, and a random key does.
 */
export function createQuotes(apiKey: Secret | undefined, clock: () => number): Quotes {
  const key = Buffer.from(
    hkdfSync('sha256', apiKey?.reveal() ?? randomBytes(32), '', 'clipgate quotes 1', 32),
  );
  const sign = (payload: string) => createHmac('sha256', key).update(`${VERSION}.${payload}`).digest();

  return {
    issue({ clientId, body, ceilingMicroUsd }) {
      const expiresAt = clock() + LIFE_MS;
      const quote: Quote = {
        clientId,
        model: body.model,
        bodyHash: hashJson(body),
        ceilingMicroUsd,
        expiresAt,
      };
      const payload = Buffer.from(JSON.stringify(quote)).toString('base64url');
      return { token: `${VERSION}.${payload}.${sign(payload).toString('base64url')}`, expiresAt };
    },

    read(token, clientId) {
      const [version, payload, signature] = token.split('.');
      if (version !== VERSION || !payload || !signature) return { kind: 'invalid' };
      const given = Buffer.from(signature, 'base64url');
      const expected = sign(payload);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return { kind: 'invalid' };
      const quote = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Quote;
      if (quote.clientId !== clientId) return { kind: 'invalid' };
      return { kind: clock() > quote.expiresAt ? 'expired' : 'valid', quote };
    },
  };
}

/** Whether a quote still stands for what would be bought now. */
export function honours(quote: Quote, now: { body: SubmitBody; highMicroUsd: MicroUsd | null }): boolean {
  if (quote.model !== now.body.model || quote.bodyHash !== hashJson(now.body)) return false;
  // A price that became unknown is no longer under any ceiling.
  if (quote.ceilingMicroUsd === null) return true;
  return now.highMicroUsd !== null && now.highMicroUsd <= quote.ceilingMicroUsd;
}
