// Where a client reaches this gateway: the configured public address, or the one it came to.

import type { FastifyRequest } from 'fastify';

/** @param publicUrl PUBLIC_URL, without a slash at the end. @returns '' for a request whose Host is none. */
export function baseUrlOf(request: FastifyRequest, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl;
  const { protocol, host } = request;
  return /^[\w.:[\]-]{1,260}$/.test(host) ? `${protocol}://${host}` : '';
}
