// Budgets in the storm: at the end their rows must agree with the jobs, with upstream's bills, and with their limits.

import type { LedgerEntry } from '../src/simulator/index.ts';
import type { AttemptLine, Books, BudgetLine, HoldLine, WindowLine } from './books.ts';
import { CLIENTS, OPERATOR, type Stage } from './stage.ts';

/** What the rows of budgets say that cannot be. Each list is empty where all is well. */
export interface Misaccounts {
  readonly spentAboveLimit: readonly string[];
  /** Holds of no job, and jobs without a hold. */
  readonly strayHolds: readonly string[];
  /** Windows that are not the sum of their holds, or do not begin where their zone's days do. */
  readonly drift: readonly string[];
  /** Attempts that were not settled exactly once, at their bill, where it is known. */
  readonly settledWrong: readonly string[];
}

export const NO_MISACCOUNTS: Misaccounts = {
  spentAboveLimit: [],
  strayHolds: [],
  drift: [],
  settledWrong: [],
};

/** What `press` may spend: a handful of clips, soon reached. */
const TIGHT_USD = 0.6;
const AMPLE_USD = 1_000_000;
/** Their days never begin when those of UTC do. */
const FAR_ZONES = ['Pacific/Kiritimati', 'Pacific/Pago_Pago'];
const ATTEMPTS = 40;
const REST_MS = 250;

/** The budget that is soon reached. */
export interface TightBudget {
  readonly id: string;
}

/**
 * Makes budgets for everything, in days of two far zones too, and one per client. With an odd seed those for everything are
 * of one client: else every order would wait for their rows, and those of one client never meet at theirs. Null where the
 * gateway has no budgets.
 */
export async function openBudgets({ shop, options }: Stage): Promise<TightBudget | null> {
  const most = options.seed % 2 === 0 ? { kind: 'all' } : { kind: 'client', id: 'studio' };
  const forever = { period: 'none', hard: true };
  const bodies = [
    { scope: most, limit_usd: AMPLE_USD, ...forever },
    ...FAR_ZONES.map((zone) => ({
      scope: most,
      limit_usd: AMPLE_USD,
      period: 'day',
      time_zone: zone,
    })),
    ...CLIENTS.map((id) => ({
      scope: { kind: 'client', id },
      limit_usd: id === 'press' ? TIGHT_USD : AMPLE_USD,
      ...forever,
    })),
  ];
  const made: TightBudget[] = [];
  for (const body of bodies) {
    let answer = null;
    for (let attempt = 0; attempt < ATTEMPTS && (answer === null || answer.status >= 500); attempt++) {
      answer = await shop.post(OPERATOR, '/budgets', body);
      if (answer === null) await new Promise((resolve) => setTimeout(resolve, REST_MS));
    }
    // The naive gateway knows of no budgets.
    if (answer?.status === 404 || answer?.status === 200) return null;
    if (answer?.status !== 201) throw new Error(`No budget was made: ${JSON.stringify(answer)}`);
    made.push(answer.body as TightBudget);
  }
  return made[bodies.findIndex(({ limit_usd }) => limit_usd === TIGHT_USD)] ?? null;
}

export const isClean = (found: Misaccounts): boolean =>
  Object.values(found).every((list: readonly string[]) => list.length === 0);

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);
const attemptOf = ({ job_id, attempt }: Pick<HoldLine, 'job_id' | 'attempt'>) => `${job_id}/${attempt}`;
const holdOf = (hold: HoldLine) => `${attemptOf(hold)} in ${hold.budget_id}`;

/** What upstream was paid for an attempt by our rows, in micro-dollars; null = unknown. */
function billOf({ status, submitted_at, actual_micro_usd }: AttemptLine): number | null {
  if (actual_micro_usd !== null) return actual_micro_usd;
  return submitted_at === null || status === 'rejected' || status === 'not_accepted' ? 0 : null;
}

/** @param books when everything has had its time. @param ledger upstream's. */
export function auditBooks(books: Books, ledger: readonly LedgerEntry[]): Misaccounts {
  const { budgets, windows, holds, attempts } = books;
  const byAttempt = new Map(attempts.map((attempt) => [attemptOf(attempt), attempt]));
  const budgetOf = new Map(budgets.map((budget) => [budget.id, budget]));
  const held = new Set(holds.map(holdOf));
  const applies = ({ scope_kind, scope_id }: BudgetLine, { client_id }: AttemptLine) =>
    scope_kind === 'all' || scope_id === client_id;
  const ofWindow = ({ budget_id, starts_at }: WindowLine) =>
    holds.filter((hold) => hold.budget_id === budget_id && hold.starts_at === starts_at);

  return {
    spentAboveLimit: windows.flatMap((window) => {
      const budget = budgetOf.get(window.budget_id);
      if (!budget?.hard) return [];
      // A bill above its hold is counted in full: that much, and no more, may be above the limit.
      const overrun = sum(
        ofWindow(window).map((hold) => Math.max(0, (hold.settled_micro_usd ?? 0) - hold.held_micro_usd)),
      );
      const { settled_micro_usd: settled, held_micro_usd: open } = window;
      const limit = budget.limit_micro_usd + window.adjustment_micro_usd;
      return settled + open > limit + overrun
        ? [`${nameOf(budget)} has ${settled} settled and ${open} held of ${limit}`]
        : [];
    }),

    strayHolds: [
      ...holds
        .filter((hold) => !byAttempt.has(attemptOf(hold)))
        .map((hold) => `${holdOf(hold)} holds ${hold.held_micro_usd} for no job`),
      ...attempts.flatMap((attempt) =>
        budgets
          .filter((budget) => applies(budget, attempt) && !held.has(`${attemptOf(attempt)} in ${budget.id}`))
          .map((budget) => `${attemptOf(attempt)} was let through ${nameOf(budget)} without a hold`),
      ),
    ],

    drift: [
      ...windows.flatMap((window) => {
        const own = ofWindow(window);
        const open = sum(own.map((hold) => (hold.state === 'held' ? hold.held_micro_usd : 0)));
        const settled = sum(own.map((hold) => hold.settled_micro_usd ?? 0));
        return open === window.held_micro_usd && settled === window.settled_micro_usd
          ? []
          : [
              `${window.budget_id} says ${window.held_micro_usd} held and ${window.settled_micro_usd} settled, its holds ${open} and ${settled}`,
            ];
      }),
      ...holds.flatMap((hold) => findWrongWindow(hold, budgetOf.get(hold.budget_id), byAttempt)),
    ],

    settledWrong: [
      ...holds.flatMap((hold) => {
        const attempt = byAttempt.get(attemptOf(hold));
        return attempt ? findWrongSettlement(hold, attempt) : [];
      }),
      ...attempts.flatMap((attempt) => findWrongBill(attempt, ledger)),
    ],
  };
}

const nameOf = ({ id, scope_kind, scope_id }: BudgetLine) =>
  `the budget ${id} of ${scope_id ?? (scope_kind === 'all' ? 'everything' : scope_kind)}`;

/** A day of the budget's zone begins with its window, and is the day on which the job was ordered. */
function findWrongWindow(
  hold: HoldLine,
  budget: BudgetLine | undefined,
  attempts: ReadonlyMap<string, AttemptLine>,
): string[] {
  const attempt = attempts.get(attemptOf(hold));
  if (!attempt || budget?.period !== 'day') return [];
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: budget.time_zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const [day] = format.format(attempt.created_at).split(' ');
  const found = format.format(hold.starts_at);
  return found === `${day} 00:00:00`
    ? []
    : [`${holdOf(hold)} was ordered on ${day} in ${budget.time_zone} and is held in a window from ${found}`];
}

/** Once its bill is known an attempt is settled at it, and before that it holds what it may cost. */
function findWrongSettlement(hold: HoldLine, attempt: AttemptLine): string[] {
  const bill = billOf(attempt);
  // What is not ended may be queued again: its bill is not yet 0 for good.
  const isOpen = bill === null || OPEN.has(attempt.status);
  const said = `${holdOf(hold)} is ${hold.state} at ${hold.settled_micro_usd}`;
  if (isOpen) {
    if (hold.state !== 'held') return [`${said}, and its bill is unknown`];
    return hold.held_micro_usd < (attempt.ceiling_micro_usd ?? 0)
      ? [`${holdOf(hold)} holds ${hold.held_micro_usd} and may cost ${attempt.ceiling_micro_usd}`]
      : [];
  }
  if (attempt.status === 'written_off') return hold.state === 'settled' ? [] : [`${said}, written off`];
  return hold.state !== 'held' && hold.settled_micro_usd === bill ? [] : [`${said}, its bill is ${bill}`];
}

const OPEN: ReadonlySet<string> = new Set([
  'queued',
  'submitting',
  'pending',
  'in_progress',
  'submission_unknown',
]);

function findWrongBill(attempt: AttemptLine, ledger: readonly LedgerEntry[]): string[] {
  const { upstream_id: id, actual_micro_usd: bill } = attempt;
  const entry = id === null || bill === null ? undefined : ledger.find(({ job_id }) => job_id === id);
  if (!entry || entry.billed_usd === null) return [];
  const truth = Math.round(entry.billed_usd * 1e6);
  return truth === bill ? [] : [`${attemptOf(attempt)} was billed ${truth}, and says ${bill}`];
}
