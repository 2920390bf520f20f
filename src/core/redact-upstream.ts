// Upstream's own words, fit to be kept and shown: of a sane length, and without the secret we sent along.

const MAX_WORDS = 1_000;

// Whoever knows the address of our webhook can send one, and upstream quotes what it refuses: plainly, in JSON in JSON,
// or percent-encoded. Cut short, it is still most of a secret. What stands before the path is our address: it goes too.
const HOOK_URL = /[^\s"'`<>()]*hooks(?:\\*\/|%(?:25)*2f)openrouter(?:\\*\/|%(?:25)*2f)[0-9a-z]*/gi;

/** A message of upstream's for a client, a row or a log. */
export function redactUpstreamMessage(words: string): string {
  // Cut first: the pattern is slow on a text without end, and what is left of a cut address is still found.
  return words.slice(0, MAX_WORDS).replace(HOOK_URL, '[our webhook]').toWellFormed();
}
