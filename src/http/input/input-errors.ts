// Errors of invalid input: where, as a JSON pointer, and what, as a plain sentence.

import { ClipgateError, type InputError } from '../../core/errors.ts';

// Enough to fix a request; a hostile one must not receive a larger answer than it sent.
const MAX_FAULTS = 50;
const MAX_POINTER = 200;

const WHOLE: Readonly<Record<InputError['in'], string>> = {
  body: 'The body',
  query: 'The query',
  path: 'The path',
  header: 'The header',
};

/** The error of an invalid request; its sentence names the first input error. */
export function invalidRequest(faults: readonly InputError[]): ClipgateError {
  const [first] = faults;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return new ClipgateError(
    'invalid_request',
    first ? `${first.pointer || WHOLE[first.in]} ${first.message}${more}.` : 'Invalid.',
    { errors: faults.slice(0, MAX_FAULTS) },
  );
}

/** An input error at a path, with its JSON pointer (RFC 6901), which is truncated with an ellipsis if it is too long. */
export function toInputError(
  path: readonly PropertyKey[],
  message: string,
  part: InputError['in'] = 'body',
): InputError {
  // A parameter is named as a whole: of a list, the caller sent no index.
  return { in: part, pointer: pointTo(part === 'query' ? path.slice(0, 1) : path), message };
}

/** Names are the caller's and may be as long as a body: no more of them is read than is shown. */
function pointTo(path: readonly PropertyKey[]): string {
  let pointer = '';
  for (const key of path) {
    const name = String(key).slice(0, MAX_POINTER);
    pointer += `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (pointer.length > MAX_POINTER || name.length === MAX_POINTER) return `${cut(pointer)}…`;
  }
  return pointer;
}

/** Never cuts a surrogate pair or an escape in half. */
const cut = (pointer: string): string => pointer.slice(0, MAX_POINTER).replace(/[~\ud800-\udbff]$/, '');
