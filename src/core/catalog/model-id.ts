// What a model is called, such as google/veo-3.1: by callers, by upstream, in rows, in logs and in URLs.

// Not `.` or `..`: in a path of a URL they mean another place.
const AUTHOR = String.raw`(?!\.{1,2}/)[\w.-]{1,80}`;
const SLUG = String.raw`(?!\.{1,2}$)[\w.:-]{1,120}`;

/** Author and slug. Nothing in it needs escaping anywhere. */
export const MODEL_ID = new RegExp(`^${AUTHOR}/${SLUG}$`);

/** A model, or author/* for all of an author. */
export const MODEL_PATTERN = new RegExp(`^${AUTHOR}/(${SLUG}|\\*)$`);
