// One text and one hash for every JSON value that means the same, whatever the order of its keys.

import { createHash } from 'node:crypto';
import { emitJson, writeJson } from '../../core/json-text.ts';
import { splitText } from '../../core/split-text.ts';

/** JSON with object keys sorted at every depth; undefined members are left out as JSON.stringify would. */
export const canonicalJson = (value: unknown): string => writeJson(sortKeys(value));

// Beforehand, not by a replacer: that is called for every single value.
function sortKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sortKeys);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(members.map(([key, inner]) => [key, sortKeys(inner)]));
}

// Hashed in parts: the text of a body with a picture as a whole would be copied twice, 30 MB each time.
const PART = 64 * 1024;

/** SHA-256 of the canonical JSON, in hex. */
export function hashJson(value: unknown): string {
  const sha256 = createHash('sha256');
  let short = '';
  emitJson(sortKeys(value), (piece) => {
    if (piece.length < PART) short += piece;
    if (short.length < PART && piece.length < PART) return;
    sha256.update(short);
    short = '';
    if (piece.length >= PART) for (const part of splitText(piece, PART)) sha256.update(part);
  });
  return sha256.update(short).digest('hex');
}
