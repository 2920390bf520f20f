// What the demo does with the gateway's answers: takes their data, and writes dollars.

import type { components } from '../openapi/clipgate.d.ts';

export const usd = (value: number | null | undefined) =>
  value === null || value === undefined ? '?' : `$${value.toFixed(4)}`;

/** @throws what the gateway answered, in its own words. */
export function need<T>({ data, error }: { data?: T; error?: unknown }): T {
  if (data !== undefined) return data;
  throw new Error(
    (error as components['schemas']['Problem'] | undefined)?.detail ?? 'the gateway gave no answer',
  );
}
