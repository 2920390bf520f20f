// GET /key: what the caller may still spend, from its budgets in this gateway.

import { type BudgetState, remainingOf } from '../../../core/accounts/budget.ts';
import { fromMicroUsd } from '../../../core/money.ts';
import type { Budgets } from '../../../service/accounts/budgets.ts';
import type { App } from '../../server/context.ts';
import { AnyQuerySchema, KeySchema, openRouterErrors } from '../schemas.ts';

export interface KeyRoutesParts {
  readonly budgets: Pick<Budgets, 'of'>;
}

const RESETS: Readonly<Record<string, string>> = { day: 'daily', week: 'weekly', month: 'monthly' };

const leftOf = ({ budget, use }: BudgetState): number => remainingOf(budget.limitMicroUsd, use);

export function keyRoutes({ budgets }: KeyRoutesParts) {
  return async (app: App): Promise<void> => {
    app.get(
      '/key',
      {
        schema: {
          operationId: 'getCurrentKey',
          summary: 'Get what the key can still spend',
          description:
            'From the hard budget with the smallest remaining amount, which is the first to refuse orders.',
          tags: ['key'],
          querystring: AnyQuerySchema,
          response: { 200: KeySchema, ...openRouterErrors(400, 401, 403, 405, 429, 500, 503) },
        },
      },
      async ({ principal }) => {
        const states = await budgets.of(principal);
        const [tightest = null] = states
          .filter(({ budget }) => budget.hard)
          .sort((one, other) => leftOf(one) - leftOf(other));
        const spentIn = (period: string) => {
          const counted = states.filter(({ budget }) => budget.period === period);
          return fromMicroUsd(Math.max(0, ...counted.map(({ use }) => use.settledMicroUsd)));
        };
        return {
          data: {
            label: principal.name,
            limit: tightest && fromMicroUsd(tightest.budget.limitMicroUsd),
            limit_remaining: tightest && fromMicroUsd(Math.max(0, leftOf(tightest))),
            limit_reset: tightest && (RESETS[tightest.budget.period] ?? null),
            usage: tightest ? fromMicroUsd(tightest.use.settledMicroUsd) : 0,
            usage_daily: spentIn('day'),
            usage_weekly: spentIn('week'),
            usage_monthly: spentIn('month'),
            byok_usage: 0,
            byok_usage_daily: 0,
            byok_usage_weekly: 0,
            byok_usage_monthly: 0,
            include_byok_in_limit: tightest?.budget.includeByok ?? false,
            is_free_tier: false,
            is_management_key: false,
            is_provisioning_key: false,
            creator_user_id: null,
            organization_id: null,
            workspace_id: null,
            allowed_data_regions: ['global'],
            free_model_daily_requests: { limit: 0, remaining: 0, used: 0 },
            rate_limit: { requests: -1, interval: '10s', note: 'This field is deprecated.' },
          },
        };
      },
    );
  };
}
