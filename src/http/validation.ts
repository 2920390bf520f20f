// Checks requests against their zod schemas; what passes is exactly what was sent, nothing coerced and nothing dropped.

import type { FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';
import { ClipgateError, type InputFault } from '../core/errors.ts';
import { invalidRequest, toFault } from './faults.ts';
import { describeIssues } from './issue-messages.ts';
import { findUnsafe } from './json-guard.ts';

const PARTS: Readonly<Record<string, InputFault['in']>> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'header',
};

/** Fastify's validator for zod schemas: the parsed value, or one error with every fault. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const part = PARTS[httpPart ?? 'body'] ?? 'body';
  return (data: unknown) => {
    // Fastify hands on null for no body at all, and "must be an object" would not say so.
    if (part === 'body' && (data === undefined || data === null)) {
      return { error: new ClipgateError('malformed_body', 'The body holds nothing: send a JSON object.') };
    }
    const faults = part === 'header' ? [] : findUnreadable(data, part);
    const result = faults.length > 0 ? null : schema.safeParse(data);
    if (result?.success) return { value: result.data };
    // An id that cannot be one names nothing: the same answer as for an id that is not there.
    if (part === 'path') return { error: new ClipgateError('not_found', 'There is nothing here.') };
    return { error: invalidRequest(result ? describeIssues(result.error.issues, data, part) : faults) };
  };
};

/** What is wrong before any field is looked at. */
function findUnreadable(data: unknown, part: InputFault['in']): InputFault[] {
  if (part === 'query') {
    // Of two values one would have to be dropped.
    const repeated = Object.entries(data ?? {}).filter(([, value]) => Array.isArray(value));
    if (repeated.length > 0)
      return repeated.map(([name]) => toFault([name], 'is given more than once', part));
  }
  const unsafe = findUnsafe(data);
  return unsafe ? [toFault(unsafe.path, unsafe.message, part)] : [];
}
