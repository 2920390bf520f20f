// The first page: what wants a person, what was spent against its budgets, jobs by state, models and the catalog.

import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { api, ask } from '../api.ts';
import { count, formatUsd, readerZone } from '../format.ts';
import { h, html } from '../html.ts';
import { BudgetList } from '../overview/budgets.ts';
import { CatalogWeek } from '../overview/catalog-week.ts';
import { fillDays, rowAt, sumCounts } from '../overview/figures.ts';
import { JobCounts } from '../overview/job-counts.ts';
import { ModelHealth } from '../overview/model-health.ts';
import { NeedsPerson } from '../overview/needs-person.ts';
import { Chart } from '../parts/chart.ts';
import { EmptyState } from '../parts/empty-state.ts';
import { ProblemBox } from '../parts/problem-box.ts';
import { Skeleton } from '../parts/skeleton.ts';
import { useResource } from '../resource.ts';
import { addressOf } from '../router.ts';
import type { PageProps } from '../routes.ts';
import type { Schemas } from '../schemas.ts';
import { seesAll, useSession, type Who } from '../session.ts';

const EVERY_MS = 30_000;
const MAX_BUDGETS = 20;

interface Read {
  readonly spend: Schemas['Spend'];
  readonly overview: Schemas['Overview'];
  readonly budgets: readonly Schemas['Budget'][];
}

async function read(who: Who, signal: AbortSignal): Promise<Read> {
  const include = 'burn_down' as const;
  const [spend, overview, budgets] = await Promise.all([
    ask(api.GET('/spend', { params: { query: { interval: 'day', time_zone: readerZone() } }, signal })),
    ask(api.GET('/overview', { signal })),
    seesAll(who)
      ? ask(api.GET('/budgets', { params: { query: { limit: MAX_BUDGETS, include } }, signal })).then(
          ({ data }) => data,
        )
      : ask(api.GET('/account', { params: { query: { include } }, signal })).then(
          (account) => account.budgets,
        ),
  ]);
  return { spend, overview, budgets };
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

function Overview({ read: { spend, overview, budgets } }: { readonly read: Read }): VNode {
  const today = rowAt(spend.data, Date.now());
  const { open, ended } = overview.jobs;
  const completed = sumCounts(ended, ({ status }) => status === 'completed');
  const allEnded = sumCounts(ended);
  const running = sumCounts(open, ({ status }) => status !== 'submission_unknown');
  const waiting = sumCounts(open, ({ status }) => status === 'queued');
  const unknownBills = spend.total.unknown_jobs;
  return html`
    ${h(NeedsPerson, { overview })}
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
        <dd><a href=${addressOf('/jobs', { status: 'running' })}>${running}</a></dd>
        <dd class="small quiet">${waiting === 0 ? 'none queued' : `${waiting} of them queued`}</dd>
      </div>
      <div>
        <dt>Ended with a clip</dt>
        <dd>${allEnded === 0 ? 'none yet' : `${completed} of ${allEnded}`}</dd>
        <dd class="small quiet">in the last 24 hours</dd>
      </div>
    </dl>
    <div class="columns">
      <section>
        <h2>Budgets</h2>
        ${h(BudgetList, { budgets })}
      </section>
      <section>
        <h2>Spent by day</h2>
        ${h(SpendByDay, { spend })}
        <h2>Jobs by state</h2>
        ${h(JobCounts, { jobs: overview.jobs })}
      </section>
    </div>
    <h2>Models</h2>
    ${h(ModelHealth, { overview })}
    <h2>The catalog this week</h2>
    ${h(CatalogWeek, { catalog: overview.catalog })}
  `;
}

function SpendByDay({ spend }: { readonly spend: Schemas['Spend'] }): VNode {
  const days = useMemo(() => fillDays(spend.data, Date.parse(spend.since), Date.parse(spend.until)), [spend]);
  const series = useMemo(
    () => [
      { name: 'Billed', values: days.billed, colour: 1, kind: 'bars' as const },
      { name: 'Held', values: days.held, colour: 'rest' as const, kind: 'bars' as const },
    ],
    [days],
  );
  if (spend.total.jobs === 0) {
    return h(EmptyState, {
      title: 'Nothing was bought this month.',
      children: html`<p><a href=${addressOf('/explore')}>Find a model for a clip</a></p>`,
    });
  }
  return h(Chart, {
    caption: `Dollars of jobs by the day they were sent, ${readerZone()}`,
    times: days.times,
    series,
    format: formatUsd,
    formatTime: (at: number) => new Date(at).toLocaleDateString('en-GB', { dateStyle: 'medium' }),
    height: 160,
  });
}
