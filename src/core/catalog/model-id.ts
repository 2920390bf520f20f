// What a model is called, such as google/veo-3.1: by callers, by upstream, in rows, in logs and in URLs.

// Not `.` or `..`: in a path of a URL they mean another place.
const AUTHOR = String.raw`(?!\.{1,2}/)[\w.-]{1,80}`;
const SLUG = String.raw`(?!\.{1,2}$)[\w.:-]{1,120}`;

/** Author and slug. Nothing in it needs escaping anywhere. */
export const MODEL_ID = new RegExp(`^${AUTHOR}/${SLUG}$`);

/** What a caller may call a model: one with the prefix that other programs put in front gets a hint, not a riddle. */
export const MODEL_NAME = new RegExp(`^(?:openrouter/)?${AUTHOR}/${SLUG}$`);

/** A model, or author/* for all of an author. */
export const MODEL_PATTERN = new RegExp(`^(?:openrouter/)?${AUTHOR}/(${SLUG}|\\*)$`);
