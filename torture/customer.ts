// A client that wants one clip and will not let go: the same key again and again until it is told how it ended.

import { setTimeout as sleep } from 'node:timers/promises';
import { keyOf, type Order } from './orders.ts';
import { type Answer, type SeenJob, type Shop, TERMINAL } from './shop.ts';

/** All that a client was told, for the verdict. */
export interface Told {
  readonly order: Order;
  /** The job last told for this key; null until there was one. */
  jobId: string | null;
  /** Every job ever told for this key: all but one must have ended refused. */
  readonly jobIds: Set<string>;
  status: string | null;
  posts: number;
  /** Clips wanted under this key: one, unless it is a client without keys that wants the same clip twice. */
  wanted: number;
  /** Whether the client has no more to ask. */
  hasLeft: boolean;
}

export interface CustomerParts {
  readonly shop: Shop;
  readonly random: () => number;
  /** Whether to give up at the next chance: the run is over. */
  readonly isOver: () => boolean;
  /** Told of every answer that cannot be true. */
  readonly accuse: (what: string) => void;
  /** Somebody else's job, to try to read; null where there is none yet. */
  readonly strangersJob: (client: string) => string | null;
}

const PATIENCE_MS = 8_000;
const HANG_UP_MS = 60;
const HANG_UP_SHARE = 0.08;
const REPEAT_SHARE = 0.2;
const TWICE_SHARE = 0.1;
const SNOOP_SHARE = 0.15;
const MAX_REFUSALS = 2;
const MAX_OVER_BUDGET = 12;
const MAX_REPEATS_OF_UNKNOWN = 2;

const LOST: ReadonlySet<string> = new Set(['budget_exceeded', 'quote_expired', 'quote_changed']);

const codeOf = ({ body }: Answer): string => (body as { readonly code?: string } | null)?.code ?? '';

export async function buy(told: Told, parts: CustomerParts): Promise<void> {
  const { order } = told;
  let { body } = order;
  const { shop, random, accuse } = parts;
  const rest = () => sleep(60 + 300 * random());

  function postOnce(): Promise<Answer | null> {
    told.posts += 1;
    const patience = random() < HANG_UP_SHARE ? HANG_UP_MS : PATIENCE_MS;
    return shop.order(order.client, order.key, body, order.respondAsync, patience);
  }

  /** Some are impatient, and send it twice at once. */
  async function post(): Promise<Answer | null> {
    if (random() >= TWICE_SHARE) return postOnce();
    const [answer, other] = await Promise.all([postOnce(), postOnce()]);
    if (other?.status === 202) note(other.body as SeenJob, 'told at once of');
    return answer ?? other;
  }

  /** Checks that an answer is about our job, and notes it. */
  function note(job: SeenJob, how: string): void {
    if (keyOf(job.request) !== order.key)
      accuse(`${order.key} was ${how} job ${job.id} of ${keyOf(job.request)}`);
    told.jobId = job.id;
    told.jobIds.add(job.id);
    told.status = job.status;
  }

  /** Notes a refusal, which names the job that ended by it; false where it was none. */
  function noteProblem({ body }: Answer): boolean {
    const { code, job_id: jobId } = (body ?? {}) as { code?: string; job_id?: string };
    if (code === 'idempotency_key_reused') accuse(`${order.key} was told that its body is another one`);
    if (code === undefined || !/^upstream_/.test(code) || jobId === undefined) return false;
    told.jobId = jobId;
    told.jobIds.add(jobId);
    told.status = 'rejected';
    return true;
  }

  /** Follows a job to its end; false where it should be ordered again. */
  async function follow(jobId: string): Promise<boolean> {
    while (!parts.isOver()) {
      if (random() < SNOOP_SHARE) await snoop();
      if (random() < REPEAT_SHARE) {
        const again = await post();
        if (again?.status === 202) note(again.body as SeenJob, 'told again of');
        // Refused meanwhile, and ordered anew by this very repeat.
        if (told.jobId !== jobId) return false;
      }
      const answer = await shop.read(order.client, `/jobs/${jobId}`, { prefer: 'wait=1' });
      if (answer?.status === 200) note(answer.body as SeenJob, 'shown');
      else if (answer?.status === 404)
        accuse(`${order.key} was told of job ${jobId}, and then that there is none`);
      else await rest();
      if (told.status && (TERMINAL.has(told.status) || told.status === 'submission_unknown')) return true;
    }
    return true;
  }

  async function snoop(): Promise<void> {
    const stranger = parts.strangersJob(order.client);
    if (stranger === null) return;
    const answer = await shop.read(order.client, `/jobs/${stranger}`);
    if (answer?.status === 200) accuse(`${order.client} was shown ${stranger}, another client's job`);
  }

  /** A quote for the order, asked for until it is given; undefined where the run is over. */
  async function askForQuote(): Promise<string | undefined> {
    while (!parts.isOver()) {
      const answer = await shop.post(order.client, '/route', order.body);
      if (answer?.status === 200) return (answer.body as { readonly quote?: string }).quote;
      await rest();
    }
    return undefined;
  }

  if (order.isQuoted) body = { ...body, quote: await askForQuote() };
  let overBudget = 0;
  let refusals = 0;
  let unknowns = 0;
  while (!parts.isOver()) {
    const answer = await post();
    if (answer?.status === 202) {
      const job = answer.body as SeenJob;
      note(job, answer.replayed ? 'told again of' : 'sold');
      if (!(await follow(job.id))) continue;
    } else if (answer && codeOf(answer) === 'budget_exceeded' && overBudget < MAX_OVER_BUDGET) {
      // There may be room in a moment.
      overBudget += 1;
      await sleep(20 + 60 * random());
      continue;
    } else if (answer && LOST.has(codeOf(answer))) {
      // Not sold, and not to be.
      return;
    } else if (answer === null || !noteProblem(answer)) {
      await rest();
      continue;
    }
    if (told.status === 'submission_unknown' && unknowns < MAX_REPEATS_OF_UNKNOWN) unknowns += 1;
    else if (told.status === 'rejected' && refusals < MAX_REFUSALS) refusals += 1;
    else return;
    await rest();
  }
}
