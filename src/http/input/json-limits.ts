// Rejects values that could not be passed on unchanged, wherever they are in a request.

export interface Found {
  readonly path: PropertyKey[];
  readonly message: string;
}

// Far above any honest request. Without the first, a body of brackets overflows the stack; without the second, a body of
// commas becomes millions of faults.
export const MAX_DEPTH = 32;
export const MAX_VALUES = 10_000;

/**
 * The first thing that cannot be passed on unchanged: PostgreSQL takes neither NUL in text nor lone surrogates in
 * JSON, a number beyond 2^53 has already been rounded, and `__proto__` changes the prototype in some readers.
 */
export function findUnsafe(value: unknown): Found | null {
  let left = MAX_VALUES;

  function find(value: unknown, depth: number): Found | null {
    if (--left < 0) return { path: [], message: `has more than ${MAX_VALUES} values` };
    if (typeof value === 'string') return at(textFault(value));
    if (typeof value === 'number') {
      const exact = Math.abs(value) <= Number.MAX_SAFE_INTEGER;
      return at(
        exact ? null : 'is a number beyond 2^53 - 1, which cannot be passed on exactly: send a smaller one',
      );
    }
    if (typeof value !== 'object' || value === null) return null;
    if (depth === MAX_DEPTH) return at(`is nested more than ${MAX_DEPTH} levels deep`);
    const isArray = Array.isArray(value);
    for (const [key, inner] of isArray ? value.entries() : entriesOf(value)) {
      if (!isArray) {
        const fault = textFault(String(key));
        if (fault) return at(`has a field whose name ${fault}`);
        if (key === '__proto__') return { path: [key], message: 'is a forbidden name' };
      }
      const found = find(inner, depth + 1);
      if (!found) continue;
      // The limit concerns the whole body, not the value at which it was exceeded.
      if (left >= 0) found.path.unshift(key);
      return found;
    }
    return null;
  }

  return find(value, 0);
}

const at = (message: string | null): Found | null => (message === null ? null : { path: [], message });

/** Object.entries would build every pair before the first is looked at. */
function* entriesOf(value: object): Generator<[string, unknown]> {
  for (const key of Object.keys(value)) yield [key, (value as Record<string, unknown>)[key]];
}

function textFault(text: string): string | null {
  if (text.includes('\u0000')) return 'contains a NUL character';
  return text.isWellFormed() ? null : 'contains half of a surrogate pair';
}
