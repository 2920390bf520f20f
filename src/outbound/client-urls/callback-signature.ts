// Signs what we send to clients, as Standard Webhooks or OpenRouter does, so that a receiver knows it from a forgery.

import { createHmac } from 'node:crypto';
import type { CallbackFormat } from '../../core/callbacks/delivery.ts';
import type { Secret } from '../../core/secret.ts';

const PREFIX = 'whsec_';

/**
 * The value of `webhook-signature`: one `v1` signature per secret, so that a receiver finds one it knows while a
 * secret is being replaced.
 * @param secrets `whsec_` and the key in base64. @param id holds no full stop. @param timestampS seconds since 1970.
 * @see https://www.standardwebhooks.com, "Signature scheme", version 1.0.0.
 */
export function signCallback(
  secrets: readonly Secret[],
  id: string,
  timestampS: number,
  body: string,
): string {
  return secrets
    .map((secret) => {
      const key = Buffer.from(secret.reveal().slice(PREFIX.length), 'base64');
      return `v1,${createHmac('sha256', key).update(`${id}.${timestampS}.${body}`).digest('base64')}`;
    })
    .join(' ');
}

/**
 * The headers that say which event it is and prove whose.
 * @param format null = the gateway's own, which is signed as OpenAI's are: as Standard Webhooks says. @param id holds no full stop.
 */
export function signedHeaders(
  format: CallbackFormat | null,
  secrets: readonly Secret[],
  id: string,
  timestampS: number,
  body: string,
): Record<string, string> {
  if (format !== 'openrouter') {
    return {
      'webhook-id': id,
      'webhook-timestamp': String(timestampS),
      'webhook-signature': signCallback(secrets, id, timestampS, body),
    };
  }
  // OpenRouter's receivers sign with the secret as they were given it, and compare with any of several.
  const signatures = secrets.map(
    (secret) => `v1=${createHmac('sha256', secret.reveal()).update(`${timestampS},${body}`).digest('hex')}`,
  );
  return {
    'x-openrouter-idempotency-key': id,
    'x-openrouter-signature': [`t=${timestampS}`, ...signatures].join(','),
  };
}
