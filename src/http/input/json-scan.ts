// Judges JSON while its bytes arrive: depth, number of values and duplicate keys, before anything is parsed.

import { isAscii } from 'node:buffer';
import { MAX_PROMPT_CHARACTERS } from '../../core/clip/cut-request.ts';
import { MAX_DEPTH, MAX_VALUES } from './json-limits.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

// Every value follows a comma or an opening bracket, or is the first: with twice as many of both there are too many
// values for certain. Between once and twice, json-limits.ts counts exactly.
const MAX_TOKENS = 2 * MAX_VALUES;
// Names are kept until their object ends, so that a second one is found.
const MAX_NAME_BYTES = 2 * 1024 * 1024;
// Far above the longest prompt, with every character escaped. Only pictures are longer, and they are plain: text of two
// bytes a character would be copied and looked through only to be refused.
const MAX_TEXT_BYTES = 2 * 1024 * 1024;
const PICTURE = /^data:/i;
const MAX_HEAD = 'data:'.length;

export interface ScanFault {
  readonly code: 'invalid_request' | 'malformed_body';
  /** Empty where it is of the whole text. */
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export interface JsonScan {
  /** The first fault up to the end of this chunk, or null. After a fault the scan is over. */
  push(chunk: Buffer): ScanFault | null;
}

interface Level {
  /** The keys so far; null in an array. */
  readonly names: Set<string> | null;
  at: string | number;
}

/**
 * Takes time in proportion to the bytes and memory in proportion to the names, whatever the bytes are. Does not
 * validate: what is no JSON at all is left to the parser.
 */
export function createJsonScan(): JsonScan {
  const levels: Level[] = [];
  let tokens = 0;
  let inString = false;
  let isEscaped = false;
  let expectsName = false;
  let name: Buffer[] | null = null;
  let nameBytes = 0;
  /** Of the string that is not a name: how it begins, and whether each of its bytes is a character. */
  let text = { bytes: 0, head: '', isPlain: true };

  const fault = (
    message: string,
    path: readonly PropertyKey[] = levels.map(({ at }) => at),
    code: ScanFault['code'] = 'invalid_request',
  ): ScanFault => ({ code, path, message });

  /** The index of the closing quote, or -1 where the string goes on in the next chunk. */
  function findEnd(chunk: Buffer, from: number): number {
    let start = isEscaped ? from + 1 : from;
    isEscaped = false;
    for (let quote = chunk.indexOf(QUOTE, start); quote !== -1; quote = chunk.indexOf(QUOTE, start)) {
      if (countSlashes(chunk, start, quote) % 2 === 0) return quote;
      start = quote + 1;
    }
    isEscaped = countSlashes(chunk, start, chunk.length) % 2 === 1;
    return -1;
  }

  function keepName(part: Buffer): ScanFault | null {
    if (!name) return null;
    name.push(part);
    nameBytes += part.length;
    if (nameBytes <= MAX_NAME_BYTES) return null;
    return fault(`has a field whose name is longer than ${MAX_NAME_BYTES / 2 ** 20} MB`, outer());
  }

  function judgeText(part: Buffer): ScanFault | null {
    if (name) return null;
    if (text.head.length < MAX_HEAD) text.head += part.toString('latin1', 0, MAX_HEAD - text.head.length);
    text.bytes += part.length;
    text.isPlain &&= isAscii(part) && !part.includes('\\u');
    if (text.bytes <= MAX_TEXT_BYTES || (text.isPlain && PICTURE.test(text.head))) return null;
    return fault(
      `is longer than ${MAX_TEXT_BYTES / 2 ** 20} MB: only a data: URL may be, and a prompt has at most ${MAX_PROMPT_CHARACTERS.toLocaleString('en')} characters`,
    );
  }

  const outer = () => levels.slice(0, -1).map(({ at }) => at);

  function endName(): ScanFault | null {
    const level = levels.at(-1);
    if (!name || !level?.names) return null;
    const text = unescapeName(Buffer.concat(name).toString('utf8'));
    name = null;
    level.at = text;
    if (level.names.has(text)) return fault('is given more than once', undefined, 'malformed_body');
    level.names.add(text);
    return null;
  }

  function open(level: Level): ScanFault | null {
    if (levels.length === MAX_DEPTH) return fault(`is nested more than ${MAX_DEPTH} levels deep`);
    levels.push(level);
    return count();
  }

  function count(): ScanFault | null {
    return ++tokens > MAX_TOKENS ? fault(`has more than ${MAX_VALUES} values`, []) : null;
  }

  /** One byte outside of strings. */
  function take(byte: number): ScanFault | null {
    switch (byte) {
      case OPEN_OBJECT:
        expectsName = true;
        return open({ names: new Set(), at: '' });
      case OPEN_ARRAY:
        expectsName = false;
        return open({ names: null, at: 0 });
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        levels.pop();
        expectsName = false;
        return null;
      case COMMA: {
        const level = levels.at(-1);
        if (typeof level?.at === 'number') level.at += 1;
        else expectsName = level !== undefined;
        return count();
      }
      case QUOTE:
        inString = true;
        if (expectsName) {
          name = [];
          nameBytes = 0;
          expectsName = false;
        } else text = { bytes: 0, head: '', isPlain: true };
        return null;
      default:
        return null;
    }
  }

  return {
    push(chunk) {
      for (let index = 0; index < chunk.length; index++) {
        let found: ScanFault | null;
        if (inString) {
          const end = findEnd(chunk, index);
          const part = chunk.subarray(index, end === -1 ? chunk.length : end);
          found = keepName(part) ?? judgeText(part);
          if (found) return found;
          if (end === -1) return null;
          index = end;
          inString = false;
          found = endName();
        } else found = take(chunk[index] ?? 0);
        if (found) return found;
      }
      return null;
    },
  };
}

/** How many backslashes stand before `end`, back to `start`. */
function countSlashes(chunk: Buffer, start: number, end: number): number {
  let count = 0;
  while (end - 1 - count >= start && chunk[end - 1 - count] === BACKSLASH) count += 1;
  return count;
}

/** Two spellings of one name are one name: "a" and "\u0061". What is no string is left to the parser. */
function unescapeName(raw: string): string {
  if (!raw.includes('\\')) return raw;
  try {
    return String(JSON.parse(`"${raw}"`));
  } catch {
    return raw;
  }
}
