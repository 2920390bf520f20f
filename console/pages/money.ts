// What was spent: by day and by client, model or tag, estimate against bill, and the budgets that bound it.

import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { api, ask } from '../api.ts';
import { count, formatUsd, readerZone } from '../format.ts';
import { h, html } from '../html.ts';
import { type Grouping, type GroupRow, sumGroups, toSeries } from '../money/spend-rows.ts';
import { BudgetBar } from '../overview/budget-bar.ts';
import { fillDays } from '../overview/figures.ts';
import { Chart } from '../parts/chart.ts';
import { EmptyState } from '../parts/empty-state.ts';
import { formatDifference } from '../parts/money-words.ts';
import { ProblemBox } from '../parts/problem-box.ts';
import { Skeleton } from '../parts/skeleton.ts';
import { type Column, Table } from '../parts/table.ts';
import { useResource } from '../resource.ts';
import { addressOf, navigate } from '../router.ts';
import type { PageProps } from '../routes.ts';
import type { Schemas } from '../schemas.ts';
import { seesAll, useSession, type Who } from '../session.ts';

const DAYS = [7, 30, 90] as const;
const DEFAULT_DAYS = 30;
const WORDS: Readonly<Record<Grouping, string>> = { client: 'Client', model: 'Model', tag: 'Tag' };

interface View {
  readonly by: Grouping;
  readonly days: number;
}

function readView(query: URLSearchParams, who: Who): View {
  const by = query.get('by');
  const days = Number(query.get('days'));
  return {
    by:
      by === 'model' || by === 'tag' || (by === 'client' && seesAll(who))
        ? by
        : seesAll(who)
          ? 'client'
          : 'model',
    days: DAYS.find((one) => one === days) ?? DEFAULT_DAYS,
  };
}

/** Midnight of the reader, so many days ago. */
function dayBefore(days: number): Date {
  const day = new Date();
  day.setHours(0, 0, 0, 0);
  day.setDate(day.getDate() - days + 1);
  return day;
}

interface Read {
  readonly spend: Schemas['Spend'];
  readonly budgets: readonly Schemas['Budget'][];
}

async function read({ by, days }: View, who: Who, signal: AbortSignal): Promise<Read> {
  const query = {
    interval: 'day' as const,
    group_by: by,
    time_zone: readerZone(),
    since: dayBefore(days).toISOString(),
    until: new Date().toISOString(),
  };
  const [spend, budgets] = await Promise.all([
    ask(api.GET('/spend', { params: { query }, signal })),
    seesAll(who)
      ? ask(api.GET('/budgets', { params: { query: { limit: 100 } }, signal })).then(({ data }) => data)
      : ask(api.GET('/account', { signal })).then((account) => account.budgets),
  ]);
  return { spend, budgets };
}

export function MoneyPage({ query }: PageProps): VNode {
  const { who } = useSession();
  const view = readView(query, who);
  const { data, problem, isLoading, reload } = useResource(`${view.by} ${view.days}`, (signal) =>
    read(view, who, signal),
  );
  const change = (changed: Partial<Record<keyof View, string>>) =>
    navigate(addressOf('/money', { by: view.by, days: String(view.days), ...changed }), 'replace');
  const groupings = (Object.keys(WORDS) as Grouping[]).filter((by) => by !== 'client' || seesAll(who));

  return html`
    <header class="page-header"><h1>Money</h1>
      <p class="quiet">by the day a job was sent, ${readerZone()}</p></header>
    <div class="toolbar">
      <div class="segments" role="group" aria-label="By">
        ${groupings.map(
          (by) =>
            html`<button key=${by} type="button" class="segment" aria-pressed=${by === view.by} onClick=${() => change({ by })}>By ${WORDS[by].toLowerCase()}</button>`,
        )}
      </div>
      <div class="segments" role="group" aria-label="Days">
        ${DAYS.map(
          (days) =>
            html`<button key=${days} type="button" class="segment" aria-pressed=${days === view.days} onClick=${() => change({ days: String(days) })}>${days} days</button>`,
        )}
      </div>
      ${data && h(ExportLink, { spend: data.spend })}
    </div>
    ${problem && h(ProblemBox, { problem, onRetry: reload })}
    ${
      data
        ? html`<div class=${isLoading ? 'dimmed' : ''}>${h(Spend, { read: data, by: view.by })}</div>`
        : !problem && h(Skeleton, { rows: 10 })
    }
  `;
}

/** The lines that the sums are made of. */
const ExportLink = ({ spend }: { readonly spend: Schemas['Spend'] }): VNode => html`
  <a class="push" download href=${`/spend/export?${new URLSearchParams({ format: 'csv', since: spend.since, until: spend.until })}`}>CSV of these days</a>
`;

function Spend({ read: { spend, budgets }, by }: { readonly read: Read; readonly by: Grouping }): VNode {
  const days = useMemo(() => fillDays([], Date.parse(spend.since), Date.parse(spend.until)).times, [spend]);
  const series = useMemo(
    () => toSeries(spend.data, by, days).map((one) => ({ ...one, kind: 'bars' as const })),
    [spend, by, days],
  );
  const groups = useMemo(() => sumGroups(spend.data, by), [spend, by]);
  const { total } = spend;
  if (total.jobs === 0) {
    return html`
      ${h(EmptyState, {
        title: 'Nothing was bought in these days.',
        children: html`<p><a href=${addressOf('/explore')}>Find a model for a clip</a></p>`,
      })}
      ${h(Budgets, { budgets })}
    `;
  }
  return html`
    ${
      total.unknown_jobs > 0 &&
      html`<p class="needs-person">
        <strong>${count(total.unknown_jobs, 'bill')} unknown.</strong> They are in no sum as 0; the most that they may be is held.
        ${' '}<a href=${addressOf('/jobs', { status: 'unknown' })}>Show jobs with an unknown outcome</a>
      </p>`
    }
    ${h(Chart, {
      caption: 'Dollars billed by day, and what is held for jobs under way or of unknown cost',
      times: days,
      series,
      format: formatUsd,
      formatTime: (at: number) => new Date(at).toLocaleDateString('en-GB', { dateStyle: 'medium' }),
    })}
    ${h(Table<GroupRow>, {
      caption: `What was spent by ${by}`,
      columns: columnsFor(by),
      rows: groups,
      keyOf: ({ name }) => name ?? '',
      hrefOf: ({ name }) => addressOf('/jobs', { [by]: name }),
      foot: html`
        <tr>
          <th scope="row">Total</th>
          <td class="number">${total.jobs}</td>
          <td class="number extra">${formatUsd(total.estimated_usd)}</td>
          <td class="number">${formatUsd(total.billed_usd)}</td>
          <td class="number extra"></td>
          <td class="number">${formatUsd(total.held_usd)}</td>
          <td class="number extra">${total.unknown_jobs}</td>
        </tr>
      `,
    })}
    ${by === 'tag' && html`<p class="quiet small">A job with several tags is in the row of each; the total counts it once.</p>`}
    ${h(Budgets, { budgets })}
  `;
}

/** How far the bills are from what was estimated, where all of them are known. */
function ratioOf({ billedUsd, estimatedUsd, heldUsd }: GroupRow): string {
  if (estimatedUsd === 0 || heldUsd > 0) return '';
  return formatDifference(estimatedUsd, billedUsd) ?? '';
}

const columnsFor = (by: Grouping): readonly Column<GroupRow>[] => [
  {
    id: by,
    title: WORDS[by],
    cell: ({ name }) =>
      name === null
        ? html`<span class="quiet">without a tag</span>`
        : html`<span class=${by === 'model' ? 'model-id' : ''}>${name}</span>`,
  },
  { id: 'jobs', title: 'Attempts', isNumber: true, cell: ({ jobs }) => jobs },
  {
    id: 'estimated',
    title: 'Estimated',
    isNumber: true,
    isExtra: true,
    cell: ({ estimatedUsd }) => formatUsd(estimatedUsd),
  },
  { id: 'billed', title: 'Billed', isNumber: true, cell: ({ billedUsd }) => formatUsd(billedUsd) },
  { id: 'ratio', title: 'Against the estimate', isNumber: true, isExtra: true, cell: ratioOf },
  { id: 'held', title: 'Held', isNumber: true, cell: ({ heldUsd }) => formatUsd(heldUsd) },
  {
    id: 'unknown',
    title: 'Bills unknown',
    isNumber: true,
    isExtra: true,
    cell: ({ unknownJobs }) =>
      unknownJobs > 0 ? html`<span class="unknown-amount">${unknownJobs}</span>` : unknownJobs,
  },
];

const Budgets = ({ budgets }: { readonly budgets: Read['budgets'] }): VNode => html`
  <h2>Budgets</h2>
  ${
    budgets.length > 0
      ? html`<ul class="budgets">${budgets.map((budget) => h(BudgetBar, { key: budget.id, budget }))}</ul>`
      : h(EmptyState, { title: 'No budget limits what is spent.' })
  }
`;
