// How each model does: what ended with a clip, how long that took, and whether its submits are kept back and why.

import type { VNode } from 'preact';
import { formatSeconds } from '../format.ts';
import { h, html } from '../html.ts';
import { StackedBar } from '../parts/bar.ts';
import { EmptyState } from '../parts/empty-state.ts';
import { State } from '../parts/state.ts';
import { Table } from '../parts/table.ts';
import { Time } from '../parts/time.ts';
import { addressOf } from '../router.ts';
import type { Schemas } from '../schemas.ts';
import { listModels, type ModelRow, type Pause } from './figures.ts';

export function ModelHealth({ overview }: { readonly overview: Schemas['Overview'] }): VNode {
  const rows = listModels(overview);
  const wide = overview.pauses.filter(({ model }) => model === null);
  return html`
    ${wide.map((pause) => html`<p key=${`${pause.scope} ${pause.client}`} class="second-question">${h(PauseWords, { pause })}</p>`)}
    ${rows.length === 0 ? h(EmptyState, { title: 'A model stands here once a job of it has ended.' }) : h(ModelTable, { rows })}
  `;
}

const secondsOrNone = (seconds: number | null) =>
  seconds === null ? html`<span class="quiet">not timed yet</span>` : formatSeconds(seconds);

const ModelTable = ({ rows }: { readonly rows: readonly ModelRow[] }): VNode =>
  h(Table<ModelRow>, {
    caption: 'How each model does, of its latest 64 jobs',
    columns: [
      { id: 'model', title: 'Model', cell: ({ model }) => html`<span class="model-id">${model}</span>` },
      {
        id: 'submits',
        title: 'Submits',
        cell: ({ pauses: [pause] }) =>
          pause ? h(PauseWords, { pause }) : h(State, { tone: 'good', word: 'accepting' }),
      },
      {
        id: 'well',
        title: 'Ended with a clip',
        cell: ({ health }) =>
          health
            ? html`
                <div class="share">
                  ${h(StackedBar, {
                    label: 'Ended with a clip',
                    parts: [{ name: 'with a clip', share: health.completed / health.ended, series: 8 }],
                  })}
                  <span class="number">${health.completed} of ${health.ended}</span>
                </div>
              `
            : html`<span class="quiet">none has ended</span>`,
      },
      {
        id: 'p50',
        title: 'Half within',
        isNumber: true,
        cell: ({ health }) => secondsOrNone(health?.p50_s ?? null),
      },
      {
        id: 'p90',
        title: 'Nine of ten within',
        isNumber: true,
        isExtra: true,
        cell: ({ health }) => secondsOrNone(health?.p90_s ?? null),
      },
      {
        id: 'last',
        title: 'Last ended',
        isNumber: true,
        isExtra: true,
        cell: ({ health }) => health && h(Time, { at: health.last_ended_at }),
      },
    ],
    rows,
    keyOf: ({ model }) => model,
    hrefOf: ({ model }) => addressOf(`/models/${model}`),
  });

/** `paused for studio since 2 min ago, trial in 20 s: 3 of 12 submits unknown`. */
const PauseWords = ({ pause }: { readonly pause: Pause }): VNode => html`
  ${h(State, { tone: 'bad', word: pause.model === null ? 'every model is paused' : 'paused' })}
  <span class="small">
    ${pause.client !== null && ` for ${pause.client}`} since ${h(Time, { at: pause.since })},
    ${' '}${pause.trial_at === null ? 'a trial is under way' : Date.parse(pause.trial_at) <= Date.now() ? 'the next submit is a trial' : html`a trial ${h(Time, { at: pause.trial_at })}`}:
    ${' '}${pause.unknown} of ${pause.submits} submits had an unknown outcome${pause.failed_trials > 0 && `, ${pause.failed_trials} failed trials`}
  </span>
`;
