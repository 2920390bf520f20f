// The schemas of spend: sums by time and group, and the columns of its export.

import { z } from 'zod';
import { isTimeZone } from '../../../core/accounts/calendar.ts';
import { SPEND_BASES, SPEND_GROUPS, type SpendGroup } from '../../../core/accounts/spend.ts';
import { listOf } from './list.ts';
import { rangeShape } from './query.ts';

const INTERVALS = ['hour', 'day', 'week', 'month', 'none'] as const;

const ClientSchema = z
  .string()
  .regex(/^[\w.:-]{1,80}$/, 'must be the name of a client')
  .optional()
  .describe('For operators and auditors: only this client. Default: all clients.');

const GROUP = SPEND_GROUPS.join('|');

export const SpendQuerySchema = z.strictObject({
  since: rangeShape.since.describe('Default: the beginning of the month of `until`, in `time_zone`.'),
  until: rangeShape.until.describe('End of the range, exclusive. Default: now.'),
  group_by: z
    .string()
    .regex(
      new RegExp(`^(${GROUP})(,(${GROUP}))*$`),
      `must be some of ${SPEND_GROUPS.join(', ')}, separated by commas`,
    )
    .refine((text) => new Set(text.split(',')).size === text.split(',').length, 'must not repeat a group')
    .optional()
    .describe('One row per `client`, `key`, `model` or `tag`; several separated by commas.'),
  interval: z.enum(INTERVALS).prefault('none').describe('One row per interval. Weeks begin on Monday.'),
  time_zone: z
    .string()
    .max(64)
    .refine(isTimeZone, 'must be an IANA time zone, such as Europe/Berlin')
    .prefault('UTC')
    .describe('Where days, weeks and months begin.'),
  by: z
    .enum(SPEND_BASES)
    .prefault('submitted')
    .describe(
      '`submitted`: by the time of the submit, running jobs included. `settled`: by the time at which the bill became known, so that a late bill does not change a past month.',
    ),
  client: ClientSchema,
});

export type SpendQuery = z.output<typeof SpendQuerySchema>;

export const toGroups = (text: string | undefined): SpendGroup[] =>
  SPEND_GROUPS.filter((group) => text?.split(',').includes(group));

const sums = {
  jobs: z.int().describe('Number of attempts: a job with two attempts (`fallback`) counts twice.'),
  billed_usd: z.number().describe('Sum of the known bills.'),
  estimated_usd: z.number().describe('Sum of the estimates of attempts that were bought or may have been.'),
  held_usd: z
    .number()
    .describe('Maximum cost of running jobs and of jobs whose bill is unknown, as far as it is known.'),
  unknown_jobs: z
    .int()
    .describe('Jobs that have ended, or may have, and whose bill is unknown. No sum counts them as 0.'),
};

const example = { jobs: 41, billed_usd: 12.34, estimated_usd: 12.5, held_usd: 0.12, unknown_jobs: 1 };

export const SpendSchema = z
  .object({
    data: listOf(
      z.object({
        start: z.iso.datetime().describe('Beginning of the interval, or of the range if that is later.'),
        client: z.string().optional(),
        key: z.string().nullable().optional().describe('Id of the key; null: ordered without a key.'),
        model: z.string().optional(),
        tag: z.string().nullable().optional().describe('null: jobs without tags.'),
        ...sums,
      }),
    ).describe(
      'Ordered by time, then by group; rows without jobs are left out. A job with several tags is in the row of each tag.',
    ),
    total: z
      .object({ start: z.iso.datetime(), ...sums })
      .describe('The whole range, with every job counted once.'),
    since: z.iso.datetime(),
    until: z.iso.datetime(),
  })
  .meta({
    id: 'Spend',
    description: 'What was spent.',
    examples: [
      {
        data: [{ start: '2026-11-01T00:00:00.000Z', client: 'studio', ...example }],
        total: { start: '2026-11-01T00:00:00.000Z', ...example },
        since: '2026-11-01T00:00:00.000Z',
        until: '2026-12-01T00:00:00.000Z',
      },
    ],
  });

export const SpendExportQuerySchema = z.strictObject({
  format: z.enum(['csv', 'ndjson']).prefault('csv').describe('How the rows are written.'),
  since: rangeShape.since.describe('Default: everything.'),
  until: rangeShape.until.describe('End of the range, exclusive. Default: now.'),
  client: ClientSchema,
});

export const CsvSchema = z.string().meta({ id: 'SpendCsv', description: 'RFC 4180, with a header row.' });
export const NdjsonSchema = z.string().meta({ id: 'SpendNdjson', description: 'One JSON object a line.' });
