// What clips that were bought would cost if they were routed now, by other weights: a comparison, and no purchase.

import type { Catalog } from '../../core/catalog/catalog.ts';
import { type ClipSpec, clipSpecShape, type Routing } from '../../core/clip/clip-spec.ts';
import type { SubmitBody } from '../../core/job/job.ts';
import type { Knowledge } from '../../core/learning/knowledge.ts';
import { fromMicroUsd, toMicroUsd } from '../../core/money.ts';
import { planRoute } from '../../core/routing/plan-route.ts';
import type { Jobs } from '../jobs/jobs.ts';

export interface ReplayQuestion {
  /** Null = every client's. */
  readonly clientId: string | null;
  /** Epoch milliseconds: jobs made from then up to, not including, `until`. */
  readonly since: number;
  readonly until: number;
  readonly priority: Routing['priority'];
  /** Clips that are routed again, newest first. */
  readonly limit: number;
}

export interface Replay {
  /** Clips whose bill is known and that a model of the present catalog makes at a price that is known. */
  readonly clips: number;
  /** Of those, what they were billed, and what they would be likely to cost. */
  readonly billedUsd: number;
  readonly routedUsd: number;
  /** Of those, how many the model that made them would make again. */
  readonly sameModel: number;
  /** Completed jobs left out: without a bill, or without a model or a price now. */
  readonly skipped: number;
  /** Whether the range has more jobs than were looked at. */
  readonly hasMore: boolean;
  readonly models: readonly { readonly model: string; readonly clips: number; readonly usd: number }[];
}

export interface ReplayParts {
  readonly jobs: Pick<Jobs, 'list'>;
  readonly catalog: { get(): Promise<{ readonly catalog: Catalog }> };
  /** What is known at the moment of asking, for a client. */
  readonly knowledge: (clientId: string) => Knowledge;
  /** Lets other requests go first. */
  readonly yieldTurn: () => Promise<unknown>;
}

const PAGE = 100;
/** Some ten milliseconds of routing between two turns. */
const BATCH = 10;

export type Replays = (question: ReplayQuestion) => Promise<Replay>;

/** @throws ClipgateError catalog_unavailable. */
export function createReplay({ jobs, catalog, knowledge, yieldTurn }: ReplayParts): Replays {
  return async ({ clientId, since, until, priority, limit }) => {
    const { catalog: models } = await catalog.get();
    const byModel = new Map<string, { clips: number; microUsd: number }>();
    let [clips, billed, routed, sameModel, seen] = [0, 0, 0, 0, 0];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<Jobs['list']>> = await jobs.list({
        clientId,
        since,
        until,
        cursor,
        limit: Math.min(PAGE, limit - seen),
        statuses: ['completed'],
        model: null,
        tag: null,
        reference: null,
        keyId: null,
      });
      for (const job of page.jobs) {
        seen += 1;
        if (seen % BATCH === 0) await yieldTurn();
        if (job.actualMicroUsd === null) continue;
        const routing: Routing = { priority, passthrough: 'when_supported' };
        const [best] = planRoute(models, specOf(job.request), routing, knowledge(job.clientId)).candidates;
        const usd = best?.estimate.usd;
        if (!best || !usd) continue;
        const microUsd = toMicroUsd(usd);
        clips += 1;
        billed += job.actualMicroUsd;
        routed += microUsd;
        if (best.model.id === job.model) sameModel += 1;
        const own = byModel.get(best.model.id) ?? { clips: 0, microUsd: 0 };
        byModel.set(best.model.id, { clips: own.clips + 1, microUsd: own.microUsd + microUsd });
      }
      cursor = page.nextCursor;
    } while (cursor !== null && seen < limit);
    return {
      clips,
      billedUsd: fromMicroUsd(billed),
      routedUsd: fromMicroUsd(routed),
      sameModel,
      skipped: seen - clips,
      hasMore: cursor !== null,
      models: [...byModel]
        .map(([model, own]) => ({ model, clips: own.clips, usd: fromMicroUsd(own.microUsd) }))
        .sort((one, other) => other.clips - one.clips || (one.model < other.model ? -1 : 1)),
    };
  };
}

/**
 * What was asked for, from what was sent: the names are the same. Pictures are cut, and an erased request is what its
 * price hung on: neither changes the price.
 */
const specOf = (request: SubmitBody): ClipSpec =>
  Object.fromEntries(
    Object.entries(request).filter(([field]) => Object.hasOwn(clipSpecShape, field)),
  ) as ClipSpec;
