// Shortens a request for answers: replaces media and other long values by their type and length.

import type { SubmitBody } from '../job/job.ts';

/** A prompt is at most this many characters (UTF-16 code units): longer ones are refused where they come in. */
export const MAX_PROMPT_CHARACTERS = 100_000;

/** Other text than a prompt is shown whole up to here. */
const MAX_TEXT = 10_000;
/** A field of the request, but for its prompt, is shown as JSON of at most this many characters. */
const MAX_FIELD = 150_000;
const SHOWN_START = 64;

// With a media type or `;base64`, so that a sentence that begins with "data:" stays what it is.
const DATA_URL = /^data:(?:[\w.+-]+\/[\w.+-]+[^,\s]{0,200}|(?:;[\w.+=-]+){0,8};base64),/i;

/**
 * The request with every `data:` URL as `data:image/png;base64,[4000000 bytes]`, every other long text as its start and
 * its length, and a field that is still long as its length alone. The prompt stays whole. The JSON of the result has a
 * bounded length. Returns `body` itself where nothing was cut.
 */
export function cutRequest(body: SubmitBody): SubmitBody {
  let cut = false;
  const shown: Record<string, unknown> & { model: string } = { model: body.model };
  for (const [field, value] of Object.entries(body)) {
    shown[field] = field === 'prompt' || field === 'model' ? value : cutField(value);
    cut ||= shown[field] !== value;
  }
  return cut ? shown : body;
}

function cutField(value: unknown): unknown {
  const shown = cutValue(value);
  if (typeof shown !== 'object' || shown === null) return shown;
  const { length } = JSON.stringify(shown);
  return length > MAX_FIELD ? `[${length} characters of JSON]` : shown;
}

/** The value itself where nothing in it is cut. */
function cutValue(value: unknown): unknown {
  if (typeof value === 'string') return cutText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map(cutValue);
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const members = Object.entries(value).map(([name, inner]) => [name, cutValue(inner), inner] as const);
  if (members.every(([, shown, inner]) => shown === inner)) return value;
  return Object.fromEntries(members.map(([name, shown]) => [name, shown]));
}

function cutText(text: string): string {
  // A slice, for a URL may be 20 MB long and its beginning decides.
  const [header] = DATA_URL.exec(text.slice(0, 512)) ?? [];
  if (header !== undefined) return `${header}[${countBytes(text, header)} bytes]`;
  if (text.length <= MAX_TEXT) return text;
  return `${text.slice(0, SHOWN_START).toWellFormed()}[${text.length} characters]`;
}

/** How many bytes a `data:` URL holds after its header. */
function countBytes(url: string, header: string): number {
  const length = url.length - header.length;
  if (!/;base64,$/i.test(header)) {
    const escapes = url.split('%').length - 1;
    return length - 2 * escapes;
  }
  const padding = url.endsWith('==') ? 2 : url.endsWith('=') ? 1 : 0;
  return Math.floor(((length - padding) * 3) / 4);
}
