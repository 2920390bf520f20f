// POST /route/replay: what clips that were bought would cost if they were routed now, by other weights.

import { z } from 'zod';
import { routingShape } from '../../../core/clip/clip-spec.ts';
import { visibleTo } from '../../../core/principal.ts';
import type { Replays } from '../../../service/planning/replay.ts';
import { invalidRequest, toInputError } from '../../input/input-errors.ts';
import { operatorRequired } from '../../server/authority.ts';
import type { App } from '../../server/context.ts';
import { listOf } from '../schemas/list.ts';
import { problems } from '../schemas/problem.ts';
import { NoQuerySchema, rangeShape } from '../schemas/query.ts';

export interface ReplayRoutesParts {
  readonly replay: Replays;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

const MONTH_MS = 30 * 24 * 60 * 60 * 1000;

const ReplayBodySchema = z
  .strictObject({
    priority: routingShape.priority,
    since: rangeShape.since.describe(
      'Start of the range, by time of order. Default: 30 days before `until`.',
    ),
    until: rangeShape.until.describe('End of the range, exclusive. Default: now.'),
    client: z
      .string()
      .regex(/^[\w.:-]{1,80}$/, 'must be the name of a client')
      .optional()
      .describe('For operators and auditors: only the clips of this client. Default: all clients.'),
    limit: z
      .int()
      .min(1)
      .max(300)
      .default(100)
      .describe('Maximum number of clips to route again, newest first.'),
  })
  .meta({ id: 'RouteReplayRequest', examples: [{ priority: 'fast_and_cheap', limit: 100 }] });

const ReplaySchema = z
  .object({
    clips: z
      .int()
      .describe(
        'Clips whose bill is known and that a model of the current catalog can make at a known price.',
      ),
    billed_usd: z.number().describe('Sum of the bills of these clips.'),
    routed_usd: z.number().describe('Their likely cost if routed now with these weights.'),
    same_model: z.int().describe('Number of clips for which the same model would be selected again.'),
    skipped: z
      .int()
      .describe(
        'Completed jobs that are left out: the bill is unknown, or no model or price is available now.',
      ),
    has_more: z.boolean().describe('true if the range has more jobs than `limit`.'),
    models: listOf(z.object({ model: z.string(), clips: z.int(), usd: z.number() })).describe(
      'The models that would be selected, the one with the most clips first.',
    ),
  })
  .meta({
    id: 'RouteReplay',
    description: 'The bills of clips beside their likely cost with other weights.',
    examples: [
      {
        clips: 41,
        billed_usd: 12.34,
        routed_usd: 9.87,
        same_model: 30,
        skipped: 2,
        has_more: false,
        models: [{ model: 'x-ai/grok-imagine-video', clips: 41, usd: 9.87 }],
      },
    ],
  });

export function replayRoutes({ replay, clock }: ReplayRoutesParts) {
  return async (app: App): Promise<void> => {
    app.post(
      '/route/replay',
      {
        config: { changesNothing: true },
        schema: {
          operationId: 'replayRoutes',
          summary: 'Compare past bills with the cost under other weights; buys nothing',
          description:
            'Routes completed jobs again with the current catalog and the current knowledge of each model, and compares the likely bills with the real ones. Clients compare their own clips, operators and auditors all clips.',
          tags: ['routing'],
          querystring: NoQuerySchema,
          body: ReplayBodySchema,
          response: { 200: ReplaySchema, ...problems(400, 401, 403, 405, 413, 415, 500, 503) },
        },
      },
      async ({ body, principal }) => {
        if (body.client !== undefined && principal.kind === 'client') throw operatorRequired();
        const until = body.until === undefined ? clock() + 1 : Date.parse(body.until);
        const since = body.since === undefined ? until - MONTH_MS : Date.parse(body.since);
        if (until <= since) throw invalidRequest([toInputError(['until'], 'must be later than since')]);
        const { priority, limit, client } = body;
        const clientId = client ?? visibleTo(principal);
        const answer = await replay({ clientId, since, until, priority, limit });
        return {
          clips: answer.clips,
          billed_usd: answer.billedUsd,
          routed_usd: answer.routedUsd,
          same_model: answer.sameModel,
          skipped: answer.skipped,
          has_more: answer.hasMore,
          models: [...answer.models],
        };
      },
    );
  };
}
