// CSRF protection of sessions: whether a request that changes something comes from a page of this gateway.

import type { FastifyRequest } from 'fastify';
import { ClipgateError } from '../../core/errors.ts';

const hostOf = (origin: string): string | undefined =>
  /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]?.toLowerCase();

/**
 * What is wrong with where a request comes from, by the headers that no page can set itself. Hosts are compared, not
 * schemes: behind a proxy that ends TLS the scheme here is another, and `Sec-Fetch-Site` compares schemes too.
 * @param publicUrl PUBLIC_URL: a host that pages of this gateway may have as well.
 */
export function findCrossOrigin(
  { headers, host }: FastifyRequest,
  publicUrl: string | undefined,
): ClipgateError | undefined {
  const { origin, 'sec-fetch-site': site } = headers;
  if (site !== undefined && site !== 'same-origin') return crossOrigin('Sec-Fetch-Site is not "same-origin"');
  if (origin === undefined) return crossOrigin('the Origin header is missing');
  const own = [host.toLowerCase(), ...(publicUrl === undefined ? [] : [hostOf(new URL(publicUrl).origin)])];
  const from = hostOf(origin);
  return from !== undefined && own.includes(from)
    ? undefined
    : crossOrigin('Origin is not the host of this gateway; behind a proxy, pass Host on or set PUBLIC_URL');
}

const crossOrigin = (why: string) =>
  new ClipgateError(
    'cross_origin',
    `A console session may change things only from the pages of this gateway: ${why}. Send a key instead of the session cookie.`,
  );
