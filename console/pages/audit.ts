// Who did what: every act of an operator, the newest first.

import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { api, ask } from '../api.ts';
import { h, html } from '../html.ts';
import { EmptyState } from '../parts/empty-state.ts';
import { ProblemBox } from '../parts/problem-box.ts';
import { Skeleton } from '../parts/skeleton.ts';
import { type Column, Table } from '../parts/table.ts';
import { Time } from '../parts/time.ts';
import { useResource } from '../resource.ts';
import { addressOf, navigate } from '../router.ts';
import type { PageProps } from '../routes.ts';
import type { Schemas } from '../schemas.ts';

type Entry = Schemas['AuditEntry'];

const PAGE = 50;

/** Where an object is shown; null = it has no page. */
function pageOf({ kind, id }: Entry['object']): string | null {
  if (kind === 'job') return addressOf(`/jobs/${id}`);
  return kind === 'key' || kind === 'client' || kind === 'budget' ? addressOf('/access') : null;
}

/** The members that an act changed. */
function changesOf({ before, after }: Entry): readonly string[] {
  const [old, now] = [before ?? {}, after ?? {}] as Record<string, unknown>[];
  return [...new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})])]
    .filter((name) => JSON.stringify(old?.[name]) !== JSON.stringify(now?.[name]))
    .map((name) => {
      const [from, to] = [old?.[name], now?.[name]].map((value) =>
        value === undefined ? 'none' : typeof value === 'string' ? value : JSON.stringify(value),
      );
      return before === null ? `${name}: ${to}` : `${name}: ${from} → ${to}`;
    });
}

const COLUMNS: readonly Column<Entry>[] = [
  { id: 'at', title: 'When', cell: ({ at }) => h(Time, { at }) },
  { id: 'actor', title: 'Who', cell: ({ actor }) => html`<strong>${actor}</strong>` },
  { id: 'action', title: 'Did', cell: ({ action }) => action.replaceAll('_', ' ') },
  {
    id: 'object',
    title: 'To',
    cell: ({ object }) => {
      const address = pageOf(object);
      const name = html`${object.kind} <code class="id">${object.id}</code>`;
      return address === null ? name : html`<a href=${address}>${name}</a>`;
    },
  },
  {
    id: 'why',
    title: 'Reason and change',
    isExtra: true,
    cell: (entry) => html`
      ${entry.reason}
      ${changesOf(entry).map((change) => html`<div key=${change} class="quiet small">${change}</div>`)}
    `,
  },
];

export function AuditPage({ query }: PageProps): VNode {
  const actor = query.get('actor') ?? '';
  const object = query.get('object') ?? '';
  const [older, setOlder] = useState<{
    readonly entries: readonly Entry[];
    readonly cursor: string | null;
  } | null>(null);
  const filter = { ...(actor && { actor }), ...(object && { object }), limit: PAGE };
  const first = useResource(`${actor} ${object}`, (signal) =>
    ask(api.GET('/audit', { params: { query: filter }, signal })),
  );
  const { data, problem, reload } = first;
  useEffect(() => setOlder(null), [data]);
  const entries = [...(data?.data ?? []), ...(older?.entries ?? [])];
  const cursor = older === null ? (data?.next_cursor ?? null) : older.cursor;

  const [more, setMore] = useState<string | null>(null);
  const next = useResource(more, (signal) =>
    ask(api.GET('/audit', { params: { query: { ...filter, cursor: more ?? '' } }, signal })),
  );
  useEffect(() => {
    const page = next.data;
    if (page === null || more === null) return;
    setMore(null);
    setOlder((before) => ({ entries: [...(before?.entries ?? []), ...page.data], cursor: page.next_cursor }));
  }, [next.data]);

  const failed = problem ?? next.problem;
  const change = (name: string, value: string) =>
    navigate(addressOf('/audit', { actor, object, [name]: value }), 'replace');
  const field = (name: string, label: string, value: string) => html`
    <input type="search" aria-label=${label} placeholder=${label} value=${value} spellcheck=${false}
      onChange=${(event: Event) => change(name, (event.currentTarget as HTMLInputElement).value)} />
  `;
  return html`
    <header class="page-header"><h1>Audit</h1></header>
    <div class="toolbar filters" role="search" aria-label="Filter acts">
      ${field('actor', 'Operator', actor)} ${field('object', 'Object id', object)}
    </div>
    ${failed && h(ProblemBox, { problem: failed, onRetry: reload })}
    ${
      entries.length > 0
        ? h(Table<Entry>, {
            caption: 'Acts of operators, the newest first',
            columns: COLUMNS,
            rows: entries,
            keyOf: ({ id }) => id,
          })
        : data
          ? h(EmptyState, { title: 'No operator has done anything like that.' })
          : !problem && h(Skeleton, { rows: 10 })
    }
    ${
      cursor !== null &&
      html`<p class="more"><button type="button" class="button" disabled=${more !== null} onClick=${() => setMore(cursor)}>Older acts</button></p>`
    }
  `;
}
