// What happened in which order, with the time between one event and the next.

import type { ComponentChildren, VNode } from 'preact';
import { formatSeconds, formatTime } from '../format.ts';
import { h, html } from '../html.ts';
import { State, type Tone } from './state.ts';

export interface TimelineEvent {
  readonly id: string;
  /** ISO 8601; null = it has not happened yet. */
  readonly at: string | null;
  readonly word: string;
  readonly tone: Tone;
  readonly detail?: ComponentChildren;
  /** Events of a try of their own, beside the line. */
  readonly branch?: readonly TimelineEvent[];
}

export const Timeline = ({ events }: { readonly events: readonly TimelineEvent[] }): VNode => html`
  <ol class="timeline">
    ${events.map(({ id, at, word, tone, detail, branch }, index) => {
      const before = events[index - 1]?.at;
      const seconds = at && before ? (Date.parse(at) - Date.parse(before)) / 1000 : null;
      return html`
        <li key=${id} class=${at === null ? 'ahead' : ''}>
          ${h(State, { tone, word })}
          ${
            at !== null && html`<time datetime=${at} class="quiet small">${formatTime(Date.parse(at))}</time>`
          }
          ${seconds !== null && seconds >= 0 && html`<span class="number quiet small">+${formatSeconds(seconds)}</span>`}
          ${detail && html`<div class="timeline-detail">${detail}</div>`}
          ${branch && branch.length > 0 && h(Timeline, { events: branch })}
        </li>
      `;
    })}
  </ol>
`;
