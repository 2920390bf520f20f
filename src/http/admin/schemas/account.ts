// The schema of GET /account.

import { z } from 'zod';
import { listOf } from '../../api/schemas/list.ts';
import { LimitsAnswerSchema, ModelRulesAnswerSchema } from './access.ts';
import { BudgetIncludeSchema, BudgetSchema } from './budget.ts';

export const AccountSchema = z
  .object({
    kind: z.enum(['client', 'operator', 'auditor']),
    name: z.string(),
    client: z.string().describe('The owner of the jobs that it orders.'),
    key_id: z.string().nullable().describe('null if this gateway requires no key.'),
    scopes: listOf(z.enum(['read', 'write'])),
    models: listOf(ModelRulesAnswerSchema).describe(
      'Model rules of the key and of its client; a model must satisfy all of them. Empty = every model.',
    ),
    limits: listOf(LimitsAnswerSchema.extend({ scope: z.enum(['key', 'client']), id: z.string() })).describe(
      'Limits of the key and of its client; each is counted separately.',
    ),
    budgets: listOf(BudgetSchema).describe(
      'Every budget that applies to its orders, with the amount left and the time of the reset.',
    ),
  })
  .meta({
    id: 'Account',
    description: 'The caller: its identity, its permissions, and what is left of its limits and budgets.',
    examples: [
      {
        kind: 'client',
        name: 'studio',
        client: 'studio',
        key_id: 'env_5f1c09ab77e2',
        scopes: ['read', 'write'],
        models: [],
        limits: [],
        budgets: [],
      },
    ],
  });

export const AccountQuerySchema = z.strictObject({ include: BudgetIncludeSchema });
