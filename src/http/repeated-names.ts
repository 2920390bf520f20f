// Finds a name that an object in a JSON text has twice: a parser keeps the last of the two, in silence.

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

// What lies deeper, or has more, is refused whatever it says: see json-guard.ts.
const MAX_DEPTH = 64;
const MAX_NAMES = 20_000;

/**
 * The path of the first name that is there already, or null.
 * @param value what the text was parsed to. Where no name was lost it has as many as the text, and counting costs a
 * quarter of remembering.
 */
export function findRepeatedName(text: string, value: unknown): readonly PropertyKey[] | null {
  return countNames(text) === countKeys(value, 0) ? null : locate(text);
}

/** Strings are leapt over, however long they are; one with a colon after it is a name. */
function countNames(text: string): number {
  let count = 0;
  for (let start = text.indexOf('"'); start !== -1; start = text.indexOf('"', start)) {
    start = endOfString(text, start) + 1;
    while (isBlank(text.charCodeAt(start))) start += 1;
    if (text.charCodeAt(start) === COLON) count += 1;
  }
  return count;
}

/** NaN where it lies too deep to be counted on a stack. */
function countKeys(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > MAX_DEPTH) return Number.NaN;
  let count = 0;
  if (Array.isArray(value)) for (const one of value) count += countKeys(one, depth + 1);
  else for (const key in value) count += 1 + countKeys((value as Record<string, unknown>)[key], depth + 1);
  return count;
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

/** Where the string that begins at `start` has its closing quote. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1;
    // An escaped backslash escapes nothing.
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

/** Where a pass stands in one object or array. */
interface Level {
  /** Null in an array. */
  readonly names: Set<string> | null;
  at: string | number;
}

/** The whole pass, for a text that is known to be wrong. */
function locate(text: string): readonly PropertyKey[] | null {
  const levels: Level[] = [];
  let isName = false;
  let seen = 0;
  for (let i = 0; i < text.length && levels.length <= MAX_DEPTH && seen < MAX_NAMES; i++) {
    const level = levels.at(-1);
    switch (text.charCodeAt(i)) {
      case OPEN_OBJECT:
        levels.push({ names: new Set(), at: '' });
        isName = true;
        break;
      case OPEN_ARRAY:
        levels.push({ names: null, at: 0 });
        isName = false;
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        levels.pop();
        isName = false;
        break;
      case COMMA:
        if (typeof level?.at === 'number') level.at += 1;
        else isName = true;
        break;
      case QUOTE: {
        const end = endOfString(text, i);
        if (isName && level?.names) {
          // Parsed, for two spellings of one name are one name: "a" and "\u0061".
          level.at = String(JSON.parse(text.slice(i, end + 1)));
          if (level.names.has(level.at)) return levels.map(({ at }) => at);
          level.names.add(level.at);
          seen += 1;
          isName = false;
        }
        i = end;
        break;
      }
    }
  }
  return null;
}
