// One byte range of a file (RFC 9110, 14): which bytes a Range header asks for.

export type ByteRange =
  | { readonly kind: 'all' }
  | { readonly kind: 'part'; readonly first: number; readonly last: number }
  | { readonly kind: 'unsatisfiable' };

/**
 * @param size of the file in bytes.
 * Several ranges at once, other units and malformed headers are answered with the whole file, as the RFC allows.
 */
export function parseRange(header: string | undefined, size: number): ByteRange {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  const [, from = '', to = ''] = match ?? [];
  if (!match || (from === '' && to === '')) return { kind: 'all' };
  if (from === '') {
    const length = Math.min(size, Number(to));
    return length === 0 ? { kind: 'unsatisfiable' } : { kind: 'part', first: size - length, last: size - 1 };
  }
  const first = Number(from);
  const last = to === '' ? size - 1 : Math.min(size - 1, Number(to));
  if (to !== '' && Number(to) < first) return { kind: 'all' };
  return first >= size ? { kind: 'unsatisfiable' } : { kind: 'part', first, last };
}
