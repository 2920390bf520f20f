// What an id of upstream's may look like: something every database keeps whole and every URL carries as it is.

/** Visible ASCII: PostgreSQL keeps no NUL in text and SQLite cuts at one, and no id has ever had either. */
export const UPSTREAM_ID = /^[\x21-\x7e]{1,512}$/;

/** True for an id that can be kept and asked for. A path made of dots would be folded into another one. */
export const isUpstreamId = (text: string): boolean =>
  UPSTREAM_ID.test(text) && text !== '.' && text !== '..';
