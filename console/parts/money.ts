// An amount of dollars: aligned, and marked where it is unknown.

import type { VNode } from 'preact';
import { formatUsd } from '../format.ts';
import { html } from '../html.ts';

export const Money = ({ usd }: { readonly usd: number | null }): VNode =>
  usd === null
    ? html`<span class="unknown-amount">unknown</span>`
    : html`<span class="number">${formatUsd(usd)}</span>`;
