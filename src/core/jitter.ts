// Spreads waits, so that what began together does not come back together.

/**
 * @param ms the wait in milliseconds.
 * @param random from 0 up to 1.
 * @param share how much of `ms` is added at most; negative = taken away at most. The bound of the other side holds
 * exactly, so that a wait that must not be undercut (or exceeded) is not.
 */
export const jitter = (ms: number, random: number, share: number): number => ms * (1 + share * random);
