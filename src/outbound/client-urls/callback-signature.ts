// Signs what we send to clients, as Standard Webhooks says, so that a receiver knows it from a forgery.

import { createHmac } from 'node:crypto';
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
