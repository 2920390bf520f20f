// Runs a week in fast time: customers order, incidents come and go, and at the end every account of it is read.

import type { JobStore } from '../../src/store/ports/job-store.ts';
import { createCalendar, hours, minutes } from './calendar.ts';
import type { Samples } from './exposition.ts';
import { INCIDENTS, type Incident, type Scene } from './incidents.ts';
import { openWeekStage, TIME_SCALE, type WeekStage } from './stage.ts';
import type { BudgetView, ExportLine, Happening, Placed, WeekRecord } from './verdict.ts';

export interface WeekOptions {
  readonly seed: number;
  /** Orders of customers; incidents bring some of their own. */
  readonly jobs: number;
  /** How long the week is. */
  readonly hours: number;
  /** Which incidents happen; default: all. */
  readonly incidents?: (incident: Incident) => boolean;
  /** Incidents that do not happen although they are announced: the run must notice. */
  readonly sham?: (incident: Incident) => boolean;
  /** For planting a fault. */
  readonly wrapStore?: (store: JobStore) => JobStore;
  /** Receives a scrape now and then. */
  readonly onScrape?: (at: number, samples: Samples) => void;
}

export interface Week {
  readonly record: WeekRecord;
  /** Names of incidents that could not be staged here. */
  readonly skipped: readonly string[];
  /** Wall seconds. */
  readonly seconds: number;
  readonly clipsCompared: number;
}

/** A Monday, so that a budget's week is the run's. */
const START_MS = Date.parse('2026-11-02T00:00:00Z');
const STEP_MS = 30_000;
const CATALOG_MS = minutes(10);
const SCRAPE_MS = minutes(15);
/** In whole: what is ordered last has ended before the windows of the budgets do. */
const REST_MS = hours(1);
const QUIET_BEFORE_MS = minutes(10);
const RETRY_MS = minutes(4);
const DRAIN_MS = hours(3);
/** On a full disk an order may wait until there is room. */
const HANGING_MS = 1_500;
const CLIPS_COMPARED = 40;
const MB_PER_JOB = 0.016;

interface Planned extends Happening {
  readonly incident: Incident;
  state: 'to come' | 'on' | 'over';
}

type Customer = { -readonly [K in keyof Placed]: Placed[K] } & { readonly jobIds: string[]; dueAt: number };

export async function runWeek(options: WeekOptions): Promise<Week> {
  const begun = performance.now();
  const stage = await openWeekStage({
    seed: options.seed,
    startMs: START_MS,
    diskMb: Math.ceil(32 + options.jobs * MB_PER_JOB),
    ...(options.wrapStore ? { wrapStore: options.wrapStore } : {}),
  });
  try {
    const skipped: string[] = [];
    const incidents = INCIDENTS.filter(options.incidents ?? (() => true)).filter((incident) => {
      const can = stage.disk !== null || !('store_unavailable' in incident.alarms);
      if (!can) skipped.push(incident.name);
      return can;
    });
    await stage.begin();
    const { record, clipsCompared } = await live(stage, incidents, options);
    return { record, skipped, clipsCompared, seconds: (performance.now() - begun) / 1000 };
  } finally {
    await stage.close();
  }
}

async function live(stage: WeekStage, incidents: readonly Incident[], options: WeekOptions) {
  const endMs = START_MS + hours(options.hours);
  const plans = incidents.map((incident): Planned => {
    const from = START_MS + Math.floor(((endMs - START_MS) * incident.at) / STEP_MS) * STEP_MS;
    const { name, alarms, mayRaise = [], echoMs = 0 } = incident;
    return { incident, name, alarms, mayRaise, echoMs, from, to: from + incident.lastsMs, state: 'to come' };
  });
  const calendar = createCalendar(stage.randomFor, TIME_SCALE);
  const quiet = plans
    .filter(({ incident }) => incident.isQuiet)
    .map(({ from, to }) => ({ from: from - QUIET_BEFORE_MS, to }));
  const probes = plans.flatMap(({ incident, from }, index) =>
    incident.probesMs.map((after, number) =>
      calendar.makeProbe(1_000_000 + index * 100 + number, from + after),
    ),
  );
  const customers = [...calendar.draw(options.jobs, START_MS, endMs - REST_MS, quiet), ...probes].map(
    (order): Customer => ({ order, jobIds: [], acceptedAt: null, isForgotten: false, dueAt: order.at }),
  );
  const waiting = new Set(customers);
  const accusations: string[] = [];
  const budgets = await openBudgets(stage);
  let backedUpAt: number | null = null;
  let steps = 0;
  let nextCatalogAt = START_MS;
  let nextScrapeAt = START_MS;

  const isOn = (alarm: string) => plans.some(({ state, alarms }) => state === 'on' && alarm in alarms);
  const isDiskFull = () => isOn('store_unavailable');

  async function place(customer: Customer): Promise<void> {
    const { order } = customer;
    const answer = await stage.request(order.client, '/jobs', {
      method: 'POST',
      body: JSON.stringify(order.body),
      headers: { 'idempotency-key': order.key },
    });
    const body = (await answer.json()) as { id?: string; job_id?: string };
    const jobId = answer.status === 202 ? body.id : body.job_id;
    if (jobId !== undefined && !customer.jobIds.includes(jobId)) customer.jobIds.push(jobId);
    if (answer.status === 202) {
      customer.acceptedAt = stage.clock();
      waiting.delete(customer);
      return;
    }
    if (answer.status < 500 && answer.status !== 402)
      accusations.push(`${order.key} was answered ${answer.status}: ${JSON.stringify(body)}`);
    // Again under the same key, once whatever is wrong may be over.
    const until = plans.find(({ state }) => state === 'on')?.to ?? 0;
    customer.dueAt = Math.max(stage.clock() + RETRY_MS, until + STEP_MS);
  }

  let hanging: Promise<unknown> = Promise.resolve();
  async function placeDue(): Promise<void> {
    const now = stage.clock();
    const due = [...waiting].filter(({ dueAt }) => dueAt <= now);
    if (due.length === 0) return;
    // Apart until they are answered.
    for (const customer of due) customer.dueAt = Number.POSITIVE_INFINITY;
    const placed = Promise.all(due.map(place));
    if (!isDiskFull()) return void (await placed);
    hanging = Promise.all([hanging, placed]);
    const patience = new Promise((resolve) => setTimeout(resolve, HANGING_MS));
    await Promise.race([placed, patience]);
  }

  /** What the background loops would do by now. */
  async function work(): Promise<void> {
    const { gateway } = stage.life();
    const attempt = async (tick: () => unknown) => {
      try {
        await tick();
      } catch (error) {
        if (!isDiskFull()) throw error;
      }
    };
    await attempt(async () => {
      for (;;) {
        const { claimed, settled } = await gateway.poller.tick();
        await settled;
        if (claimed === 0) break;
      }
    });
    await attempt(() => gateway.waiting.tick());
    await attempt(() => gateway.budgetWatch.tick());
    await attempt(() => gateway.billWatch.tick());
    await gateway.serviceWatch.sweep();
    if (stage.clock() >= nextCatalogAt) {
      const isGood = await gateway.refreshCatalog();
      nextCatalogAt = stage.clock() + (isGood ? CATALOG_MS : STEP_MS);
    }
    if (options.onScrape && stage.clock() >= nextScrapeAt) {
      nextScrapeAt = stage.clock() + SCRAPE_MS;
      options.onScrape(stage.clock(), await stage.scrape());
    }
  }

  async function step(before: () => Promise<void> = async () => undefined): Promise<void> {
    steps += 1;
    stage.jumpTo(START_MS + steps * STEP_MS);
    await before();
    await placeDue();
    await work();
  }

  const openJobs = async (): Promise<number> => {
    const samples = await stage.scrape();
    return [...samples].reduce(
      (sum, [name, value]) => (/^clipgate_jobs\{/.test(name) ? sum + value : sum),
      0,
    );
  };

  async function drain(): Promise<void> {
    const until = stage.clock() + DRAIN_MS;
    while ((await openJobs()) > 0 || (await stage.scrape()).get('clipgate_archive_backlog') !== 0) {
      if (stage.clock() > until) throw new Error('Jobs have not ended within three hours of the week');
      // The sum of the backlog is read anew once a minute.
      for (let count = 0; count < 4; count++) await step();
    }
  }

  const scene: Scene = {
    ...stage,
    watchedBudget: budgets.watched,
    drain,
    backedUp() {
      backedUpAt = stage.clock();
    },
    forgetSinceBackup() {
      for (const customer of customers) {
        if (backedUpAt !== null && (customer.acceptedAt ?? 0) > backedUpAt) customer.isForgotten = true;
      }
    },
    accuse: (what) => void accusations.push(what),
  };

  async function moveOn(plan: Planned): Promise<void> {
    const isSham = options.sham?.(plan.incident) ?? false;
    if (plan.state === 'to come' && stage.clock() >= plan.from) {
      if (!isSham) await plan.incident.begin(scene);
      plan.state = 'on';
    }
    if (plan.state === 'on' && stage.clock() >= plan.to) {
      if (!isSham) await plan.incident.end(scene);
      // What hung finds room now, before its lease runs out in a jump.
      await hanging;
      plan.state = 'over';
    }
  }

  while (stage.clock() < endMs && (stage.clock() < endMs - REST_MS || waiting.size > 0)) {
    await step(async () => {
      for (const plan of plans) await moveOn(plan);
    });
  }
  await drain();
  await enterInvoice(stage);

  const record = await read(stage, { plans, customers, accusations });
  return { record, clipsCompared: Math.min(CLIPS_COMPARED, customers.length) };
}

/** As an operator does at the end of a week: what upstream told no bill of is looked up on its invoice. */
async function enterInvoice(stage: WeekStage): Promise<void> {
  const billedOf = new Map(stage.simulator.ledger().map((entry) => [entry.job_id, entry.billed_usd]));
  for (const { job_id, billed_usd, status } of await readExport(stage)) {
    if (billed_usd !== null || status === 'rejected') continue;
    const job = await stage.request('operator', `/jobs/${job_id}`);
    const { upstream } = (await job.json()) as { upstream: { id: string | null } };
    const usd = billedOf.get(upstream.id ?? '');
    if (typeof usd !== 'number') continue;
    const body = { usd, reason: 'Invoice of the week.' };
    await stage.request('operator', `/jobs/${job_id}/bill`, { method: 'POST', body: JSON.stringify(body) });
  }
}

async function readExport(stage: WeekStage): Promise<ExportLine[]> {
  const since = new Date(START_MS).toISOString();
  const answer = await stage.request('operator', `/spend/export?format=ndjson&since=${since}`);
  return (await answer.text())
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ExportLine);
}

async function openBudgets(stage: WeekStage): Promise<{ readonly watched: string }> {
  const make = async (scope: object, period: string, isHard: boolean): Promise<string> => {
    const answer = await stage.request('operator', '/budgets', {
      method: 'POST',
      body: JSON.stringify({ scope, limit_usd: 1e5, period, time_zone: 'UTC', hard: isHard }),
    });
    if (answer.status !== 201) throw new Error(`POST /budgets answered ${answer.status}`);
    return ((await answer.json()) as { id: string }).id;
  };
  await make({ kind: 'all' }, 'none', true);
  await make({ kind: 'client', id: 'agency' }, 'day', true);
  return { watched: await make({ kind: 'client', id: 'studio' }, 'week', false) };
}

interface Seen {
  readonly plans: readonly Planned[];
  readonly customers: readonly Customer[];
  readonly accusations: readonly string[];
}

async function read(stage: WeekStage, { plans, customers, accusations }: Seen): Promise<WeekRecord> {
  const json = async <T>(path: string): Promise<T> =>
    (await (await stage.request('operator', path)).json()) as T;
  const since = new Date(START_MS).toISOString();
  const spend = await json<{
    data: { client: string; billed_usd: number }[];
    total: { billed_usd: number };
  }>(`/spend?group_by=client&since=${since}`);
  const { data: budgets } = await json<{
    data: {
      scope: BudgetView['scope'];
      period: string;
      window: { spent_usd: number; held_usd: number; starts_at: string | null };
    }[];
  }>('/budgets?limit=100');
  const gauges = await stage.scrape();
  const storedBytes = new Map<string, number>();
  for (const [key, { body }] of stage.bucket.objects) {
    const jobId = /([^/]+)-0(\.[0-9a-f]+)?\.mp4$/.exec(key)?.[1];
    if (jobId !== undefined) storedBytes.set(jobId, body.length);
  }
  return {
    happenings: plans,
    alarms: stage.alarms,
    ends: stage.ends,
    ledger: stage.simulator.ledger(),
    placed: customers,
    lines: await readExport(stage),
    spend: {
      totalUsd: spend.total.billed_usd,
      byClient: new Map(spend.data.map(({ client, billed_usd }) => [client, billed_usd])),
    },
    counters: await stage.counters(),
    gauges,
    budgets: budgets.map(({ scope, period, window }) => ({
      scope,
      period,
      spentUsd: window.spent_usd,
      heldUsd: window.held_usd,
      startsAt: window.starts_at === null ? 0 : Date.parse(window.starts_at),
    })),
    storedBytes,
    wrongClips: await compareClips(stage, customers),
    accusations,
  };
}

/** Some of the clips, as the gateway hands them out, with those of upstream. */
async function compareClips(stage: WeekStage, customers: readonly Customer[]): Promise<string[]> {
  const wrong: string[] = [];
  const stride = Math.max(1, Math.floor(customers.length / CLIPS_COMPARED));
  for (let index = 0; index < customers.length; index += stride) {
    const customer = customers[index];
    const jobId = customer?.jobIds.at(-1);
    if (!customer || jobId === undefined || customer.isForgotten) continue;
    const { client, key } = customer.order;
    const job = (await (await stage.request(client, `/jobs/${jobId}`)).json()) as {
      status: string;
      upstream: { id: string | null };
    };
    if (job.status !== 'completed') continue;
    const ours = await stage.request(client, `/jobs/${jobId}/content`);
    const theirs = await fetch(`${stage.simulator.apiUrl}/videos/${job.upstream.id}/content`, {
      headers: { authorization: 'Bearer sk-or-week' },
    });
    const [mine, other] = await Promise.all([ours.arrayBuffer(), theirs.arrayBuffer()]);
    if (ours.status !== 200 || !Buffer.from(mine).equals(Buffer.from(other)))
      wrong.push(`the clip of ${key} is answered ${ours.status} and is not what upstream has`);
  }
  return wrong;
}
