// Finds a name that an object in a JSON text has twice: a parser keeps the last of the two, in silence.

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

// A value that lies deeper is refused whatever it says: see json-guard.ts.
const MAX_DEPTH = 64;
// Nor is one taken that has more than 10,000 values, each with a name and of text at the most. Counting on would hold up
// everybody else.
const MAX_STRINGS = 20_000;
// What was lost may lie deeper than what was kept, as deep as a body has brackets, and each level is remembered.
const MAX_LEVELS = 10_000;

export interface DuplicateKey {
  /** Empty where it is of the whole text. */
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

const TOO_MANY: DuplicateKey = { path: [], message: `has more than ${MAX_STRINGS} names and texts` };
const SOMEWHERE: DuplicateKey = { path: [], message: 'gives a name of one object more than once' };

/**
 * The first name that is there already, or null where nothing was lost: never because something was not looked at.
 * @param value what the text was parsed to. Where no name was lost it has as many as the text, and counting costs a
 * quarter of remembering. One that lies too deep to be counted is left to json-guard.ts.
 */
export function findDuplicateKey(text: string, value: unknown): DuplicateKey | null {
  const written = countNames(text);
  if (written === null) return TOO_MANY;
  const kept = countKeys(value, 0);
  if (written === kept || Number.isNaN(kept)) return null;
  const path = locate(text);
  return path ? { path, message: 'is given more than once' } : SOMEWHERE;
}

/** Strings are leapt over, however long they are; one with a colon after it is a name. Null where there are too many. */
function countNames(text: string): number | null {
  let count = 0;
  let left = MAX_STRINGS;
  for (let start = text.indexOf('"'); start !== -1; start = text.indexOf('"', start)) {
    if (--left < 0) return null;
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

/** The whole pass, for a text that is known to be wrong. Null where that lies behind too many levels. */
function locate(text: string): readonly PropertyKey[] | null {
  const levels: Level[] = [];
  let isName = false;
  for (let i = 0; i < text.length && levels.length <= MAX_LEVELS; i++) {
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
          isName = false;
        }
        i = end;
        break;
      }
    }
  }
  return null;
}
