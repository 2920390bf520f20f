// The callback of a job, attempt by attempt: when, what the receiver answered, why it failed, when it is tried next.

import type { VNode } from 'preact';
import { count } from '../format.ts';
import { h, html } from '../html.ts';
import { EmptyState } from '../parts/empty-state.ts';
import { State, type Tone } from '../parts/state.ts';
import { Table } from '../parts/table.ts';
import { Time } from '../parts/time.ts';
import type { Schemas } from '../schemas.ts';
import type { Job } from './status.ts';

type Callback = NonNullable<Job['callback']>;
type Attempt = Schemas['CallbackAttempt'];

const TONES: Readonly<Record<Callback['status'], Tone>> = {
  waiting: 'quiet',
  pending: 'wait',
  delivered: 'good',
  dead: 'bad',
  gone: 'bad',
};

interface CallbackAttemptsProps {
  readonly callback: Callback;
  readonly attempts: readonly Attempt[];
}

export const CallbackAttempts = ({ callback, attempts }: CallbackAttemptsProps): VNode => html`
  <p>
    ${h(State, { tone: TONES[callback.status], word: callback.status })} to <code class="id">${callback.url}</code>${callback.next_at !== null && html`, next attempt ${h(Time, { at: callback.next_at })}`}
  </p>
  ${
    attempts.length > 0
      ? h(Table<Attempt>, {
          caption: 'Attempts of the callback, oldest first',
          columns: [
            { id: 'number', title: '#', isNumber: true, cell: ({ number }) => number },
            { id: 'at', title: 'When', cell: ({ at }) => h(Time, { at }) },
            { id: 'event', title: 'Event', isExtra: true, cell: ({ event }) => html`<code>${event}</code>` },
            {
              id: 'answer',
              title: 'Answer',
              cell: ({ http_status: status, error }) =>
                h(State, {
                  tone: error === null ? 'good' : 'bad',
                  word: status === null ? (error ?? 'none') : String(status),
                }),
            },
            {
              id: 'next',
              title: 'Next',
              cell: ({ error, retry_at: at }) =>
                at
                  ? h(Time, { at })
                  : html`<span class="quiet">${error === null ? 'delivered' : 'none'}</span>`,
            },
          ],
          rows: attempts,
          keyOf: ({ number }) => String(number),
        })
      : callback.attempts === 0
        ? h(EmptyState, { title: 'It is called once the job has ended.' })
        : html`<p class="quiet small">${count(callback.attempts, 'attempt', 'attempts')} from before each was kept.</p>`
  }
`;
