// Checks requests against their zod schemas and says what is wrong as JSON pointers and plain sentences.

import type { FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';
import { ClipgateError, type InputFault } from '../core/errors.ts';

type Issue = z.core.$ZodIssue;

const PARTS: Readonly<Record<string, InputFault['in']>> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'header',
};

/** Fastify's validator for zod schemas: the parsed value, or one `invalid_request` with every fault. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const part = PARTS[httpPart ?? 'body'] ?? 'body';
  return (data: unknown) => {
    // A missing body reaches us as null or undefined, and "expected object" would not say so.
    if (part === 'body' && (data === undefined || data === null)) {
      return { error: new ClipgateError('malformed_body', 'The body is empty: send a JSON object.') };
    }
    const textFault = part === 'header' ? null : findTextFault(data, []);
    if (textFault) return { error: invalidRequest([toFault(textFault.path, textFault.message, part)]) };
    const result = schema.safeParse(data);
    if (result.success) return { value: result.data };
    // An id that cannot be one names nothing: the same answer as for an id that is not there.
    if (part === 'path') return { error: new ClipgateError('not_found', 'There is nothing here.') };
    return { error: invalidRequest(result.error.issues.flatMap((issue) => describeIssue(issue, part))) };
  };
};

/** The error for a request with faults, its sentence naming the first. */
export function invalidRequest(faults: readonly InputFault[]): ClipgateError {
  const [first] = faults;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return new ClipgateError(
    'invalid_request',
    first ? `${first.pointer || 'The body'} ${first.message}${more}.` : 'Invalid.',
    {
      faults,
    },
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

function describeIssue(
  issue: Issue,
  part: InputFault['in'],
  base: readonly PropertyKey[] = [],
): InputFault[] {
  const path = [...base, ...issue.path];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => toFault([...path, key], 'is not a field that is known here', part));
    case 'invalid_type':
      return [
        toFault(
          path,
          issue.input === undefined && !issue.message.includes('received')
            ? 'is required'
            : typeMessage(issue),
          part,
        ),
      ];
    case 'invalid_value':
      return [
        toFault(path, `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`, part),
      ];
    case 'too_small':
      return [
        toFault(
          path,
          `must ${sizeWord(issue.origin)} ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${unitOf(issue.origin)}`,
          part,
        ),
      ];
    case 'too_big':
      return [
        toFault(
          path,
          `must ${sizeWord(issue.origin)} ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${unitOf(issue.origin)}`,
          part,
        ),
      ];
    case 'invalid_union': {
      // The alternative that got furthest is the one the caller meant.
      const tried = issue.errors.filter((issues) => issues.length > 0);
      const deepest = tried.sort((a, b) => depthOf(b) - depthOf(a))[0];
      if (deepest && depthOf(deepest) > 0)
        return deepest.flatMap((inner) => describeIssue(inner, part, path));
      if ('discriminator' in issue && typeof issue.discriminator === 'string') {
        return [
          toFault(
            [...path, ...(issue.path.at(-1) === issue.discriminator ? [] : [issue.discriminator])],
            'is not one of the kinds known here',
            part,
          ),
        ];
      }
      return [
        toFault(
          path,
          tried
            .flat()
            .map((inner) => describeIssue(inner, part)[0]?.message ?? inner.message)
            .join(', or '),
          part,
        ),
      ];
    }
    case 'invalid_key':
      return [toFault(path, 'is not a name that can stand here', part)];
    default:
      return [toFault(path, issue.message, part)];
  }
}

const depthOf = (issues: readonly Issue[]) =>
  Math.max(0, ...issues.map((issue) => issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0)));

function typeMessage(issue: Extract<Issue, { code: 'invalid_type' }>): string {
  const received = /received (\w+)/.exec(issue.message)?.[1];
  if (received === 'undefined') return 'is required';
  const expected =
    issue.expected === 'int'
      ? 'a whole number'
      : issue.expected === 'record'
        ? 'an object'
        : `a${/^[aeio]/.test(issue.expected) ? 'n' : ''} ${issue.expected}`;
  return `must be ${expected}${received ? `, not ${received === 'null' ? 'null' : `a${/^[aeio]/.test(received) ? 'n' : ''} ${received}`}` : ''}`;
}

const sizeWord = (origin: string) => (origin === 'string' || origin === 'array' ? 'have' : 'be');
const unitOf = (origin: string) =>
  origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : '';

/**
 * PostgreSQL takes neither NUL in text nor lone surrogates in JSON, and upstream's behaviour with them is
 * anybody's guess: they are refused at the door, keys included.
 */
function findTextFault(
  value: unknown,
  path: readonly PropertyKey[],
): { path: readonly PropertyKey[]; message: string } | null {
  if (typeof value === 'string') {
    if (value.includes('\u0000')) return { path, message: 'contains a NUL character' };
    return value.isWellFormed() ? null : { path, message: 'contains half of a surrogate pair' };
  }
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    if (key.includes('\u0000') || !key.isWellFormed())
      return { path, message: 'has a field whose name is not valid text' };
    const found = findTextFault(inner, [...path, Array.isArray(value) ? Number(key) : key]);
    if (found) return found;
  }
  return null;
}
