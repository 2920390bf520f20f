// Finds the id in JSON that was cut: what came of an answer is worth reading as far as it goes.

import { isUpstreamId } from '../../core/job/upstream-id.ts';

const STRING = /"(?:[^"\\]|\\.)*"/y;
// Digits at the very end may be the first half of a number.
const INTEGER = /-?\d+(?=[\s,}\]])/y;
const ID_KEY = /^"id"\s*:\s*$/;

/**
 * The value of the member `id` of the object that `text` begins, or of the only object of the list that it begins.
 * @returns null where there is none, where its value did not come whole, and where it is no id that upstream gives.
 */
export function findTopLevelId(text: string): string | null {
  let at = text.search(/\S/);
  if (text[at] === '[') at = text.slice(at + 1).search(/\S/) + at + 1;
  if (text[at] !== '{') return null;
  let depth = 0;
  // Where the present member began; only a key that stands alone before its value is the member's own.
  let member = at + 1;
  while (at < text.length) {
    const letter = text[at];
    if (letter === '"' || letter === '-' || (letter !== undefined && letter >= '0' && letter <= '9')) {
      const pattern = letter === '"' ? STRING : INTEGER;
      pattern.lastIndex = at;
      const [token] = pattern.exec(text) ?? [];
      if (token === undefined) {
        if (letter === '"') return null;
        at += 1;
        continue;
      }
      if (depth === 1 && ID_KEY.test(text.slice(member, at).trimStart())) return asId(token);
      at += token.length;
      continue;
    }
    if (letter === '{' || letter === '[') depth += 1;
    if (letter === '}' || letter === ']') depth -= 1;
    if (depth === 0) return null;
    if (letter === ',' && depth === 1) member = at + 1;
    at += 1;
  }
  return null;
}

function asId(token: string): string | null {
  const value: unknown = token.startsWith('"') ? parseString(token) : token;
  return typeof value === 'string' && isUpstreamId(value) ? value : null;
}

/** Null for a string whose escapes are not JSON's. */
function parseString(token: string): unknown {
  try {
    return JSON.parse(token);
  } catch {
    return null;
  }
}
