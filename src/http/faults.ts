// What is wrong with a request, as the caller reads it: where, as a JSON pointer, and what, as a plain sentence.

import { ClipgateError, type InputFault } from '../core/errors.ts';

// Enough to mend a request by; a hostile one must not be answered with more than it sent.
const MAX_FAULTS = 50;

const WHOLE: Readonly<Record<InputFault['in'], string>> = {
  body: 'The body',
  query: 'The query',
  path: 'The path',
  header: 'The header',
};

/** The error for a request with faults, its sentence naming the first. */
export function invalidRequest(faults: readonly InputFault[]): ClipgateError {
  const [first] = faults;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return new ClipgateError(
    'invalid_request',
    first ? `${first.pointer || WHOLE[first.in]} ${first.message}${more}.` : 'Invalid.',
    { faults: faults.slice(0, MAX_FAULTS) },
  );
}

/** A fault at a path, with its JSON pointer (RFC 6901). */
export function toFault(
  path: readonly PropertyKey[],
  message: string,
  part: InputFault['in'] = 'body',
): InputFault {
  const pointer = path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return { in: part, pointer, message };
}
