// The schema of what a caller is, may, and has left.

import { z } from 'zod';
import { listOf } from '../../api/schemas/list.ts';
import { LimitsAnswerSchema, ModelRulesAnswerSchema } from './access.ts';
import { BudgetIncludeSchema, BudgetSchema } from './budget.ts';

export const AccountSchema = z
  .object({
    kind: z.enum(['client', 'operator', 'auditor']),
    name: z.string(),
    client: z.string().describe('Who owns the jobs it orders.'),
    key_id: z.string().nullable().describe('null: this gateway asks for no key.'),
    scopes: listOf(z.enum(['read', 'write'])),
    models: listOf(ModelRulesAnswerSchema).describe(
      'Of the key and of its client: a model must satisfy each. Empty: every model.',
    ),
    limits: listOf(LimitsAnswerSchema.extend({ scope: z.enum(['key', 'client']), id: z.string() })).describe(
      'Of the key and of its client: each counts for itself.',
    ),
    budgets: listOf(BudgetSchema).describe(
      'Every budget that its orders ask, with what is left and when it resets.',
    ),
  })
  .meta({
    id: 'Account',
    description: 'What a caller is, may, and has left.',
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
