// What is wrong with a request, as the caller reads it: where, as a JSON pointer, and what, as a plain sentence.

import { ClipgateError, type InputError } from '../../core/errors.ts';

// Enough to mend a request by; a hostile one must not be answered with more than it sent.
const MAX_FAULTS = 50;
const MAX_POINTER = 200;

const WHOLE: Readonly<Record<InputError['in'], string>> = {
  body: 'The body',
  query: 'The query',
  path: 'The path',
  header: 'The header',
};

/** The error for a request with faults, its sentence naming the first. */
export function invalidRequest(faults: readonly InputError[]): ClipgateError {
  const [first] = faults;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return new ClipgateError(
    'invalid_request',
    first ? `${first.pointer || WHOLE[first.in]} ${first.message}${more}.` : 'Invalid.',
    { errors: faults.slice(0, MAX_FAULTS) },
  );
}

/** A fault at a path, with its JSON pointer (RFC 6901), which ends in an ellipsis where it was too long. */
export function toInputError(
  path: readonly PropertyKey[],
  message: string,
  part: InputError['in'] = 'body',
): InputError {
  return { in: part, pointer: pointTo(path), message };
}

/** Names are the caller's, and may be as long as a body: no more of them is looked at than is told. */
function pointTo(path: readonly PropertyKey[]): string {
  let pointer = '';
  for (const key of path) {
    const name = String(key).slice(0, MAX_POINTER);
    pointer += `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (pointer.length > MAX_POINTER || name.length === MAX_POINTER) return `${cut(pointer)}…`;
  }
  return pointer;
}

/** Of a pair or an escape no half is left. */
const cut = (pointer: string): string => pointer.slice(0, MAX_POINTER).replace(/[~\ud800-\udbff]$/, '');
