// Whether a client already has what an ETag stands for (RFC 9110, 13.1.2): compared weakly, as the RFC asks.

const opaque = (etag: string) => etag.trim().replace(/^W\//, '');

/** @param header If-None-Match, as it came. */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((one) => one.trim() === '*' || opaque(one) === opaque(etag));
}
