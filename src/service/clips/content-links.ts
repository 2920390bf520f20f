// Signed links to clips: good for one clip and a limited time, without a key, on every replica.

import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../core/secret.ts';

/** What a link says beside the path it leads to. */
export interface ContentSignature {
  /** Unix seconds. */
  readonly expiresAt: number;
  readonly signature: string;
}

export interface ContentLinks {
  /** True where links are signed without being asked for (CONTENT_LINKS=signed). */
  readonly isDefault: boolean;
  sign(jobId: string, index: number): ContentSignature;
  /** `expired` only for a link that was good once. */
  verify(jobId: string, index: number, given: ContentSignature): 'valid' | 'expired' | 'invalid';
}

export interface ContentLinkOptions {
  readonly isDefault: boolean;
  /** How long a link is good for, in seconds. */
  readonly lifeS: number;
}

/**
 * @param apiKey the key all replicas share; the signing key is derived from it, so that any replica honours any
 * other's links and none outlives a change of the key. Without one there are no clips, and a random key does.
 * @param clock epoch milliseconds.
 */
export function createContentLinks(
  apiKey: Secret | undefined,
  clock: () => number,
  options: ContentLinkOptions,
): ContentLinks {
  const key = Buffer.from(
    hkdfSync('sha256', apiKey?.reveal() ?? randomBytes(32), '', 'clipgate content links 1', 32),
  );
  const signatureOf = (jobId: string, index: number, expiresAt: number) =>
    createHmac('sha256', key).update(`${jobId}\n${index}\n${expiresAt}`).digest();

  return {
    isDefault: options.isDefault,
    sign(jobId, index) {
      const expiresAt = Math.ceil(clock() / 1000) + options.lifeS;
      return { expiresAt, signature: signatureOf(jobId, index, expiresAt).toString('base64url') };
    },
    verify(jobId, index, { expiresAt, signature }) {
      const given = Buffer.from(signature, 'base64url');
      const expected = signatureOf(jobId, index, expiresAt);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'invalid';
      return clock() > expiresAt * 1000 ? 'expired' : 'valid';
    },
  };
}

/** The parameters that a link carries, ready to be appended to a URL that has a query. */
export const toQuery = ({ expiresAt, signature }: ContentSignature): string =>
  `exp=${expiresAt}&sig=${signature}`;
