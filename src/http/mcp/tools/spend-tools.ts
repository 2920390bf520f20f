// get_spend: what was spent, by time and by key, model or tag.

import { visibleTo } from '../../../core/principal.ts';
import type { Spend } from '../../../service/accounts/spend.ts';
import { readSpend } from '../../api/routes/spend.ts';
import { SpendSchema } from '../../api/schemas/spend.ts';
import { GetSpendSchema } from '../schemas.ts';
import { defineTool, type Tool } from '../tool.ts';

export const spendTools = ({ spend }: { readonly spend: Pick<Spend, 'sum'> }): readonly Tool[] => [
  defineTool({
    name: 'get_spend',
    title: 'Get spend',
    description:
      'What was spent in US dollars, this month unless since and until say otherwise. Bills that are not known yet count as unknown_jobs, not as 0.',
    scope: 'read',
    input: GetSpendSchema,
    output: SpendSchema,
    run: async (query, { principal }) => ({
      structured: await readSpend(spend, visibleTo(principal), query),
    }),
  }),
];
