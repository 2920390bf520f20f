// Turns zod issues into sentences that a person can act on: what would be accepted, and what was sent.

import type { z } from 'zod';
import type { InputError } from '../../core/errors.ts';
import { toInputError } from './input-errors.ts';

type Issue = z.core.$ZodIssue;
type Part = InputError['in'];

/** @param data the parsed value: issues carry a path, not the value at it. */
export function describeIssues(issues: readonly Issue[], data: unknown, part: Part): InputError[] {
  return issues.flatMap((issue) => describeIssue(issue, [], data, part));
}

function describeIssue(issue: Issue, base: readonly PropertyKey[], data: unknown, part: Part): InputError[] {
  const path = [...base, ...issue.path];
  const fault = (message: string) => [toInputError(path, message, part)];
  switch (issue.code) {
    case 'unrecognized_keys': {
      const kind = part === 'query' ? 'parameter' : 'field';
      return issue.keys.map((key) => toInputError([...path, key], `is an unknown ${kind}`, part));
    }
    case 'invalid_type':
      return fault(typeMessage(issue, valueAt(data, path), part));
    case 'invalid_value':
      // A parameter that may be repeated is an entry of a list although it came as text.
      return fault(
        valueAt(data, path) === undefined && (part !== 'query' || path.length === 1)
          ? 'is required'
          : `must be ${anyOf(issue.values)}`,
      );
    case 'too_small':
      return fault(sizeMessage(issue.origin, issue.inclusive ? 'at least' : 'more than', issue.minimum));
    case 'too_big':
      return fault(sizeMessage(issue.origin, issue.inclusive ? 'at most' : 'less than', issue.maximum));
    case 'invalid_key':
      return fault(issue.issues[0]?.message ?? 'is not a valid name here');
    case 'invalid_union':
      return describeUnion(issue, path, data, part);
    default:
      return fault(issue.message);
  }
}

function describeUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: readonly PropertyKey[],
  data: unknown,
  part: Part,
): InputError[] {
  // The alternative that matched deepest is most likely the intended one.
  const deepest = [...issue.errors].sort((a, b) => depthOf(b) - depthOf(a))[0];
  if (deepest && depthOf(deepest) > 0)
    return deepest.flatMap((inner) => describeIssue(inner, path, data, part));
  if (valueAt(data, path) === undefined) return [toInputError(path, 'is required', part)];
  return [
    toInputError(
      path,
      'options' in issue && issue.options ? `must be ${anyOf(issue.options)}` : issue.message,
      part,
    ),
  ];
}

const depthOf = (issues: readonly Issue[]) =>
  Math.max(0, ...issues.map((issue) => issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0)));

function typeMessage(issue: Extract<Issue, { code: 'invalid_type' }>, given: unknown, part: Part): string {
  if (given === undefined) return 'is required';
  // The schema's own message is more precise: "a whole number" where zod says "number".
  const wanted = issue.message.startsWith('must be ') ? issue.message : `must be ${nameOf(issue.expected)}`;
  // Every value in a query is a string, so naming its type would not help.
  return part === 'query' ? wanted : `${wanted}, not ${describeValue(given)}`;
}

const NAMES: Readonly<Record<string, string>> = {
  int: 'a whole number',
  record: 'an object',
  object: 'an object',
  array: 'an array',
};
const nameOf = (type: string) => NAMES[type] ?? `a ${type}`;

function describeValue(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : String(value);
  return nameOf(Array.isArray(value) ? 'array' : typeof value);
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    data,
  );
}

const anyOf = (values: readonly unknown[]) => {
  const names = values.map((value) => JSON.stringify(value));
  return names.length > 3 ? `one of ${names.join(', ')}` : names.join(' or ');
};

const UNITS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  string: ['character', 'characters'],
  array: ['entry', 'entries'],
};

function sizeMessage(origin: string, bound: string, limit: number | bigint): string {
  const unit = UNITS[origin];
  return unit
    ? `must have ${bound} ${limit} ${limit === 1 ? unit[0] : unit[1]}`
    : `must be ${bound} ${limit}`;
}
