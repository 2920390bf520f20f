// A state, never by colour alone: a shape and a word.

import type { VNode } from 'preact';
import { html } from '../html.ts';

export type Tone = 'good' | 'wait' | 'bad' | 'unknown' | 'quiet';

const SHAPES: Readonly<Record<Tone, VNode>> = {
  good: html`<path d="M2.5 6.5 5 9l4.5-5.5" />`,
  wait: html`<circle cx="6" cy="6" r="4" />`,
  bad: html`<path d="M3 3l6 6M9 3 3 9" />`,
  unknown: html`<path d="M4 4.200a2 2 0 1 1 2.8 1.900c-.6.3-.8.7-.8 1.200M6 9.500h.01" />`,
  quiet: html`<circle cx="6" cy="6" r="1.5" class="filled" />`,
};

export const State = ({ tone, word }: { readonly tone: Tone; readonly word: string }): VNode => html`
  <span class=${`state ${tone}`}>
    <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">${SHAPES[tone]}</svg>
    ${word}
  </span>
`;
