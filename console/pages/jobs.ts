// The jobs of a client, or of all of them for an operator: the newest first, changing as they change.

import type { VNode } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { api, ask } from '../api.ts';
import { count, formatSeconds } from '../format.ts';
import { h, html } from '../html.ts';
import {
  type JobFilter,
  matchesFilter,
  promptOf,
  readFilter,
  STATUS_GROUPS,
  toJobQuery,
} from '../jobs/filter.ts';
import { useJobChanges } from '../jobs/live.ts';
import { isNotBought, type Job, JobState, STATUSES, statusWord } from '../jobs/status.ts';
import { Thumbnail } from '../jobs/thumbnail.ts';
import { CodeBlock } from '../parts/copy.ts';
import { EmptyState } from '../parts/empty-state.ts';
import { Money } from '../parts/money.ts';
import { ProblemBox } from '../parts/problem-box.ts';
import { Skeleton } from '../parts/skeleton.ts';
import { State } from '../parts/state.ts';
import { type Column, Table } from '../parts/table.ts';
import { Time } from '../parts/time.ts';
import { ApiProblem } from '../problem.ts';
import { addressOf, navigate } from '../router.ts';
import type { PageProps } from '../routes.ts';
import { useSession } from '../session.ts';

const PAGE = 50;
/** Older rows are left to the filters. */
const MAX_ROWS = 1_000;
/** Of 10,000 jobs each. */
const MAX_EMPTY_PAGES = 10;

/** Seconds that a job has taken, or takes so far. */
const secondsOf = ({ created_at, finished_at }: Job): number =>
  ((finished_at === null ? Date.now() : Date.parse(finished_at)) - Date.parse(created_at)) / 1000;

const columnsFor = (isOperator: boolean): readonly Column<Job>[] => [
  {
    id: 'prompt',
    title: 'Clip',
    cell: (job) => html`
      <span class="clip-cell">${h(Thumbnail, { job })}<span class="prompt">${promptOf(job) || job.id}</span></span>
    `,
  },
  { id: 'status', title: 'State', cell: ({ status }) => h(JobState, { status }) },
  {
    id: 'model',
    title: 'Model',
    isExtra: true,
    cell: ({ model }) => html`<span class="model-id">${model}</span>`,
  },
  ...(isOperator
    ? [{ id: 'client', title: 'Client', isExtra: true, cell: ({ client }: Job) => client }]
    : []),
  {
    id: 'estimated',
    title: 'Estimate',
    isNumber: true,
    isExtra: true,
    cell: ({ cost }) => h(Money, { usd: cost.estimated_usd }),
  },
  {
    id: 'billed',
    title: 'Bill',
    isNumber: true,
    cell: (job) =>
      job.cost.actual_usd !== null || (job.ended && !isNotBought(job))
        ? h(Money, { usd: job.cost.actual_usd })
        : html`<span class="quiet">${isNotBought(job) ? 'none' : 'not yet'}</span>`,
  },
  { id: 'took', title: 'Took', isNumber: true, isExtra: true, cell: (job) => formatSeconds(secondsOf(job)) },
  {
    id: 'age',
    title: 'Ordered',
    isNumber: true,
    isExtra: true,
    cell: ({ created_at: at }) => h(Time, { at }),
  },
];

interface Rows {
  readonly jobs: readonly Job[];
  readonly cursor: string | null;
}

const NONE: Rows = { jobs: [], cursor: null };

const readPage = (query: ReturnType<typeof toJobQuery>, cursor: string | null) =>
  ask(api.GET('/jobs', { params: { query: { ...query, limit: PAGE, ...(cursor !== null && { cursor }) } } }));

/** The rows of a list with what changes of them; what is new waits until it is asked for. */
function useJobList(filter: JobFilter) {
  const [rows, setRows] = useState<Rows>(NONE);
  const [fresh, setFresh] = useState<readonly Job[]>([]);
  const [state, setState] = useState<{ isLoading: boolean; problem: ApiProblem | null }>({
    isLoading: true,
    problem: null,
  });
  const query = toJobQuery(filter);
  const question = JSON.stringify(query);
  const latest = useRef(0);

  const read = useCallback(
    async (cursor: string | null) => {
      const turn = ++latest.current;
      setState({ isLoading: true, problem: null });
      try {
        let page = await readPage(query, cursor);
        // A search looks through so many jobs at a time.
        for (let more = 1; page.data.length === 0 && page.next_cursor !== null; more++) {
          if (turn !== latest.current || more === MAX_EMPTY_PAGES) break;
          page = await readPage(query, page.next_cursor);
        }
        if (turn !== latest.current) return;
        if (cursor === null) setFresh([]);
        setRows((before) => ({
          jobs: cursor === null ? page.data : [...before.jobs, ...page.data],
          cursor: page.next_cursor,
        }));
        setState({ isLoading: false, problem: null });
      } catch (error) {
        if (turn !== latest.current) return;
        if (!(error instanceof ApiProblem)) throw error;
        setState({ isLoading: false, problem: error });
      }
    },
    [question],
  );
  useEffect(() => void read(null), [read]);

  const shown = useRef(rows.jobs);
  shown.current = rows.jobs;
  const liveness = useJobChanges('/jobs/events', {
    onMissed: () => void read(null),
    onJob(job) {
      const put = (jobs: readonly Job[]) => jobs.map((one) => (one.id === job.id ? job : one));
      if (shown.current.some(({ id }) => id === job.id)) {
        setRows((before) => ({ ...before, jobs: put(before.jobs) }));
      } else if (matchesFilter(job, filter) && job.created_at >= (shown.current[0]?.created_at ?? '')) {
        setFresh((before) => (before.some(({ id }) => id === job.id) ? put(before) : [job, ...before]));
      }
    },
  });

  return {
    ...rows,
    ...state,
    fresh,
    liveness,
    reload: () => void read(null),
    more: () => rows.cursor !== null && void read(rows.cursor),
    showFresh() {
      setRows((before) => ({ ...before, jobs: [...fresh, ...before.jobs].slice(0, MAX_ROWS) }));
      setFresh([]);
    },
  };
}

const LIVENESS = {
  connecting: h(State, { tone: 'quiet', word: 'connecting' }),
  live: h(State, { tone: 'good', word: 'live' }),
  away: h(State, { tone: 'wait', word: 'connecting again' }),
};

export function JobsPage({ query }: PageProps): VNode {
  const { who } = useSession();
  const isOperator = who.kind !== 'client';
  const address = query.toString();
  const filter = useMemo(() => readFilter(query), [address]);
  const list = useJobList(filter);
  const columns = useMemo(() => columnsFor(isOperator), [isOperator]);
  const { jobs: rows, problem, isLoading, cursor, fresh } = list;

  return html`
    <header class="page-header">
      <h1>Jobs</h1>
      <span class="push" role="status">${LIVENESS[list.liveness]}</span>
    </header>
    ${h(Filters, { query, isOperator })}
    ${problem && h(ProblemBox, { problem, onRetry: list.reload })}
    <p class="fresh" role="status">
      ${fresh.length > 0 && html`<button type="button" class="chip" onClick=${list.showFresh}>${fresh.length} new</button>`}
    </p>
    ${
      rows.length > 0
        ? html`<div class=${isLoading ? 'dimmed' : ''}>
            ${h(Table<Job>, {
              caption: 'Jobs, the newest first',
              columns,
              rows,
              keyOf: ({ id }) => id,
              hrefOf: ({ id }) => addressOf(`/jobs/${id}`),
            })}
          </div>`
        : isLoading
          ? h(Skeleton, { rows: 12 })
          : !problem && h(Nothing, { isFiltered: address !== '' })
    }
    ${
      cursor !== null &&
      list.jobs.length < MAX_ROWS &&
      html`<p class="more"><button type="button" class="button" disabled=${isLoading} onClick=${list.more}>Older jobs</button>
        <span class="quiet small">${count(list.jobs.length, 'job')} read</span></p>`
    }
  `;
}

const Nothing = ({ isFiltered }: { readonly isFiltered: boolean }): VNode =>
  isFiltered
    ? h(EmptyState, {
        title: 'No job is like that.',
        children: html`<p><a href=${addressOf('/jobs')}>Show all jobs</a></p>`,
      })
    : h(EmptyState, {
        title: 'Jobs appear here as they are ordered.',
        children: h(CodeBlock, {
          what: 'the command that orders a clip',
          text: `curl -s ${location.origin}/jobs -H "authorization: Bearer $CLIPGATE_KEY" -H 'content-type: application/json' \\\n  -H 'idempotency-key: my-first-clip' -d '{ "prompt": "A paper boat", "duration": 4, "max_cost_usd": 0.5 }'`,
        }),
      });

interface FiltersProps {
  readonly query: URLSearchParams;
  readonly isOperator: boolean;
}

/** Each field changes the address, which is what is shown. */
function Filters({ query, isOperator }: FiltersProps): VNode {
  const change = (name: string, value: string) =>
    navigate(addressOf('/jobs', { ...Object.fromEntries(query), [name]: value }), 'replace');
  const text = (name: string, label: string, isWide = false) => html`
    <input
      type="search" class=${isWide ? 'wide' : ''} aria-label=${label} placeholder=${label} value=${query.get(name) ?? ''} spellcheck=${false}
      onChange=${(event: Event) => change(name, (event.currentTarget as HTMLInputElement).value)}
    />
  `;
  const chosen = query.get('status') ?? '';
  return html`
    <div class="toolbar filters" role="search" aria-label="Filter jobs">
      ${text('q', 'Reference, tag, OpenRouter’s id or words of the prompt', true)}
      <select aria-label="State" value=${chosen}
        onChange=${(event: Event) => change('status', (event.currentTarget as HTMLSelectElement).value)}>
        ${STATUS_GROUPS.map(([value, word]) => html`<option key=${value} value=${value} selected=${value === chosen}>${word}</option>`)}
        ${STATUSES.map((status) => html`<option key=${status} value=${status} selected=${status === chosen}>${statusWord(status)}</option>`)}
      </select>
      ${isOperator && text('client', 'Client')}
      ${text('model', 'Model')}
      ${query.has('tag') && text('tag', 'Tag')} ${query.has('reference') && text('reference', 'Reference')}
      <input type="date" aria-label="Ordered since" value=${(query.get('since') ?? '').slice(0, 10)}
        onChange=${(event: Event) => change('since', (event.currentTarget as HTMLInputElement).value)} />
      ${query.size > 0 && html`<a href=${addressOf('/jobs')}>Clear</a>`}
    </div>
  `;
}
