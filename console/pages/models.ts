// The catalog: what each model can do, and what a unit of it costs in dollars.

import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { api, ask } from '../api.ts';
import { count, formatSeconds, formatUnitPrice } from '../format.ts';
import { h, html } from '../html.ts';
import { formatDurations, unitWord } from '../model-words.ts';
import { EmptyState } from '../parts/empty-state.ts';
import { ProblemBox } from '../parts/problem-box.ts';
import { Skeleton } from '../parts/skeleton.ts';
import { State } from '../parts/state.ts';
import { type Column, type Sorting, sortRows, Table } from '../parts/table.ts';
import { useResource } from '../resource.ts';
import { addressOf, navigate } from '../router.ts';
import type { PageProps } from '../routes.ts';
import type { Schemas } from '../schemas.ts';

type Model = Schemas['Model'];

/** What a clip itself is charged by; pictures that go into it are charged beside it. */
const CLIP_UNITS: ReadonlySet<string> = new Set(['second', 'video_token', 'megapixel_second', 'generation']);

/** The least that a unit of a clip costs; of the unit that is listed first where there are several. */
function leastPrice({ prices }: Model): { readonly usd: number; readonly unit: string } | null {
  const ofClip = prices.filter(({ unit }) => CLIP_UNITS.has(unit));
  const [first] = ofClip;
  if (!first) return null;
  const ofUnit = ofClip.filter(({ unit }) => unit === first.unit);
  return { usd: Math.min(...ofUnit.map(({ usd }) => usd)), unit: first.unit };
}

const can = (word: string, value: boolean | null): VNode =>
  h(State, {
    tone: value === null ? 'unknown' : value ? 'good' : 'quiet',
    word: value === null ? `${word}: unknown` : value ? word : `no ${word}`,
  });

const COLUMNS: readonly Column<Model>[] = [
  {
    id: 'model',
    title: 'Model',
    sortBy: ({ id }) => id,
    cell: ({ id, unreadable }) => html`
      <span class="model-id">${id}</span>
      ${unreadable && h(State, { tone: 'wait', word: 'partly unreadable' })}
    `,
  },
  {
    id: 'durations',
    title: 'Seconds',
    sortBy: ({ durations }) => (durations ? Math.max(...durations) : null),
    cell: ({ durations }) => formatDurations(durations),
  },
  {
    id: 'resolutions',
    title: 'Resolutions',
    isExtra: true,
    cell: ({ resolutions }) => resolutions?.join(' ') ?? html`<span class="quiet">from the input</span>`,
  },
  {
    id: 'frames',
    title: 'Frames',
    isExtra: true,
    cell: ({ frame_images: frames }) =>
      frames.length === 0
        ? html`<span class="quiet">none</span>`
        : frames.map((frame) => frame.replace('_frame', '')).join(' '),
  },
  { id: 'audio', title: 'Sound', isExtra: true, cell: ({ generate_audio: audio }) => can('sound', audio) },
  {
    id: 'price',
    title: 'From, a unit',
    isNumber: true,
    sortBy: (model) => leastPrice(model)?.usd ?? null,
    cell: (model) => {
      const least = leastPrice(model);
      return least
        ? html`<span class="number">${formatUnitPrice(least.usd)}</span> <span class="quiet unit">${unitWord(least.unit)}</span>`
        : html`<span class="unknown-amount">unknown</span>`;
    },
  },
];

export function ModelsPage({ query }: PageProps): VNode {
  const { data, problem, reload } = useResource('models', (signal) => ask(api.GET('/models', { signal })));
  const [word, setWord] = useState(query.get('q') ?? '');
  const sorting: Sorting = {
    column: query.get('sort') ?? 'model',
    descending: query.get('order') === 'desc',
  };
  const shown = useMemo(() => {
    const wanted = word.trim().toLowerCase();
    const rows = (data?.data ?? []).filter(
      ({ id, name }) => id.includes(wanted) || name.toLowerCase().includes(wanted),
    );
    return sortRows(rows, COLUMNS, sorting);
  }, [data, word, sorting.column, sorting.descending]);

  const change = (changed: Record<string, string | null>) =>
    navigate(
      addressOf('/models', {
        q: word,
        sort: query.get('sort'),
        order: query.get('order'),
        ...changed,
      }),
      'replace',
    );

  return html`
    <header class="page-header">
      <h1>Models</h1>
      <p class="quiet">
        ${
          data &&
          html`${count(data.data.length, 'model')}, read from OpenRouter ${formatSeconds(data.catalog.age_s)} ago${data.catalog.stale ? '; its list cannot be read at the moment' : ''}`
        }
      </p>
    </header>
    ${problem && h(ProblemBox, { problem, onRetry: reload })}
    <div class="toolbar">
      <input
        type="search" aria-label="Filter models" placeholder="Filter" value=${word}
        onInput=${(event: Event) => {
          const text = (event.currentTarget as HTMLInputElement).value;
          setWord(text);
          change({ q: text });
        }}
      />
    </div>
    ${
      data
        ? shown.length > 0
          ? h(Table<Model>, {
              caption: 'Models with what they can do and cost',
              columns: COLUMNS,
              rows: shown,
              keyOf: ({ id }) => id,
              hrefOf: ({ id }) => addressOf(`/models/${id}`),
              sorting,
              onSort: ({ column, descending }) => change({ sort: column, order: descending ? 'desc' : null }),
            })
          : h(EmptyState, { title: 'No model is called that.' })
        : !problem && h(Skeleton, { rows: 12 })
    }
  `;
}
