// CSRF protection: whether a request that changes something comes from a page of this gateway. Sessions require it, and so
// does a gateway without keys.

import { isIP } from 'node:net';
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

const hostnameOf = (origin: string): string | undefined => {
  const host = hostOf(origin);
  return host === undefined || !URL.canParse(origin) ? undefined : new URL(origin).hostname;
};

const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** A name with a dot in it may be a stranger's, who has it lead here: DNS rebinding. */
const mayBeStrangers = (hostname: string): boolean =>
  isIP(hostname.replace(/^\[|\]$/g, '')) === 0 && hostname.includes('.');

/**
 * The same for a request without a key, where none is asked for: a form of any page in the world can be posted to this
 * gateway by the browser of somebody who may spend. Programs send neither header, and a page of this machine may do what
 * any program of it may.
 * @param publicUrl PUBLIC_URL: a host that pages of this gateway may have as well.
 */
export function findForeignPage(
  { headers, host }: FastifyRequest,
  publicUrl: string | undefined,
): ClipgateError | undefined {
  const { origin, 'sec-fetch-site': site } = headers;
  if (origin === undefined) {
    return site === undefined || site === 'same-origin' || site === 'none' ? undefined : foreignPage();
  }
  const hostname = hostnameOf(origin);
  if (hostname === undefined) return foreignPage();
  if (LOOPBACK.test(hostname)) return undefined;
  if (publicUrl !== undefined && hostname === new URL(publicUrl).hostname) return undefined;
  return hostOf(origin) === host.toLowerCase() && !mayBeStrangers(hostname) ? undefined : foreignPage();
}

const foreignPage = () =>
  new ClipgateError(
    'cross_origin',
    'Without keys (CLIENT_AUTH=none), only pages of this machine and of PUBLIC_URL may send requests that change something. For other pages, configure keys and send one.',
  );
