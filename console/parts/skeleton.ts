// Rows in place of those that are being read: after a moment, so that what is fast does not flicker.

import type { VNode } from 'preact';
import { html } from '../html.ts';

/** @param rows about as many as will stand there. */
export const Skeleton = ({ rows }: { readonly rows: number }): VNode => html`
  <div class="skeleton" aria-busy="true" aria-label="Loading">
    ${Array.from({ length: rows }, (_, index) => html`<div class="skeleton-row" key=${index}></div>`)}
  </div>
`;
