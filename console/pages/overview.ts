// The first page: what was spent, what is running, what needs a person, and how each model does.

import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { api, ask } from '../api.ts';
import { count, formatSeconds, formatUsd } from '../format.ts';
import { h, html } from '../html.ts';
import { BudgetBar } from '../overview/budget-bar.ts';
import { countJobs, countModels, fillDays, type ModelFigures, rowAt } from '../overview/figures.ts';
import { StackedBar } from '../parts/bar.ts';
import { Chart } from '../parts/chart.ts';
import { EmptyState } from '../parts/empty-state.ts';
import { ProblemBox } from '../parts/problem-box.ts';
import { Skeleton } from '../parts/skeleton.ts';
import { Table } from '../parts/table.ts';
import { Time } from '../parts/time.ts';
import { useResource } from '../resource.ts';
import { addressOf } from '../router.ts';
import type { PageProps } from '../routes.ts';
import type { Schemas } from '../schemas.ts';
import { seesAll, useSession, type Who } from '../session.ts';

const EVERY_MS = 30_000;
const NEWEST = 100;
const UNKNOWN = 20;

interface Read {
  readonly spend: Schemas['Spend'];
  readonly jobs: readonly Schemas['Job'][];
  /** Whose submit has an outcome that is unknown. */
  readonly unknown: readonly Schemas['Job'][];
  readonly budgets: readonly Schemas['Budget'][];
}

const zone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

async function read(who: Who, signal: AbortSignal): Promise<Read> {
  const [spend, jobs, unknown, budgets] = await Promise.all([
    ask(api.GET('/spend', { params: { query: { interval: 'day', time_zone: zone() } }, signal })),
    ask(api.GET('/jobs', { params: { query: { limit: NEWEST } }, signal })),
    ask(api.GET('/jobs', { params: { query: { status: ['submission_unknown'], limit: UNKNOWN } }, signal })),
    seesAll(who)
      ? ask(api.GET('/budgets', { params: { query: { limit: 100 } }, signal })).then(({ data }) => data)
      : ask(api.GET('/account', { signal })).then((account) => account.budgets),
  ]);
  return { spend, jobs: jobs.data, unknown: unknown.data, budgets };
}

export function OverviewPage(_props: PageProps): VNode {
  const { who } = useSession();
  const { data, problem, reload } = useResource('overview', (signal) => read(who, signal), {
    everyMs: EVERY_MS,
  });
  return html`
    <header class="page-header"><h1>Overview</h1></header>
    ${problem && h(ProblemBox, { problem, onRetry: reload })}
    ${data ? h(Overview, { read: data }) : !problem && h(Skeleton, { rows: 10 })}
  `;
}

function Overview({ read: { spend, jobs, unknown, budgets } }: { readonly read: Read }): VNode {
  const { running, ended, completed } = useMemo(() => countJobs(jobs), [jobs]);
  const today = rowAt(spend.data, Date.now());
  const days = useMemo(() => fillDays(spend.data, Date.parse(spend.since), Date.parse(spend.until)), [spend]);
  const models = useMemo(() => countModels(jobs), [jobs]);
  const unknownBills = spend.total.unknown_jobs;
  return html`
    ${unknown.length > 0 && h(NeedsPerson, { unknown })}
    <dl class="figures">
      <div>
        <dt>Spent today</dt>
        <dd>${formatUsd(today?.billed_usd ?? 0)}</dd>
        <dd class="small quiet">${formatUsd(today?.held_usd ?? 0)} more may come</dd>
      </div>
      <div>
        <dt>Spent this month</dt>
        <dd>${formatUsd(spend.total.billed_usd)}</dd>
        <dd class="small quiet">
          ${formatUsd(spend.total.held_usd)} more may come${unknownBills > 0 && html`, <span class="unknown-amount">${count(unknownBills, 'bill')} unknown</span>`}
        </dd>
      </div>
      <div>
        <dt>Running now</dt>
        <dd>${running}${running === NEWEST ? ' or more' : ''}</dd>
        <dd class="small quiet">${count(jobs.length, 'job')} looked at</dd>
      </div>
      <div>
        <dt>Ended with a clip</dt>
        <dd>${ended === 0 ? 'none yet' : `${completed} of ${ended}`}</dd>
        <dd class="small quiet">the last that ended</dd>
      </div>
    </dl>
    <div class="columns">
      <section>
        <h2>Budgets</h2>
        ${
          budgets.length > 0
            ? html`<ul class="budgets">${budgets.map((budget) => h(BudgetBar, { key: budget.id, budget }))}</ul>`
            : h(EmptyState, {
                title: 'No budget limits what is spent.',
                children: html`<p>An operator sets one: <code>POST /budgets</code>.</p>`,
              })
        }
      </section>
      <section>
        <h2>By day</h2>
        ${
          spend.total.jobs > 0
            ? h(Chart, {
                caption: `Dollars of jobs by the day they were sent, ${zone()}`,
                times: days.times,
                series: [
                  { name: 'Billed', values: days.billed, colour: 1, kind: 'bars' },
                  { name: 'Held', values: days.held, colour: 'rest', kind: 'bars' },
                ],
                format: formatUsd,
                formatTime: (at: number) => new Date(at).toLocaleDateString('en-GB', { dateStyle: 'medium' }),
              })
            : h(EmptyState, {
                title: 'Nothing was bought this month.',
                children: html`<p><a href=${addressOf('/explore')}>Find a model for a clip</a></p>`,
              })
        }
      </section>
    </div>
    <h2>Models, of the last ${count(jobs.length, 'job')}</h2>
    ${models.length > 0 ? h(ModelHealth, { models }) : h(EmptyState, { title: 'No job yet.' })}
  `;
}

const NeedsPerson = ({ unknown }: { readonly unknown: Read['unknown'] }): VNode => html`
  <section class="needs-person" aria-label="Needs a person">
    <h2>Needs a person</h2>
    <p>Whether OpenRouter took these is unknown. Each is settled by its webhook, or by an operator who looks it up.</p>
    <ul>
      ${unknown.map(
        ({ id, model, client, cost, created_at: at }) => html`
          <li key=${id}>
            <a class="id" href=${addressOf(`/jobs/${id}`)}>${id}</a> ${model} for ${client},
            at most ${formatUsd(cost.ceiling_usd)}, ${h(Time, { at })}
          </li>
        `,
      )}
    </ul>
  </section>
`;

const secondsOrNone = (seconds: number | null) =>
  seconds === null ? html`<span class="quiet">no clip yet</span>` : formatSeconds(seconds);

const ModelHealth = ({ models }: { readonly models: readonly ModelFigures[] }): VNode =>
  h(Table<ModelFigures>, {
    caption: 'How each model did',
    columns: [
      { id: 'model', title: 'Model', cell: ({ model }) => html`<span class="model-id">${model}</span>` },
      { id: 'jobs', title: 'Jobs', isNumber: true, cell: ({ jobs }) => jobs },
      {
        id: 'well',
        title: 'Ended with a clip',
        cell: ({ ended, completed }) => html`
          <div class="share">
            ${h(StackedBar, { label: 'Ended with a clip', parts: [{ name: 'with a clip', share: ended === 0 ? 0 : completed / ended, series: 8 }] })}
            <span class="number">${completed} of ${ended}</span>
          </div>
        `,
      },
      { id: 'p50', title: 'Half within', isNumber: true, cell: ({ p50S }) => secondsOrNone(p50S) },
      {
        id: 'p90',
        title: 'Nine of ten within',
        isNumber: true,
        isExtra: true,
        cell: ({ p90S }) => secondsOrNone(p90S),
      },
    ],
    rows: models,
    keyOf: ({ model }) => model,
    hrefOf: ({ model }) => addressOf(`/models/${model}`),
  });
