// Whether a client has, or means, what an ETag stands for (RFC 9110, 13.1.1 and 13.1.2).

const opaque = (etag: string) => etag.trim().replace(/^W\//, '');

/** Compared weakly. @param header If-None-Match, as it came. */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((one) => one.trim() === '*' || opaque(one) === opaque(etag));
}

/** Compared strongly: a weak tag vouches for no bytes. @param header If-Match, as it came. */
export function matchesEtagStrongly(header: string, etag: string): boolean {
  return header.split(',').some((one) => one.trim() === '*' || one.trim() === etag);
}
