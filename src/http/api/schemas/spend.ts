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
  until: rangeShape.until.describe('Default: now. Not included.'),
  group_by: z
    .string()
    .regex(
      new RegExp(`^(${GROUP})(,(${GROUP}))*$`),
      `must be some of ${SPEND_GROUPS.join(', ')}, separated by commas`,
    )
    .refine((text) => new Set(text.split(',')).size === text.split(',').length, 'must not repeat a group')
    .optional()
    .describe(
      'A row for each `client`, `key`, `model` or `tag`, or for several of these, separated by commas.',
    ),
  interval: z.enum(INTERVALS).prefault('none').describe('A row for each of these. Weeks begin on Monday.'),
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
      '`submitted`: by when a job was sent, jobs under way included. `settled`: by when its bill was known; a bill that ' +
        'comes later counts when it comes, so that closed months stay closed.',
    ),
  client: ClientSchema,
});

export type SpendQuery = z.output<typeof SpendQuerySchema>;

export const toGroups = (text: string | undefined): SpendGroup[] =>
  SPEND_GROUPS.filter((group) => text?.split(',').includes(group));

const sums = {
  jobs: z.int().describe('Attempts: a job whose `fallback` took two counts twice.'),
  billed_usd: z.number().describe('Bills that are known.'),
  estimated_usd: z.number().describe('What those that were or may have been bought were estimated to cost.'),
  held_usd: z
    .number()
    .describe(
      'The most that jobs under way, and jobs whose bill is unknown, may cost, as far as that is known.',
    ),
  unknown_jobs: z
    .int()
    .describe('Jobs that have ended, or may have, and whose bill is unknown: in no sum as 0.'),
};

const example = { jobs: 41, billed_usd: 12.34, estimated_usd: 12.5, held_usd: 0.12, unknown_jobs: 1 };

export const SpendSchema = z
  .object({
    data: listOf(
      z.object({
        start: z.iso.datetime().describe('Where the interval begins, or the range if it begins later.'),
        client: z.string().optional(),
        key: z.string().nullable().optional().describe('The id of the key; null: ordered without one.'),
        model: z.string().optional(),
        tag: z.string().nullable().optional().describe('null: jobs without tags.'),
        ...sums,
      }),
    ).describe(
      'In order of time, then group; only rows with jobs. A job with several tags is in the row of each tag.',
    ),
    total: z.object({ start: z.iso.datetime(), ...sums }).describe('All of the range, every job once.'),
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
  until: rangeShape.until.describe('Default: now. Not included.'),
  client: ClientSchema,
});

export const CsvSchema = z.string().meta({ id: 'SpendCsv', description: 'RFC 4180, with a header row.' });
export const NdjsonSchema = z.string().meta({ id: 'SpendNdjson', description: 'One JSON object a line.' });
