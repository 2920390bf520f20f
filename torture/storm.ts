// One run: customers buy while things go wrong, then everything gets its time, then the ledger is read.

import { setTimeout as sleep } from 'node:timers/promises';
import { auditBooks, isClean, type Misaccounts, NO_MISACCOUNTS, openBudgets } from './accounts.ts';
import { auditMeanwhile } from './auditor.ts';
import { readBooks } from './books.ts';
import { findWrongClips } from './clips.ts';
import { buy, type Told } from './customer.ts';
import { buyInFairWeather } from './fair-weather.ts';
import { forgeWebhooks } from './forger.ts';
import { causeMishaps, type Mishaps } from './mishaps.ts';
import { keyOf, makeOrder, type Weather } from './orders.ts';
import { forgive } from './restore.ts';
import { buyBySdk } from './sdk-customer.ts';
import { type OwnedJob, TERMINAL } from './shop.ts';
import { CLIENTS, type Stage, secretOf } from './stage.ts';
import { findPaidTwice, holds, judge, type Verdict } from './verdict.ts';

export interface StormOptions {
  readonly seconds: number;
  /** At most so many keys. */
  readonly keys: number;
  readonly weather: Weather;
  readonly mishaps: boolean;
  /** Customers at once. */
  readonly customers?: number;
  /** Ends the storm early. */
  readonly isEnough?: () => boolean;
  /** Called when the customers have gone, before everything gets its time. */
  readonly beforeDrain?: () => Promise<void>;
  /** Ends at the first proof of guilt, of this one where one is named, without waiting for the rest. */
  readonly untilGuilty?: boolean | 'paidTwice' | 'toldWrong';
}

export interface Outcome {
  readonly verdict: Verdict;
  readonly holds: boolean;
  readonly seconds: number;
  readonly mishaps: Mishaps;
  /** Processes that died, by our hand or at a failpoint. */
  readonly deaths: number;
  readonly keys: number;
  readonly posts: number;
  /** Orders of clients without keys, those of them whose connection was cut, and answers that were lost by it. */
  readonly unkeyed: { readonly orders: number; readonly cut: number; readonly lost: number };
  /** Submits that reached upstream, and jobs bought by them. */
  readonly submits: number;
  readonly bought: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly statuses: ReadonlyMap<string, number>;
  readonly clipsCompared: number;
  /** Webhooks that lied, well signed. */
  readonly forgeries: number;
}

/** The largest share of steps that stand still in what passes for fair weather. */
const FAIR_PAUSES = 0.02;
const CUSTOMERS = 32;
/** One customer in so many is an SDK client without keys. */
const SDK_CUSTOMERS = 3;
const DRAIN_MS = 60_000;
const LOOK_MS = 400;
/** In fast time. */
const LATE_WEBHOOK_MS = 60_000 + 12_000 * 30;

export function countBy(names: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export async function runStorm(stage: Stage, options: StormOptions): Promise<Outcome> {
  const { simulator, shop, randomFor } = stage;
  const begun = Date.now();
  const tolds: Told[] = [];
  const { share = 0 } = stage.options.trouble?.pauses ?? {};
  // Where every third step stands still, an answer that does not come in time proves nothing.
  const { untilGuilty = false } = options;
  const isFair = options.mishaps && share <= FAIR_PAUSES && typeof untilGuilty === 'boolean';
  const budget = await openBudgets(stage);
  let wrong: Misaccounts = NO_MISACCOUNTS;
  const accusations: string[] = isFair ? await buyInFairWeather(stage) : [];
  const forgiving = forgive(tolds);
  const { isForgiven } = forgiving;
  const wantedOf = (key: string) =>
    isForgiven(key)
      ? Number.POSITIVE_INFINITY
      : (tolds.find(({ order }) => order.key === key)?.wanted ?? 1) + (stage.balancer.lost().get(key) ?? 0);
  const findStanding = () => accusations.filter((what) => !isForgiven(/^(key-\d+) /.exec(what)?.[1] ?? null));
  const isGuilty = () =>
    untilGuilty !== false &&
    (findPaidTwice(simulator.ledger(), wantedOf).length > 0 ||
      (untilGuilty !== 'paidTwice' && (findStanding().length > 0 || !isClean(wrong))));
  let guilty = false;
  const isOver = () =>
    guilty || Date.now() - begun > options.seconds * 1000 || (options.isEnough?.() ?? false);

  const closing = new AbortController();
  const unkeyed: Told[] = [];

  async function keepBuying(lane: number): Promise<void> {
    const random = randomFor(`customer/${lane}`);
    const isSdk = lane % SDK_CUSTOMERS === SDK_CUSTOMERS - 1;
    const accuse = (what: string) => accusations.push(what);
    while (!isOver() && tolds.length < options.keys) {
      const order = makeOrder(randomFor, options.weather, tolds.length);
      const told: Told = {
        order,
        jobId: null,
        jobIds: new Set(),
        status: null,
        posts: 0,
        wanted: 1,
        hasLeft: false,
      };
      tolds.push(told);
      if (isSdk) {
        unkeyed.push(told);
        const { url } = stage.balancer;
        await buyBySdk(told, { shop, url, secretOf, random, signal: closing.signal, accuse });
        told.hasLeft = true;
        continue;
      }
      await buy(told, {
        shop,
        random,
        isOver,
        accuse,
        strangersJob: (client) =>
          tolds.find((other) => other.jobId !== null && other.order.client !== client)?.jobId ?? null,
      });
      told.hasLeft = true;
    }
  }

  const watching = setInterval(() => {
    guilty ||= isGuilty();
    if (isOver()) closing.abort();
  }, LOOK_MS);
  const nothing: Mishaps = { kills: 0, pauses: 0, databaseCrashes: 0, fullDisks: 0, outages: 0, restores: 0 };
  let idle = false;
  const forging = options.mishaps ? forgeWebhooks(stage, () => idle || isOver()) : Promise.resolve(0);
  const mishapping = options.mishaps
    ? causeMishaps(stage, () => idle || isOver(), { ...forgiving, accuse: (what) => accusations.push(what) })
    : Promise.resolve(nothing);
  const auditing = budget
    ? auditMeanwhile(
        stage,
        budget,
        () => idle || isOver(),
        (found) => {
          wrong = found;
        },
      )
    : Promise.resolve();
  const lanes = Array.from({ length: options.customers ?? CUSTOMERS }, (_, lane) => keepBuying(lane));
  await Promise.all(lanes);
  closing.abort();
  idle = true;
  const mishaps = await mishapping;
  const forgeries = await forging;
  await auditing;
  clearInterval(watching);

  await options.beforeDrain?.();
  await Promise.all(stage.replicas.map((replica) => replica.listening()));
  const all = guilty ? await listJobs(stage).catch(() => []) : await settle(stage, isForgiven);
  const jobs = all.filter(({ request }) => !isForgiven(keyOf(request)));
  if (!guilty) accusations.push(...findBrokenPromises(tolds, all));
  const collapses = stage.replicas.reduce((sum, replica) => sum + replica.collapses(), 0);
  if (collapses > 0)
    accusations.push(`processes ended by themselves ${collapses} times, for no order of ours`);
  const clips = guilty ? { wrong: [], compared: 0 } : await findWrongClips(stage, jobs);
  const ledger = simulator.ledger();
  const misaccounts =
    guilty || !budget || !isClean(wrong) ? wrong : auditBooks(await readBooks(stage.databaseUrl), ledger);
  const remembered = ledger.filter(({ body }) => !isForgiven(keyOf(body)));
  const judged = judge(remembered, jobs, [...findStanding(), ...clips.wrong], misaccounts, wantedOf);
  const verdict = guilty ? { ...judged, notBound: [], notEnded: [] } : judged;
  return {
    verdict,
    holds: holds(verdict),
    seconds: (Date.now() - begun) / 1000,
    mishaps,
    deaths: stage.replicas.reduce((sum, replica) => sum + replica.deaths(), 0),
    keys: tolds.length,
    posts: tolds.reduce((sum, told) => sum + told.posts, 0),
    unkeyed: {
      orders: unkeyed.reduce((sum, { posts }) => sum + posts, 0),
      cut: stage.balancer.cuts(),
      lost: [...stage.balancer.lost().values()].reduce((sum, count) => sum + count, 0),
    },
    submits: simulator.submits(),
    bought: ledger.length,
    faults: countBy(
      tolds.flatMap(({ order }) => order.faults.map((fault) => fault.split(' count=')[0] ?? fault)),
    ),
    statuses: countBy(all.map(({ status }) => status)),
    clipsCompared: clips.compared,
    forgeries,
  };
}

/** What a client was told of must still be there, and every job of a key but one must have been refused. */
function findBrokenPromises(tolds: readonly Told[], jobs: readonly OwnedJob[]): string[] {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  return tolds.flatMap(({ order, jobIds, wanted }) => {
    const gone = [...jobIds].filter((id) => !byId.has(id));
    const standing = [...jobIds].filter((id) => !REFUSED.has(byId.get(id)?.status ?? 'rejected'));
    return [
      ...gone.map((id) => `${order.key} was told of job ${id}, which is gone`),
      ...(standing.length > wanted ? [`${order.key} was told of ${standing.join(' and ')}`] : []),
    ];
  });
}

const REFUSED: ReadonlySet<string> = new Set(['rejected', 'not_accepted']);

const listJobs = async ({ shop }: Stage): Promise<OwnedJob[]> =>
  (await Promise.all(CLIENTS.map((client) => shop.listAll(client)))).flat();

/** Waits until nothing is left to happen, or time is up. */
async function settle(stage: Stage, isForgiven: (key: string | null) => boolean): Promise<OwnedJob[]> {
  for (const until = Date.now() + DRAIN_MS; ; ) {
    const jobs = await listJobs(stage);
    const ledger = stage.simulator.ledger().filter(({ body }) => !isForgiven(keyOf(body)));
    const unknownKeys = new Set(
      jobs.filter(({ status }) => status === 'submission_unknown').map(({ request }) => keyOf(request)),
    );
    const ended = jobs.every(({ status }) => TERMINAL.has(status) || status === 'submission_unknown');
    // A webhook that is still to come, or was taken and is still to be believed.
    const awaited = ledger.some(
      (entry) =>
        unknownKeys.has(keyOf(entry.body)) &&
        !jobs.some((job) => job.upstream.id === entry.job_id) &&
        (entry.webhooks.length === 0 ? mayStillCome(entry.ready_at, stage) : wasTaken(entry.webhooks)),
    );
    if ((ended && !awaited) || Date.now() > until) return jobs;
    await sleep(LOOK_MS);
  }
}

const wasTaken = (webhooks: readonly { readonly status: number | null }[]): boolean =>
  webhooks.some(({ status }) => status !== null && status < 300);

/** A webhook leaves when its job ends or a minute later, and upstream waits ten seconds of the wall for an answer. */
function mayStillCome(readyAt: string | null, { clock }: Stage): boolean {
  return readyAt !== null && clock() < Date.parse(readyAt) + LATE_WEBHOOK_MS;
}
