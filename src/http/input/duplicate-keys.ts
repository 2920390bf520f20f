// Finds a duplicate key in a JSON text: a parser would silently keep the last value.

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

// Far above any honest request: `json-limits.ts` allows 10,000 values, each with a name and of text at the most, and 32
// levels. Looking further would hold up every other request.
const MAX_STRINGS = 20_000;
const MAX_LEVELS = 10_000;

export interface DuplicateKey {
  /** Empty where it is of the whole text. */
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

const TOO_MANY: DuplicateKey = { path: [], message: `has more than ${MAX_STRINGS} names and texts` };
const TOO_DEEP: DuplicateKey = { path: [], message: `is nested more than ${MAX_LEVELS} levels deep` };

/** The position of the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1;
    // An escaped backslash does not escape the quote.
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

/** The state of the scan in one object or array. */
interface Level {
  /** Null in an array. */
  readonly names: Set<string> | null;
  at: string | number;
}

/**
 * The first name that its object has already, or what makes the text too large to be looked at whole; else null.
 * @param text that JSON.parse has accepted.
 */
export function findDuplicateKey(text: string): DuplicateKey | null {
  const levels: Level[] = [];
  let strings = 0;
  let isName = false;
  for (let i = 0; i < text.length; i++) {
    if (levels.length > MAX_LEVELS) return TOO_DEEP;
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
        if (++strings > MAX_STRINGS) return TOO_MANY;
        const end = endOfString(text, i);
        if (isName && level?.names) {
          // Parsed, because "a" and "\u0061" are the same name.
          level.at = String(JSON.parse(text.slice(i, end + 1)));
          if (level.names.has(level.at))
            return { path: levels.map(({ at }) => at), message: 'is given more than once' };
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
