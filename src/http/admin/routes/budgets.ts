// /budgets: operators say who may spend how much; auditors read it.

import { Big } from 'big.js';
import { z } from 'zod';
import { type BudgetScope, type BudgetState, remainingOf } from '../../../core/accounts/budget.ts';
import type { BurnPoint } from '../../../core/accounts/burn-down.ts';
import { fromMicroUsd, toMicroUsd } from '../../../core/money.ts';
import type { Budgets } from '../../../service/accounts/budgets.ts';
import { problems } from '../../api/schemas/problem.ts';
import { NoQuerySchema } from '../../api/schemas/query.ts';
import { invalidRequest, toInputError } from '../../input/input-errors.ts';
import type { App } from '../../server/context.ts';
import { actOf, idempotencyOf } from '../act.ts';
import { IdempotencyHeadersSchema } from '../schemas/access.ts';
import {
  AdjustmentBodySchema,
  AdjustmentSchema,
  BudgetBodySchema,
  BudgetChangeSchema,
  BudgetListSchema,
  BudgetParamsSchema,
  BudgetQuerySchema,
  BudgetSchema,
} from '../schemas/budget.ts';

export interface BudgetRoutesParts {
  readonly budgets: Budgets;
}

const DEFAULT_THRESHOLDS = [0.5, 0.8, 1];

const microUsd = (usd: number): number => toMicroUsd(new Big(usd));
const microUsdOrNull = (usd: number | null): number | null => (usd === null ? null : microUsd(usd));
const usdOrNull = (micro: number | null): number | null => (micro === null ? null : fromMicroUsd(micro));
const isoTime = (at: number): string => new Date(at).toISOString();

/** @param burnDown how its spend has grown, where that is asked for. */
export function renderBudget(
  { budget, use, resetsAt, unknownJobs }: BudgetState,
  burnDown?: readonly BurnPoint[],
) {
  return {
    id: budget.id,
    scope: budget.scope,
    limit_usd: fromMicroUsd(budget.limitMicroUsd),
    period: budget.period,
    time_zone: budget.timeZone,
    hard: budget.hard,
    thresholds: [...budget.thresholds],
    unpriced_hold_usd: usdOrNull(budget.unpricedHoldMicroUsd),
    include_byok: budget.includeByok,
    created_at: isoTime(budget.createdAt),
    window: {
      starts_at: isoTime(use.startsAt),
      resets_at: resetsAt === null ? null : isoTime(resetsAt),
      spent_usd: fromMicroUsd(use.settledMicroUsd),
      held_usd: fromMicroUsd(use.heldMicroUsd),
      adjustment_usd: fromMicroUsd(use.adjustmentMicroUsd),
      remaining_usd: fromMicroUsd(remainingOf(budget.limitMicroUsd, use)),
      unknown_jobs: unknownJobs,
    },
    ...(burnDown && {
      burn_down: burnDown.map(({ at, microUsd: spent }) => ({
        at: isoTime(at),
        spent_usd: fromMicroUsd(spent),
      })),
    }),
  };
}

export function budgetRoutes({ budgets }: BudgetRoutesParts) {
  return async (app: App): Promise<void> => {
    app.post(
      '/budgets',
      {
        schema: {
          operationId: 'createBudget',
          summary: 'Create a budget (operators)',
          description:
            'Before an order is sent, its maximum cost is held in each budget that applies: those of scope `all`, of its client and of its key. A scope can have several budgets, such as one per day and one per month.',
          tags: ['accounts'],
          querystring: NoQuerySchema,
          body: BudgetBodySchema,
          response: { 201: BudgetSchema, ...problems(400, 401, 403, 405, 408, 413, 415, 500, 503) },
        },
      },
      async (request, reply) => {
        const { body } = request;
        const terms = {
          scope: body.scope,
          limitMicroUsd: microUsd(body.limit_usd),
          period: body.period,
          timeZone: body.time_zone ?? 'UTC',
          hard: body.hard ?? true,
          thresholds: [...(body.thresholds ?? DEFAULT_THRESHOLDS)].sort((a, b) => a - b),
          unpricedHoldMicroUsd: microUsdOrNull(body.unpriced_hold_usd ?? null),
          includeByok: body.include_byok ?? false,
        };
        const state = await budgets.create(terms, actOf(request));
        return reply.code(201).header('location', `/budgets/${state.budget.id}`).send(renderBudget(state));
      },
    );

    app.get(
      '/budgets',
      {
        schema: {
          operationId: 'listBudgets',
          summary: 'List budgets with the state of each window (operators and auditors)',
          description: 'Newest first, in pages: send `next_cursor` as `cursor` for the next one.',
          tags: ['accounts'],
          querystring: BudgetQuerySchema,
          response: { 200: BudgetListSchema, ...problems(400, 401, 403, 405, 500, 503) },
        },
      },
      async ({ query }) => {
        const { budgets: page, nextCursor } = await budgets.list({
          scope: scopeOf(query.scope, query.scope_id),
          cursor: query.cursor ?? null,
          limit: query.limit,
        });
        const burnDown = query.include && (await budgets.burnDown(page));
        return {
          data: page.map((state) => renderBudget(state, burnDown?.get(state.budget.id))),
          next_cursor: nextCursor,
        };
      },
    );

    app.get(
      '/budgets/:id',
      {
        schema: {
          operationId: 'getBudget',
          summary: 'Get one budget with the state of its window (operators and auditors)',
          description: 'The amounts spent, held for running jobs and remaining, and the time of the reset.',
          tags: ['accounts'],
          params: BudgetParamsSchema,
          querystring: NoQuerySchema,
          response: { 200: BudgetSchema, ...problems(400, 401, 403, 404, 405, 500, 503) },
        },
      },
      async ({ params }) => renderBudget(await budgets.get(params.id)),
    );

    app.patch(
      '/budgets/:id',
      {
        schema: {
          operationId: 'updateBudget',
          summary: 'Change a budget (operators)',
          description:
            'The change applies from the next order on. Amounts that are already held stay held: lowering a limit cancels no job.',
          tags: ['accounts'],
          params: BudgetParamsSchema,
          querystring: NoQuerySchema,
          body: BudgetChangeSchema,
          response: { 200: BudgetSchema, ...problems(400, 401, 403, 404, 405, 408, 413, 415, 500, 503) },
        },
      },
      async (request) => {
        const { params, body } = request;
        const change = {
          ...(body.limit_usd !== undefined && { limitMicroUsd: microUsd(body.limit_usd) }),
          ...(body.hard !== undefined && { hard: body.hard }),
          ...(body.thresholds !== undefined && { thresholds: [...body.thresholds].sort((a, b) => a - b) }),
          ...(body.unpriced_hold_usd !== undefined && {
            unpricedHoldMicroUsd: microUsdOrNull(body.unpriced_hold_usd),
          }),
          ...(body.include_byok !== undefined && { includeByok: body.include_byok }),
        };
        return renderBudget(await budgets.update(params.id, change, actOf(request)));
      },
    );

    app.delete(
      '/budgets/:id',
      {
        schema: {
          operationId: 'deleteBudget',
          summary: 'Delete a budget (operators)',
          description: 'The budget no longer limits orders. The jobs that it counted and their cost stay.',
          tags: ['accounts'],
          params: BudgetParamsSchema,
          querystring: NoQuerySchema,
          response: { 204: z.null().describe('Deleted.'), ...problems(400, 401, 403, 404, 405, 500, 503) },
        },
      },
      async (request, reply) => {
        await budgets.remove(request.params.id, actOf(request));
        return reply.code(204).send(null);
      },
    );

    app.post(
      '/budgets/:id/adjustments',
      {
        schema: {
          operationId: 'adjustBudget',
          summary: 'Credit or charge the current window of a budget (operators)',
          description:
            'Spent amounts cannot be changed. An adjustment records a credit, or raises the limit of the current window.',
          tags: ['accounts'],
          params: BudgetParamsSchema,
          querystring: NoQuerySchema,
          headers: IdempotencyHeadersSchema,
          body: AdjustmentBodySchema,
          response: {
            201: AdjustmentSchema,
            ...problems(400, 401, 403, 404, 405, 408, 413, 415, 422, 500, 503),
          },
        },
      },
      async (request, reply) => {
        const { params, body, headers } = request;
        const { usd, reason } = body;
        const by = { ...actOf(request), reason };
        const act = idempotencyOf(headers['idempotency-key'], { act: 'adjust', id: params.id, body });
        const { adjustment, replayed } = await budgets.adjust(params.id, microUsd(usd), by, act);
        if (replayed) reply.header('idempotent-replayed', 'true');
        return reply.code(201).send({
          id: adjustment.id,
          budget_id: adjustment.budgetId,
          window_starts_at: isoTime(adjustment.startsAt),
          at: isoTime(adjustment.at),
          usd: fromMicroUsd(adjustment.microUsd),
          reason: adjustment.reason,
          actor: adjustment.actor,
        });
      },
    );
  };
}

function scopeOf(kind: BudgetScope['kind'] | undefined, id: string | undefined): BudgetScope | null {
  if (kind === undefined && id === undefined) return null;
  if (kind === 'all' && id === undefined) return { kind };
  if (kind !== undefined && kind !== 'all' && id !== undefined) return { kind, id };
  const problem =
    kind === undefined
      ? 'needs scope=client or scope=key beside it'
      : kind === 'all'
        ? 'does not go with scope=all'
        : `is required with scope=${kind}`;
  throw invalidRequest([toInputError(['scope_id'], problem, 'query')]);
}
