// GET /spend sums what was spent; GET /spend/export streams it attempt by attempt.

import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { SpendGroup, SpendRow, SpendSums } from '../../../core/accounts/spend.ts';
import { fromMicroUsd } from '../../../core/money.ts';
import { visibleTo } from '../../../core/principal.ts';
import type { Spend, SpendAnswer } from '../../../service/accounts/spend.ts';
import { invalidRequest, toInputError } from '../../input/input-errors.ts';
import { operatorRequired } from '../../server/authority.ts';
import type { App } from '../../server/context.ts';
import { writeCsvRow } from '../csv.ts';
import { usdOf } from '../render.ts';
import { problems } from '../schemas/problem.ts';
import { readRange } from '../schemas/query.ts';
import {
  CsvSchema,
  NdjsonSchema,
  SpendExportQuerySchema,
  type SpendQuery,
  SpendQuerySchema,
  SpendSchema,
  toGroups,
} from '../schemas/spend.ts';

type Line = ReturnType<Spend['lines']> extends AsyncGenerator<infer L> ? L : never;

const isoTime = (at: number): string => new Date(at).toISOString();
const isoOrNull = (at: number | null) => (at === null ? null : isoTime(at));

const renderSums = (sums: SpendSums) => ({
  jobs: sums.jobs,
  billed_usd: fromMicroUsd(sums.billedMicroUsd),
  estimated_usd: fromMicroUsd(sums.estimatedMicroUsd),
  held_usd: fromMicroUsd(sums.heldMicroUsd),
  unknown_jobs: sums.unknownJobs,
});

function renderRow(row: SpendRow, groups: readonly SpendGroup[]) {
  const has = (group: SpendGroup) => groups.includes(group);
  return {
    start: isoTime(row.startsAt),
    ...(has('client') && row.client !== null && { client: row.client }),
    ...(has('key') && { key: row.keyId }),
    ...(has('model') && row.model !== null && { model: row.model }),
    ...(has('tag') && { tag: row.tag }),
    ...renderSums(row),
  };
}

const renderLine = (line: Line) => ({
  job_id: line.jobId,
  attempt: line.attempt,
  client: line.client,
  key_id: line.keyId,
  model: line.model,
  tags: line.tags,
  reference: line.reference,
  status: line.state,
  ordered_at: isoTime(line.orderedAt),
  submitted_at: isoOrNull(line.submittedAt),
  ended_at: isoOrNull(line.endedAt),
  settled_at: isoOrNull(line.settledAt),
  estimated_usd: usdOf(line.estimatedMicroUsd),
  ceiling_usd: usdOf(line.ceilingMicroUsd),
  billed_usd: usdOf(line.billedMicroUsd),
  is_byok: line.isByok,
});

const COLUMNS = [
  'job_id',
  'attempt',
  'client',
  'key_id',
  'model',
  'tags',
  'reference',
  'status',
  'ordered_at',
  'submitted_at',
  'ended_at',
  'settled_at',
  'estimated_usd',
  'ceiling_usd',
  'billed_usd',
  'is_byok',
] as const satisfies readonly (keyof ReturnType<typeof renderLine>)[];

async function* writeCsv(lines: AsyncIterable<Line>): AsyncGenerator<string> {
  yield writeCsvRow(COLUMNS);
  for await (const line of lines) {
    const { tags, ...cells } = renderLine(line);
    // As JSON: whatever character would part them may stand in one.
    const row = { ...cells, tags: tags.length > 0 ? JSON.stringify(tags) : null };
    yield writeCsvRow(COLUMNS.map((column) => row[column]));
  }
}

async function* writeNdjson(lines: AsyncIterable<Line>): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(renderLine(line))}\n`;
}

const TYPES = { csv: 'text/csv; charset=utf-8', ndjson: 'application/x-ndjson' } as const;

/** What is wrong with the range or the number of rows, as the parameter that would change it. */
function refuse(answer: Exclude<SpendAnswer, { kind: 'report' }>): never {
  const faults = {
    empty_range: ['until', 'must be later than since'],
    range_too_long: [
      'since',
      `must be at most ${'maxDays' in answer ? answer.maxDays : 0} days before until: ask for a year at a time`,
    ],
    too_many_intervals: [
      'interval',
      `makes more than ${'max' in answer ? answer.max : 0} rows of this range: choose a longer interval, or a shorter range`,
    ],
    too_many_rows: [
      'group_by',
      `makes more than ${'max' in answer ? answer.max : 0} rows: choose fewer groups, a longer interval or a shorter range`,
    ],
  } as const;
  const [parameter, message] = faults[answer.kind];
  throw invalidRequest([toInputError([parameter], message, 'query')]);
}

/** Whose spend: one's own, or for operators and auditors that of the client asked for, or all. */
function clientOf({ principal }: FastifyRequest, asked: string | undefined): string | null {
  if (asked === undefined) return visibleTo(principal);
  if (principal.kind === 'client') throw operatorRequired();
  return asked;
}

const EPOCH_ERROR = 'must not be before 1970';

function rangeOf(query: { since?: string | undefined; until?: string | undefined }) {
  const range = readRange(query);
  for (const name of ['since', 'until'] as const) {
    if ((range[name] ?? 0) < 0) throw invalidRequest([toInputError([name], EPOCH_ERROR, 'query')]);
  }
  return range;
}

/**
 * What was spent, as answers show it.
 * @param clientId whose; null = everybody's.
 * @throws ClipgateError invalid_request for a range or rows beyond what is served at once.
 */
export async function readSpend(
  spend: Pick<Spend, 'sum'>,
  clientId: string | null,
  query: Omit<SpendQuery, 'client'>,
) {
  const groups = toGroups(query.group_by);
  const answer = await spend.sum({
    clientId,
    basis: query.by,
    groups,
    unit: query.interval,
    timeZone: query.time_zone,
    ...rangeOf(query),
  });
  if (answer.kind !== 'report') return refuse(answer);
  const { range, report } = answer;
  const since = isoTime(range.startsAt);
  return {
    data: report.rows.map((row) => renderRow(row, groups)),
    total: { start: since, ...renderSums(report.total) },
    since,
    until: isoTime(range.endsAt),
  };
}

export interface SpendRoutesParts {
  readonly spend: Spend;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

export function spendRoutes({ spend, clock }: SpendRoutesParts) {
  return async (app: App): Promise<void> => {
    app.get(
      '/spend',
      {
        schema: {
          operationId: 'getSpend',
          summary: 'What was spent, by time and by client, key, model or tag',
          description:
            'Clients see their own spend, operators and auditors that of all clients. At most 400 days, 1,000 intervals and 10,000 rows per answer.',
          tags: ['accounts'],
          querystring: SpendQuerySchema,
          response: { 200: SpendSchema, ...problems(400, 401, 403, 405, 500, 503) },
        },
      },
      async (request) => readSpend(spend, clientOf(request, request.query.client), request.query),
    );

    app.get(
      '/spend/export',
      {
        schema: {
          operationId: 'exportSpend',
          summary: 'Every attempt with what it cost, as CSV or NDJSON',
          description:
            'One line per attempt, running attempts included, in the order of the submits, streamed. An ' +
            "unknown amount is empty (CSV) or null. In CSV, a `'` precedes text that a spreadsheet would run as a formula.",
          tags: ['accounts'],
          querystring: SpendExportQuerySchema,
          response: {
            200: {
              description: 'The lines.',
              content: {
                'text/csv': { schema: CsvSchema },
                'application/x-ndjson': { schema: NdjsonSchema },
              },
            },
            ...problems(400, 401, 403, 405, 500, 503),
          },
        },
      },
      async (request, reply) => {
        const { format, client } = request.query;
        const { since, until } = rangeOf(request.query);
        const lines = spend.lines(clientOf(request, client), {
          startsAt: since ?? 0,
          endsAt: until ?? clock() + 1,
        });
        const body = Readable.from(format === 'csv' ? writeCsv(lines) : writeNdjson(lines));
        return reply
          .header('content-type', TYPES[format])
          .header('content-disposition', `attachment; filename="spend.${format}"`)
          .send(body as never);
      },
    );
  };
}
