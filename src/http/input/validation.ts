// Validates requests with their zod schemas, without coercing or dropping anything.

import type { FastifySchemaCompiler } from 'fastify';
import { z } from 'zod';
import { ClipgateError, type InputError } from '../../core/errors.ts';
import { invalidRequest, toInputError } from './input-errors.ts';
import { findUnsafe } from './json-limits.ts';
import { describeIssues } from './zod-errors.ts';

const PARTS: Readonly<Record<string, InputError['in']>> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'header',
};

/** Fastify's validator for zod schemas: the parsed value, or one error with every invalid field. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const part = PARTS[httpPart ?? 'body'] ?? 'body';
  return (data: unknown) => {
    // Fastify passes null for a missing body, for which "must be an object" would mislead.
    if (part === 'body' && (data === undefined || data === null)) {
      if (schema.safeParse(undefined).success) return { value: undefined };
      return { error: new ClipgateError('malformed_body', 'The body is empty: send a JSON object.') };
    }
    // Parameters of a path are held to patterns, and of a header nothing is passed on but what a schema says of it.
    const faults = part === 'header' || part === 'path' ? [] : findUnreadable(data, part, schema);
    const result = faults.length > 0 ? null : schema.safeParse(data);
    // Fastify would copy all headers at every look at them, had any been replaced.
    if (result?.success) return part === 'header' ? {} : { value: result.data };
    // A malformed id gets the same answer as an unknown one.
    if (part === 'path') return { error: new ClipgateError('not_found', 'Not found.') };
    return { error: invalidRequest(result ? describeIssues(result.error.issues, data, part) : faults) };
  };
};

/** What is wrong before any field is looked at. */
function findUnreadable(data: unknown, part: InputError['in'], schema: z.ZodType): InputError[] {
  if (part === 'query') {
    // Of two values one would have to be dropped, but where a list is asked for.
    const repeated = Object.entries(data ?? {}).filter(
      ([name, value]) => Array.isArray(value) && !takesList(schema, name),
    );
    if (repeated.length > 0)
      return repeated.map(([name]) => toInputError([name], 'is given more than once', part));
  }
  const unsafe = findUnsafe(data);
  return unsafe ? [toInputError(unsafe.path, unsafe.message, part)] : [];
}

const takesList = (schema: z.ZodType, name: string): boolean =>
  schema instanceof z.ZodObject &&
  Object.hasOwn(schema.shape, name) &&
  (schema.shape[name] as z.ZodType).safeParse([]).success;
