// A moment: how long ago it was, and exactly when for who points at it or tabs to it.

import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { formatRelative, formatTime } from '../format.ts';
import { html } from '../html.ts';

const REFRESH_MS = 15_000;

/** The present, in epoch milliseconds; drawn again every quarter of a minute. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** @param at as the API writes it, ISO 8601. */
export function Time({ at }: { readonly at: string }): VNode {
  const now = useNow();
  const ms = Date.parse(at);
  return html`<time class="time" datetime=${at} title=${formatTime(ms)} tabindex="0">${formatRelative(ms, now)}</time>`;
}
