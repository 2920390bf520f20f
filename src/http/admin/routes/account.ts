// GET /account: identity and permissions of the caller, and what is left of its limits and budgets.

import type { Budgets } from '../../../service/accounts/budgets.ts';
import { problems } from '../../api/schemas/problem.ts';
import type { App } from '../../server/context.ts';
import { renderLimits, renderModelRules } from '../schemas/access.ts';
import { AccountQuerySchema, AccountSchema } from '../schemas/account.ts';
import { renderBudget } from './budgets.ts';

export function accountRoutes({ budgets }: { readonly budgets: Pick<Budgets, 'of' | 'burnDown'> }) {
  return async (app: App): Promise<void> => {
    app.get(
      '/account',
      {
        schema: {
          operationId: 'getAccount',
          summary: 'Your identity, permissions, limits and budgets',
          description:
            'The client, scopes, models and limits of the key, and every budget that applies to its orders.',
          tags: ['accounts'],
          querystring: AccountQuerySchema,
          response: { 200: AccountSchema, ...problems(400, 401, 403, 405, 500, 503) },
        },
      },
      async ({ principal, query }) => {
        const states = await budgets.of(principal);
        const burnDown = query.include && (await budgets.burnDown(states));
        return {
          kind: principal.kind,
          name: principal.name,
          client: principal.client,
          key_id: principal.keyId,
          scopes: [...principal.scopes],
          models: principal.models.map(renderModelRules),
          limits: principal.limits.map(({ scope, id, line: _, ...limits }) => ({
            scope,
            id,
            ...renderLimits(limits),
          })),
          budgets: states.map((state) => renderBudget(state, burnDown?.get(state.budget.id))),
        };
      },
    );
  };
}
