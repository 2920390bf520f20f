// Parses the preferences of `Prefer` (RFC 7240) that are supported.

export interface Preferences {
  readonly respondAsync: boolean;
  /** Seconds, from 1 to the longest wait; null where not asked for. */
  readonly waitS: number | null;
}

type Header = string | string[] | undefined;

const NONE: Preferences = { respondAsync: false, waitS: null };

/** Ignores unknown and malformed preferences, as RFC 7240 requires. */
export function parsePrefer(header: Header, maxWaitS: number): Preferences {
  if (header === undefined) return NONE;
  const preferences = String(header)
    .split(/[,;]/)
    .map((one) => one.trim().toLowerCase());
  const wait = preferences
    .map((one) => /^wait\s*=\s*"?(\d{1,6})"?$/.exec(one)?.[1])
    .find((value) => value !== undefined);
  const waitS = wait === undefined ? null : Math.min(maxWaitS, Number(wait));
  return { respondAsync: preferences.includes('respond-async'), waitS: waitS === 0 ? null : waitS };
}

/** Whether an answer is wanted before upstream's. */
export const wantsAsync = (header: Header): boolean => parsePrefer(header, 0).respondAsync;
