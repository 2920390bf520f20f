// The schemas of the catalog's history.

import { z } from 'zod';
import { listOf } from './list.ts';
import { ModelNameSchema } from './order.ts';
import { queryInteger } from './query.ts';

export const changeExample = {
  at: '2026-10-02T09:05:00.000Z',
  model: 'bytedance/seedance-2.0-fast',
  kind: 'changed' as const,
  fields: [{ field: 'prices.video_tokens', before: 0.0000056, after: 0.0000042 }],
};

export const CatalogChangeSchema = z
  .object({
    at: z.iso.datetime().describe('When this gateway observed the change.'),
    model: z.string(),
    kind: z.enum(['added', 'removed', 'changed']),
    fields: listOf(z.object({ field: z.string(), before: z.unknown(), after: z.unknown() })).describe(
      'Capabilities, and prices in dollars per unit as prices.<sku>. Empty for added and removed models.',
    ),
  })
  .meta({ id: 'CatalogChange', examples: [changeExample] });

export const CatalogChangeListSchema = z
  .object({ data: listOf(CatalogChangeSchema).describe('Oldest first.'), next_cursor: z.string().nullable() })
  .meta({
    id: 'CatalogChangeList',
    description: 'A page of changes; `next_cursor` is the cursor of the next page.',
    examples: [{ data: [changeExample], next_cursor: null }],
  });

export const CatalogChangeQuerySchema = z.strictObject({
  since: z.iso
    .datetime({ offset: true, error: 'must be a time such as 2026-10-01T00:00:00Z' })
    .optional()
    .describe('Only changes observed after this time.'),
  cursor: z
    .string()
    .regex(/^\d{1,15}\.\d{1,6}$/, 'must be the next_cursor of an earlier response')
    .optional()
    .describe('Continue after an earlier response.'),
  model: ModelNameSchema.optional().describe('Only changes of this model, by its id.'),
  limit: queryInteger(1, 1000).prefault(200).describe('Maximum number of entries.'),
});
