// Rate limit of one caller in sliding windows of simulated time.
import type { SimClock } from './clock.ts';

export type Window = { readonly requests: number; readonly windowMs: number };

export type RateLimit = {
  /** Counts a request; when a window is full, returns that window and when it resets, and does not count. */
  take(caller: string): { readonly window: Window; readonly resetMs: number } | undefined;
  clear(): void;
};

export function createRateLimit(clock: SimClock, windows: readonly Window[]): RateLimit {
  const longestMs = Math.max(...windows.map((window) => window.windowMs));
  const taken = new Map<string, number[]>();
  return {
    take(caller) {
      const now = clock.nowMs();
      const recent = (taken.get(caller) ?? []).filter((at) => at > now - longestMs);
      for (const window of windows) {
        const inside = recent.filter((at) => at > now - window.windowMs);
        const oldest = inside[0];
        if (inside.length >= window.requests && oldest !== undefined) {
          return { window, resetMs: oldest + window.windowMs };
        }
      }
      taken.set(caller, [...recent, now]);
      return undefined;
    },
    clear: () => taken.clear(),
  };
}
