// The schemas of budgets: a sum per window for everything, a client or a key.

import { z } from 'zod';
import { isTimeZone, PERIODS } from '../../../core/accounts/calendar.ts';
import { BUDGET_ID_PATTERN } from '../../../service/orders/ids.ts';
import { listOf } from '../../api/schemas/list.ts';
import { queryInteger } from '../../api/schemas/query.ts';
import { usdAmount } from '../../api/schemas/usd.ts';

const MAX_USD = 1_000_000_000;
const MAX_THRESHOLDS = 10;

const usd = usdAmount(0, MAX_USD);

const NameSchema = z.string().min(1).max(128);

const BudgetScopeSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('all') }),
    z.strictObject({ kind: z.literal('client'), id: NameSchema }),
    z.strictObject({ kind: z.literal('key'), id: NameSchema }),
  ])
  .describe(
    'What the budget counts: everything, the jobs of one client, or the jobs ordered with one key. Keys that replace one another in rotations share their budgets, which name the first of them.',
  );

const terms = {
  limit_usd: usd.describe('Maximum amount spent and held per window, in US dollars.'),
  hard: z
    .boolean()
    .describe(
      'true: an order that does not fit is refused with 402. false: thresholds are reported, nothing is refused.',
    ),
  thresholds: z
    .array(z.number().gt(0).max(10))
    .max(MAX_THRESHOLDS)
    .refine((shares) => new Set(shares).size === shares.length, 'must not repeat a share')
    .describe('Shares of the limit, each reported once per window: `alarm: budget_threshold`.'),
  unpriced_hold_usd: usd
    .nullable()
    .describe('Held for a clip whose price is unknown; null: a hard budget refuses such a clip with 422.'),
  include_byok: z
    .boolean()
    .describe(
      "true: a clip billed to a provider key of your own (BYOK) counts with its estimate, else with OpenRouter's fee alone.",
    ),
};

const example = {
  scope: { kind: 'client' as const, id: 'studio' },
  limit_usd: 500,
  period: 'month' as const,
  time_zone: 'Europe/Berlin',
  hard: true,
  thresholds: [0.5, 0.8, 1],
};

export const BudgetBodySchema = z
  .strictObject({
    scope: BudgetScopeSchema,
    limit_usd: terms.limit_usd,
    period: z
      .enum(PERIODS)
      .describe(
        'Length of a window, after which the budget resets; `none`: it never resets. Weeks begin on Monday.',
      ),
    time_zone: z
      .string()
      .max(64)
      .refine(isTimeZone, 'must be an IANA time zone, such as Europe/Berlin')
      .optional()
      .describe('IANA time zone in which days, weeks and months begin. Default: UTC.'),
    hard: terms.hard.optional(),
    thresholds: terms.thresholds.optional(),
    unpriced_hold_usd: terms.unpriced_hold_usd.optional(),
    include_byok: terms.include_byok.optional(),
  })
  .meta({ id: 'BudgetBody', examples: [example] });

export const BudgetChangeSchema = z
  .strictObject({
    limit_usd: terms.limit_usd.optional(),
    hard: terms.hard.optional(),
    thresholds: terms.thresholds.optional(),
    unpriced_hold_usd: terms.unpriced_hold_usd.optional(),
    include_byok: terms.include_byok.optional(),
  })
  .meta({ id: 'BudgetChange', examples: [{ limit_usd: 750 }] });

const budgetExample = {
  id: 'budget_01K7QJ6Y8ZC5D0VN3T2R9XWE4M',
  ...example,
  unpriced_hold_usd: null,
  include_byok: false,
  created_at: '2026-11-01T08:00:00.000Z',
  window: {
    starts_at: '2026-10-31T23:00:00.000Z',
    resets_at: '2026-11-30T23:00:00.000Z',
    spent_usd: 212.35,
    held_usd: 3.2,
    adjustment_usd: 0,
    remaining_usd: 284.45,
    unknown_jobs: 0,
  },
};

export const BudgetSchema = z
  .object({
    id: z.string(),
    scope: z.object({ kind: z.enum(['all', 'client', 'key']), id: z.string().optional() }),
    limit_usd: z.number(),
    period: z.enum(PERIODS),
    time_zone: z.string(),
    hard: z.boolean(),
    thresholds: listOf(z.number()),
    unpriced_hold_usd: z.number().nullable(),
    include_byok: z.boolean(),
    created_at: z.iso.datetime(),
    window: z
      .object({
        starts_at: z.iso.datetime(),
        resets_at: z.iso.datetime().nullable().describe('null: never.'),
        spent_usd: z.number().describe('Sum of the known bills.'),
        held_usd: z.number().describe('The maximum cost of running jobs and of jobs whose bill is unknown.'),
        adjustment_usd: z.number().describe('Credits and charges that operators entered for this window.'),
        remaining_usd: z
          .number()
          .describe('limit + adjustment - spent - held; negative after a bill above its hold.'),
        unknown_jobs: z
          .int()
          .describe(
            'Jobs whose bill is unknown: their holds stay until an operator resolves them or enters the bill.',
          ),
      })
      .describe('The current window.'),
    burn_down: z
      .array(z.object({ at: z.iso.datetime(), spent_usd: z.number() }))
      .optional()
      .describe(
        'With `include=burn_down`, of a budget that resets: what was spent from the beginning of the window up to then, by the hour of a day or the day of a week or month. The last is now, and `spent_usd` of the window.',
      ),
  })
  .meta({
    id: 'Budget',
    description: 'A budget with the state of its current window.',
    examples: [budgetExample],
  });

export const BudgetListSchema = z
  .object({ data: listOf(BudgetSchema).describe('Oldest first.'), next_cursor: z.string().nullable() })
  .meta({
    id: 'BudgetList',
    description: 'A page of budgets; `next_cursor` is the cursor of the next page.',
    examples: [{ data: [budgetExample], next_cursor: null }],
  });

export const BudgetIncludeSchema = z
  .enum(['burn_down'])
  .optional()
  .describe('`burn_down`: how what is spent has grown since the window began.');

export const BudgetQuerySchema = z.strictObject({
  scope: z.enum(['all', 'client', 'key']).optional().describe('Only budgets of this kind.'),
  scope_id: NameSchema.optional().describe('With `scope`: only those of this client or key.'),
  limit: queryInteger(1, 100).prefault(20).describe('Maximum number of entries. Default: 20.'),
  include: BudgetIncludeSchema,
  cursor: z
    .string()
    .regex(BUDGET_ID_PATTERN, 'must be the next_cursor of an earlier response')
    .optional()
    .describe('Continue after an earlier response: its `next_cursor`.'),
});

export const BudgetParamsSchema = z.strictObject({ id: z.string().max(64).describe('Budget id.') });

export const AdjustmentBodySchema = z
  .strictObject({
    usd: usdAmount(-MAX_USD, MAX_USD)
      .refine((amount) => amount !== 0, 'must not be 0')
      .describe(
        'Positive: a credit that raises the limit of this window. Negative: a charge that lowers it. The adjustments of one window may not exceed a billion dollars in sum.',
      ),
    reason: z.string().min(1).max(500),
  })
  .meta({ id: 'BudgetAdjustmentBody', examples: [{ usd: 50, reason: 'Launch week' }] });

export const AdjustmentSchema = z
  .object({
    id: z.string(),
    budget_id: z.string(),
    window_starts_at: z.iso.datetime(),
    at: z.iso.datetime(),
    usd: z.number(),
    reason: z.string(),
    actor: z.string(),
  })
  .meta({
    id: 'BudgetAdjustment',
    description: 'An amount added to the limit of one window, with the reason.',
    examples: [
      {
        id: 'adjustment_01K7QJ6Y8ZC5D0VN3T2R9XWE4M',
        budget_id: budgetExample.id,
        window_starts_at: '2026-10-31T23:00:00.000Z',
        at: '2026-11-28T12:00:00.000Z',
        usd: 50,
        reason: 'Launch week',
        actor: 'alice',
      },
    ],
  });
