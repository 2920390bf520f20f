// When to pause submits, and which: a share of unknown outcomes that says something is wrong with a model, with what one
// client sends, or with the path to OpenRouter as a whole.

/** Who submitted to whom. */
export interface SubmitTarget {
  readonly model: string;
  readonly client: string;
}

/** What became of the submits of one client to one model in the last `WINDOW_MS`. */
export interface SubmitCounts extends SubmitTarget {
  readonly submits: number;
  readonly unknown: number;
}

/** What a circuit breaker pauses: a client's submits to a model, all to the model, all of the client, or all. */
export type BreakerScope = 'pair' | 'model' | 'client' | 'all';

/** From the narrowest: a pause is never wider than what the outcomes show. */
export const BREAKER_SCOPES = ['pair', 'model', 'client', 'all'] as const satisfies readonly BreakerScope[];

export const WINDOW_MS = 5 * 60 * 1000;

const MAX_UNKNOWN_SHARE = 0.01;

// On a quiet gateway a single unknown is far above 1 %, and one broken connection is no reason to stop; nor are two,
// for one blip strikes whatever is under way together. Three in five minutes are a pattern, and three paid videos at
// stake. A minimum of submits instead would let a gateway that buys ten clips an hour lose every one of them.
const MIN_UNKNOWN = 3;

/** Whether the submits of a scope that `target` belongs to include this one. */
export function isInScope(scope: BreakerScope, target: SubmitTarget, other: SubmitTarget): boolean {
  const isModel = target.model === other.model;
  const isClient = target.client === other.client;
  return scope === 'pair'
    ? isModel && isClient
    : scope === 'model'
      ? isModel
      : scope === 'client'
        ? isClient
        : true;
}

/**
 * Whether so many outcomes of a scope are unknown that each further submit is likely to add another. A model is to blame
 * only where several clients see it fail, a client only where several models fail for it, and the whole only where it
 * fails even without the client and without the model that fail most.
 */
export function shouldPause(
  scope: BreakerScope,
  target: SubmitTarget,
  counts: readonly SubmitCounts[],
): boolean {
  const own = counts.filter((count) => isInScope(scope, target, count));
  const failing = own.filter(({ unknown }) => unknown > 0);
  const clients = new Set(failing.map(({ client }) => client));
  const models = new Set(failing.map(({ model }) => model));
  switch (scope) {
    case 'pair':
      return isPattern(own);
    case 'model':
      return isPattern(own) && clients.size > 1;
    case 'client':
      return isPattern(own) && models.size > 1;
    case 'all': {
      const client = worstOf(own, 'client');
      const model = worstOf(own, 'model');
      return (
        isPattern(own.filter((count) => count.client !== client)) &&
        isPattern(own.filter((count) => count.model !== model))
      );
    }
  }
}

function isPattern(counts: readonly SubmitCounts[]): boolean {
  const { submits, unknown } = sumOf(counts);
  return unknown >= MIN_UNKNOWN && unknown > submits * MAX_UNKNOWN_SHARE;
}

export function sumOf(counts: readonly SubmitCounts[]): {
  readonly submits: number;
  readonly unknown: number;
} {
  return counts.reduce(
    (sum, { submits, unknown }) => ({ submits: sum.submits + submits, unknown: sum.unknown + unknown }),
    { submits: 0, unknown: 0 },
  );
}

/** The client or model with the most unknown outcomes. */
function worstOf(counts: readonly SubmitCounts[], by: keyof SubmitTarget): string | null {
  const unknown = new Map<string, number>();
  for (const count of counts) unknown.set(count[by], (unknown.get(count[by]) ?? 0) + count.unknown);
  const [worst] = [...unknown].sort(([, a], [, b]) => b - a);
  return worst?.[0] ?? null;
}

const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = WINDOW_MS;

/** Milliseconds until a trial, after `failedTrials` trials in a row whose outcome was unknown again. */
export const pauseMs = (failedTrials: number): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failedTrials);
