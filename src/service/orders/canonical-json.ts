// One text and one hash for every JSON value that means the same, whatever the order of its keys.

import { hash } from 'node:crypto';

/** JSON with object keys sorted at every depth; undefined members are left out as JSON.stringify would. */
export const canonicalJson = (value: unknown): string => JSON.stringify(sortKeys(value));

// Beforehand, not by a replacer: that is called for every single value.
function sortKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sortKeys);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(members.map(([key, inner]) => [key, sortKeys(inner)]));
}

/** SHA-256 of the canonical JSON, in hex. */
export const hashJson = (value: unknown): string => hash('sha256', canonicalJson(value), 'hex');
