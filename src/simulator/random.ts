// Repeatable randomness: every draw depends on a seed and a name, so the order of requests has no influence.
import { createHash } from 'node:crypto';

/** A stream of numbers in [0, 1). */
export type Random = () => number;

/** A stream for each purpose: the same seed and the same name give the same numbers. */
export type RandomSource = (name: string) => Random;

/** 32 bits of SHA-256 of a text. */
export function hash32(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0);
}

/** A small stream generator (mulberry32). Good enough to vary a simulation, not for secrets. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Names streams under one seed. */
export function createRandomSource(seed: number): RandomSource {
  return (name) => createRandom(hash32(`${seed}/${name}`));
}

/** A draw from the log-normal distribution with this median; `sigma` is the spread of the logarithm. */
export function logNormal(random: Random, median: number, sigma: number): number {
  // Box-Muller. 1 - u keeps the logarithm away from zero.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(sigma * normal);
}

const alphanumerics = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** `length` letters and digits, as in OpenRouter's ids. */
export function alphanumeric(random: Random, length: number): string {
  let text = '';
  while (text.length < length) text += alphanumerics[Math.floor(random() * alphanumerics.length)];
  return text;
}
