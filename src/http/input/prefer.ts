// Parses the preferences of `Prefer` (RFC 7240) that are supported.

export interface Preferences {
  readonly respondAsync: boolean;
  /** Seconds, 1 to 60; null where not asked for. */
  readonly waitS: number | null;
}

const MAX_WAIT_S = 60;
const NONE: Preferences = { respondAsync: false, waitS: null };

/** Ignores unknown and malformed preferences, as RFC 7240 requires. */
export function parsePrefer(header: string | string[] | undefined): Preferences {
  if (header === undefined) return NONE;
  const preferences = String(header)
    .split(/[,;]/)
    .map((one) => one.trim().toLowerCase());
  const wait = preferences
    .map((one) => /^wait\s*=\s*"?(\d{1,6})"?$/.exec(one)?.[1])
    .find((value) => value !== undefined);
  const waitS = wait === undefined ? null : Math.min(MAX_WAIT_S, Number(wait));
  return { respondAsync: preferences.includes('respond-async'), waitS: waitS === 0 ? null : waitS };
}
