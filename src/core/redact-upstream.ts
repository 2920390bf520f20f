// Upstream's own words, fit to be kept and shown: of a sane length, and without the secrets we sent along.

import type { Secret } from './secret.ts';

const MAX_WORDS = 1_000;

// Anyone with the URL of our webhook can send one, and upstream quotes what it refuses: plainly, in JSON in JSON,
// or percent-encoded. Cut short, it is still most of a secret. What stands before the path is our address: it goes too.
const pathPattern = (prefix: string): RegExp =>
  new RegExp(
    `[^\\s"'\`<>()]*${prefix
      .split('/')
      .filter((part) => part !== '')
      .join('(?:\\\\*\\/|%(?:25)*2f)')}(?:\\\\*\\/|%(?:25)*2f)[0-9a-z]*`,
    'gi',
  );

// So many characters of a secret in a row are no accident, and enough to recognise it by.
const TELLING_LENGTH = 12;
// What is shorter is no secret, and words would be cut to pieces by it.
const SHORTEST = 8;
const MASK = '[secret]';

/**
 * A message of upstream's for a client, a row or a log.
 * @param hookPrefix path of our webhook's addresses, less the nonce. @param nonces of them, cut by value.
 */
export function redactUpstreamMessage(
  words: string,
  hookPrefix: string,
  nonces: readonly string[] = [],
): string {
  // Cut first: the pattern is slow on a text without end, and what is left of a cut address is still found.
  const shown = words.slice(0, MAX_WORDS).replace(pathPattern(hookPrefix), '[our webhook]');
  return cutValues(shown, nonces).toWellFormed();
}

/** Every string in a value with each run of 12 or more characters of a secret cut out, whatever its case. */
export function cutSecrets<T>(value: T, secrets: readonly Secret[]): T {
  const values = secrets.map((secret) => secret.reveal());
  const cut = (part: unknown): unknown => {
    if (typeof part === 'string') return cutValues(part, values);
    if (Array.isArray(part)) return part.map(cut);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(
      Object.entries(part).map(([name, inner]) => [cutValues(name, values), cut(inner)]),
    );
  };
  return cut(value) as T;
}

function cutValues(text: string, values: readonly string[]): string {
  let shown = text;
  for (const value of values) shown = cutValue(shown, value.toLowerCase());
  return shown;
}

function cutValue(text: string, value: string): string {
  const length = Math.min(TELLING_LENGTH, value.length);
  if (length < SHORTEST || text.length < length) return text;
  const pieces = new Set(
    Array.from({ length: value.length - length + 1 }, (_, at) => value.slice(at, at + length)),
  );
  // Not toLowerCase of the whole, which may change its length.
  const isPiece = (at: number) => pieces.has(text.slice(at, at + length).toLowerCase());
  let shown = '';
  for (let at = 0; at < text.length; ) {
    if (!isPiece(at)) {
      shown += text[at];
      at += 1;
      continue;
    }
    let end = at + length;
    while (end < text.length && isPiece(end - length + 1)) end += 1;
    shown += MASK;
    at = end;
  }
  return shown;
}
