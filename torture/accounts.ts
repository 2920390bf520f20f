// Budgets in the storm: at the end every window must say what its jobs were billed and may still be, and no more than its limit.

import { type OwnedJob, TERMINAL } from './shop.ts';
import { CLIENTS, OPERATOR, type Stage } from './stage.ts';

interface Budget {
  readonly scope: { readonly kind: string; readonly id?: string };
  readonly limit_usd: number;
  readonly window: { readonly spent_usd: number; readonly held_usd: number };
}

/** What `press` may spend: a handful of clips, soon reached. */
const TIGHT_USD = 0.4;
const AMPLE_USD = 1_000_000;
const ATTEMPTS = 40;
const REST_MS = 250;
/** Sums of dollars in binary fractions. */
const TOLERANCE_USD = 1e-6;

/** Makes a budget for everything and one per client. False where the gateway has no budgets. */
export async function openBudgets({ shop }: Stage): Promise<boolean> {
  const scopes = [{ kind: 'all' }, ...CLIENTS.map((id) => ({ kind: 'client', id }))];
  for (const scope of scopes) {
    const limit = 'id' in scope && scope.id === 'press' ? TIGHT_USD : AMPLE_USD;
    const body = { scope, limit_usd: limit, period: 'none', hard: true };
    let answer = null;
    for (let attempt = 0; attempt < ATTEMPTS && (answer === null || answer.status >= 500); attempt++) {
      answer = await shop.post(OPERATOR, '/budgets', body);
      if (answer === null) await new Promise((resolve) => setTimeout(resolve, REST_MS));
    }
    // The naive gateway knows of no budgets.
    if (answer?.status === 404 || answer?.status === 200) return false;
    if (answer?.status !== 201) throw new Error(`No budget was made: ${JSON.stringify(answer)}`);
  }
  return true;
}

/** What each budget says that its jobs do not. @param jobs of all clients, when everything has had its time. */
export async function findMisaccounted({ shop }: Stage, jobs: readonly OwnedJob[]): Promise<string[]> {
  const answer = await shop.read(OPERATOR, '/budgets?limit=100');
  if (answer?.status !== 200) return [`the budgets cannot be read: ${JSON.stringify(answer)}`];
  const { data } = answer.body as { data: Budget[] };
  return data.flatMap(({ scope, limit_usd: limit, window }) => {
    const of = scope.kind === 'all' ? 'everything' : `${scope.id}`;
    const own = jobs.filter(({ client }) => scope.kind === 'all' || client === scope.id);
    const billed = sum(own.map(({ cost }) => cost.actual_usd ?? 0));
    const open = own.filter(mayStillCost);
    const held = sum(open.map(({ cost }) => cost.ceiling_usd ?? 0));
    const found: string[] = [];
    if (differ(window.spent_usd, billed)) {
      found.push(`the budget of ${of} says ${window.spent_usd} is spent, its jobs were billed ${billed}`);
    }
    if (differ(window.held_usd, held)) {
      found.push(`the budget of ${of} holds ${window.held_usd}, ${open.length} jobs may still cost ${held}`);
    }
    // A bill above its hold is counted in full: that much, and no more, may be above the limit.
    const overrun = sum(own.map(({ cost }) => Math.max(0, (cost.actual_usd ?? 0) - (cost.ceiling_usd ?? 0))));
    if (window.spent_usd + window.held_usd > limit + overrun + TOLERANCE_USD) {
      found.push(
        `the budget of ${of} has ${window.spent_usd} spent and ${window.held_usd} held of a limit of ${limit}`,
      );
    }
    return found;
  });
}

/** True where a job was, or may have been, bought and its bill is unknown. */
function mayStillCost({ status, cost, submitted }: OwnedJob): boolean {
  if (cost.actual_usd !== null || status === 'rejected' || status === 'not_accepted') return false;
  return !TERMINAL.has(status) || submitted;
}

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);
const differ = (a: number, b: number): boolean => Math.abs(a - b) > TOLERANCE_USD;
