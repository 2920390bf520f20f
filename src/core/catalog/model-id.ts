// What a model is called, such as google/veo-3.1: by callers, by upstream, in rows, in logs and in URLs.

// Never with a dot in front: `.` and `..` in a path of a URL mean another place. Said without a lookahead, which the
// regular expressions of Go and Rust do not have: the pattern stands in the OpenAPI document.
const AUTHOR = String.raw`[\w-][\w.-]{0,79}`;
const SLUG = String.raw`[\w:-][\w.:-]{0,119}`;

/** Author and slug. Nothing in it needs escaping anywhere. */
export const MODEL_ID = new RegExp(`^${AUTHOR}/${SLUG}$`);

/** What a caller may call a model: one with the prefix that other programs put in front gets a hint, not a riddle. */
export const MODEL_NAME = new RegExp(`^(?:openrouter/)?${AUTHOR}/${SLUG}$`);

/** A model, or author/* for all of an author. */
export const MODEL_PATTERN = new RegExp(`^(?:openrouter/)?${AUTHOR}/(${SLUG}|\\*)$`);
