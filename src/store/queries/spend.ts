// Sums of what was spent: whole hours from the hourly sums, what is left at the ends of a range from the lines themselves.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Interval, SpendGroup, SpendRow, SpendSums } from '../../core/accounts/spend.ts';
import type { LedgerLine, LedgerQuery, SpendQuery, SpendReport, SpendStore } from '../ports/spend.ts';
import type { Database, Queries } from '../sql/database.ts';
import type { LedgerTable } from '../sql/tables.ts';
import { JOB_COLUMNS, toJob } from './job-row.ts';
import { rebuildLedger } from './ledger.ts';

const HOUR_MS = 3_600_000;
/** A statement sums about so much time: SQLite holds the event loop until it is done. */
const STRETCH_MS = 7 * 24 * HOUR_MS;
/** A range that is longer than any that is asked for takes no more statements than these. */
const MAX_STRETCHES = 60;

const COLUMNS = {
  client: 'client_id',
  key: 'key_id',
  model: 'model',
  tag: 'tag',
} as const satisfies Record<SpendGroup, string>;

interface SumRow {
  readonly start_at: number;
  readonly part: 'untagged' | 'tagged' | 'tag' | null;
  readonly client_id: string | null;
  readonly key_id: string | null;
  readonly model: string | null;
  readonly tag: string | null;
  readonly jobs: number;
  readonly billed: number;
  readonly estimated: number;
  readonly held: number;
  readonly unknown: number;
}

/** A part of an interval, with the start of the interval. */
interface Piece extends Interval {
  readonly of: number;
}

/** The intervals, which follow one another, in stretches of equal time. */
function cutIntoStretches(intervals: readonly Interval[]): readonly (readonly Piece[])[] {
  const [startsAt, endsAt] = [intervals[0]?.startsAt ?? 0, intervals.at(-1)?.endsAt ?? 0];
  const stretchMs = Math.max(STRETCH_MS, Math.ceil((endsAt - startsAt) / MAX_STRETCHES / HOUR_MS) * HOUR_MS);
  const stretches = new Map<number, Piece[]>();
  for (const { startsAt: of, endsAt } of intervals) {
    for (let at = of; at < endsAt; ) {
      const stretch = Math.floor(at / stretchMs);
      const next = Math.min(endsAt, (stretch + 1) * stretchMs);
      const pieces = stretches.get(stretch) ?? [];
      pieces.push({ of, startsAt: at, endsAt: next });
      stretches.set(stretch, pieces);
      at = next;
    }
  }
  return [...stretches.values()];
}

/** The whole hours of each piece, and what is left of it before and after them. */
function cutAtHours(pieces: readonly Piece[]): { readonly hours: Piece[]; readonly edges: Piece[] } {
  const hours: Piece[] = [];
  const edges: Piece[] = [];
  for (const { of, startsAt, endsAt } of pieces) {
    const from = Math.ceil(startsAt / HOUR_MS) * HOUR_MS;
    const to = Math.floor(endsAt / HOUR_MS) * HOUR_MS;
    const rest =
      from > to
        ? [{ of, startsAt, endsAt }]
        : [
            { of, startsAt, endsAt: from },
            { of, startsAt: to, endsAt },
          ];
    edges.push(...rest.filter((piece) => piece.startsAt < piece.endsAt));
    if (from < to) hours.push({ of, startsAt: from, endsAt: to });
  }
  return { hours, edges };
}

// As literals: whole numbers of our own, and thousands of parameters would have to be typed one by one.
const valuesOf = (pieces: readonly Piece[]) =>
  sql.join(
    pieces.map(({ of, startsAt, endsAt }) => sql`(${sql.lit(of)}, ${sql.lit(startsAt)}, ${sql.lit(endsAt)})`),
  );

const SUMMED = sql`jobs, billed_micro_usd, estimated_micro_usd, held_micro_usd, unknown_jobs`;

const LINE = sql`l.client_id, coalesce(l.key_id, ''), l.model`;

const LINE_SUMS = sql`1, coalesce(l.billed_micro_usd, 0),
  case when l.submitted_at is null or l.state in ('rejected', 'not_accepted') then 0
    else coalesce(l.estimated_micro_usd, 0) end,
  case when l.billed_micro_usd is null then coalesce(l.ceiling_micro_usd, 0) else 0 end,
  case when l.billed_micro_usd is null then 1 else 0 end`;

/**
 * @param pieces follow one another.
 * @returns the statement: one, so that a job that ends meanwhile is counted once, as running or as ended.
 */
function selectSums(
  { clientId, keyLine, basis, groups, maxRows }: SpendQuery,
  pieces: readonly Piece[],
): RawBuilder<SumRow> {
  const { hours, edges } = cutAtHours(pieces);
  const byTag = groups.includes('tag');
  const parts = byTag ? sql`('untagged', 'tagged', 'tag')` : sql`('untagged', 'tagged')`;
  const ofKey = (column: RawBuilder<unknown>) =>
    keyLine === undefined
      ? sql``
      : sql` and (${column} = ${keyLine} or ${column} in (select id from keys where line = ${keyLine}))`;
  const ofClient = sql`${clientId === null ? sql`` : sql` and client_id = ${clientId}`}${ofKey(sql`key_id`)}`;
  const names = sql`part, client_id, key_id, model, tag`;
  const first = pieces[0]?.startsAt ?? 0;
  const last = pieces.at(-1)?.endsAt ?? 0;
  const ctes: RawBuilder<unknown>[] = [];
  const sources: RawBuilder<unknown>[] = [];
  if (hours.length > 0) {
    ctes.push(sql`whole_hours (of_interval, from_at, to_at) as (values ${valuesOf(hours)})`);
    sources.push(sql`select of_interval, ${names}, ${SUMMED} from whole_hours cross join spend_hours
      where basis = ${sql.lit(basis)} and part in ${parts} and hour >= from_at and hour < to_at${ofClient}`);
  }
  if (edges.length > 0) {
    ctes.push(sql`edges (of_interval, from_at, to_at) as (values ${valuesOf(edges)})`);
    // As in the view `ledger_counts`, from the lines themselves: no database looks into the view by its times.
    const at = basis === 'submitted' ? sql`l.spent_at` : sql`l.closed_at`;
    const inEdge = sql`${at} >= from_at and ${at} < to_at${clientId === null ? sql`` : sql` and l.client_id = ${clientId}`}${ofKey(sql`l.key_id`)}`;
    sources.push(sql`select of_interval, case when l.tags is null then 'untagged' else 'tagged' end, ${LINE}, '', ${LINE_SUMS}
      from edges cross join ledger as l where ${inEdge}`);
    if (byTag) {
      sources.push(sql`select of_interval, 'tag', ${LINE}, t.tag, ${LINE_SUMS}
        from edges cross join ledger as l cross join job_tags as t where ${inEdge} and t.job_id = l.job_id`);
    }
  }
  if (basis === 'submitted') {
    ctes.push(sql`intervals (of_interval, from_at, to_at) as (values ${valuesOf(pieces)})`);
    sources.push(sql`select of_interval, ${names}, jobs, 0, estimated_micro_usd, held_micro_usd, unknown_jobs
      from open_counts cross join intervals
      where part in ${parts} and at >= ${sql.lit(first)} and at < ${sql.lit(last)} and at >= from_at
        and at < to_at${ofClient}`);
  }
  ctes.push(sql`counted (of_interval, ${names}, ${SUMMED}) as (${sql.join(sources, sql` union all `)})`);
  const grouped = sql.join([
    sql.ref('of_interval'),
    ...(byTag ? [sql.ref('part')] : []),
    ...groups.map((group) => sql.ref(COLUMNS[group])),
  ]);
  const column = (group: SpendGroup) =>
    groups.includes(group)
      ? sql`nullif(${sql.ref(COLUMNS[group])}, '') as ${sql.ref(COLUMNS[group])}`
      : sql`null as ${sql.ref(COLUMNS[group])}`;
  return sql<SumRow>`with ${sql.join(ctes)}
    select of_interval as start_at, ${byTag ? sql`part` : sql`null as part`}, ${sql.join([
      column('client'),
      column('key'),
      column('model'),
      column('tag'),
    ])},
      cast(sum(jobs) as bigint) as jobs, cast(sum(billed_micro_usd) as bigint) as billed,
      cast(sum(estimated_micro_usd) as bigint) as estimated, cast(sum(held_micro_usd) as bigint) as held,
      cast(sum(unknown_jobs) as bigint) as unknown
    from counted
    group by ${grouped} having sum(jobs) <> 0 order by ${grouped} limit ${sql.lit(maxRows * 3 + 1)}`;
}

const NOTHING: SpendSums = {
  jobs: 0,
  billedMicroUsd: 0,
  estimatedMicroUsd: 0,
  heldMicroUsd: 0,
  unknownJobs: 0,
};

const add = (a: SpendSums, b: SpendSums): SpendSums => ({
  jobs: a.jobs + b.jobs,
  billedMicroUsd: a.billedMicroUsd + b.billedMicroUsd,
  estimatedMicroUsd: a.estimatedMicroUsd + b.estimatedMicroUsd,
  heldMicroUsd: a.heldMicroUsd + b.heldMicroUsd,
  unknownJobs: a.unknownJobs + b.unknownJobs,
});

const toRow = (row: SumRow): SpendRow => ({
  startsAt: row.start_at,
  client: row.client_id,
  keyId: row.key_id,
  model: row.model,
  tag: row.tag,
  jobs: row.jobs,
  billedMicroUsd: row.billed,
  estimatedMicroUsd: row.estimated,
  heldMicroUsd: row.held,
  unknownJobs: row.unknown,
});

/** Of an interval that is longer than a stretch each group has a row in several. */
function addTo(sums: Map<string, SumRow>, row: SumRow): void {
  const { start_at: start, part, client_id: client, key_id: key, model, tag } = row;
  const name = JSON.stringify([start, part, client, key, model, tag]);
  const before = sums.get(name);
  sums.set(name, {
    ...row,
    jobs: row.jobs + (before?.jobs ?? 0),
    billed: row.billed + (before?.billed ?? 0),
    estimated: row.estimated + (before?.estimated ?? 0),
    held: row.held + (before?.held ?? 0),
    unknown: row.unknown + (before?.unknown ?? 0),
  });
}

const toLine = (row: LedgerTable): LedgerLine => ({
  jobId: row.job_id,
  attempt: row.attempt,
  client: row.client_id,
  keyId: row.key_id,
  model: row.model,
  tags: row.tags === null ? [] : JSON.parse(row.tags),
  reference: row.reference,
  orderedAt: row.ordered_at,
  submittedAt: row.submitted_at,
  endedAt: row.ended_at,
  settledAt: row.settled_at,
  spentAt: row.spent_at,
  estimatedMicroUsd: row.estimated_micro_usd,
  ceilingMicroUsd: row.ceiling_micro_usd,
  billedMicroUsd: row.billed_micro_usd,
  isByok: row.is_byok === null ? null : row.is_byok === 1,
  state: row.state,
});

const keyOf = ({ jobId, attempt }: LedgerLine) => `${jobId} ${attempt}`;

const inOrder = (a: LedgerLine, b: LedgerLine): number =>
  a.spentAt - b.spentAt || (a.jobId < b.jobId ? -1 : Number(a.jobId > b.jobId)) || a.attempt - b.attempt;

async function listEnded(
  reader: Queries,
  { clientId, startsAt, endsAt, after, limit }: LedgerQuery,
): Promise<LedgerLine[]> {
  let query = reader
    .selectFrom('ledger')
    .selectAll()
    .where('spent_at', '<', endsAt)
    .where('spent_at', '>=', after?.spentAt ?? startsAt);
  if (clientId !== null) query = query.where('client_id', '=', clientId);
  if (after !== null) {
    query = query.where(
      sql<SqlBool>`(spent_at, job_id, attempt) > (${after.spentAt}, ${after.jobId}, ${after.attempt})`,
    );
  }
  const rows = await query.orderBy('spent_at').orderBy('job_id').orderBy('attempt').limit(limit).execute();
  return rows.map(toLine);
}

/** Present attempts of jobs under way: few, and read from the index that has no other. */
async function listOpen(
  reader: Queries,
  { clientId, startsAt, endsAt, after, limit }: LedgerQuery,
): Promise<LedgerLine[]> {
  const spentAt = sql<number>`coalesce(submitted_at, created_at)`;
  let query = reader
    .selectFrom('jobs')
    .select(JOB_COLUMNS)
    .where('finished_at', 'is', null)
    .where(spentAt, '<', endsAt)
    .where(spentAt, '>=', after?.spentAt ?? startsAt);
  if (clientId !== null) query = query.where('client_id', '=', clientId);
  if (after !== null) {
    query = query.where(
      sql<SqlBool>`(${spentAt}, id, attempt) > (${after.spentAt}, ${after.jobId}, ${after.attempt})`,
    );
  }
  const rows = await query.orderBy(spentAt).orderBy('id').limit(limit).execute();
  return rows.map((row) => {
    const job = toJob(row);
    return {
      jobId: job.id,
      attempt: job.attempt,
      client: job.clientId,
      keyId: job.keyId,
      model: job.model,
      tags: job.tags,
      reference: job.reference,
      orderedAt: job.createdAt,
      submittedAt: job.submittedAt,
      endedAt: null,
      settledAt: null,
      spentAt: job.submittedAt ?? job.createdAt,
      estimatedMicroUsd: job.estimatedMicroUsd,
      ceilingMicroUsd: job.ceilingMicroUsd,
      billedMicroUsd: null,
      isByok: null,
      state: job.status,
    };
  });
}

export function createSpend({ reader, dialect, write }: Database): SpendStore {
  return {
    async sumSpend(query): Promise<SpendReport | null> {
      const sums = new Map<string, SumRow>();
      // A job stays in its stretch when it ends: it is in each sum once, however long the sums take.
      for (const pieces of cutIntoStretches(query.intervals)) {
        const { rows } = await selectSums(query, pieces).execute(reader);
        for (const row of rows) addTo(sums, row);
        if (sums.size > query.maxRows * 3) return null;
        await nextTurn();
      }
      const rows = [...sums.values()];
      // Those with tags as a whole are in the total alone, those under one tag in the rows alone.
      const shown = rows.filter(({ part }) => part !== 'tagged');
      if (shown.length > query.maxRows) return null;
      const total = rows
        .filter(({ part }) => part !== 'tag')
        .map(toRow)
        .reduce<SpendSums>(add, NOTHING);
      return { rows: shown.map(toRow), total };
    },

    async listLedger(query) {
      // What runs first: a line that ends in between is in both, and none is in neither.
      const open = await listOpen(reader, query);
      const ended = await listEnded(reader, query);
      const keys = new Set(ended.map(keyOf));
      return [...ended, ...open.filter((line) => !keys.has(keyOf(line)))].sort(inOrder).slice(0, query.limit);
    },

    rebuildSpend: () =>
      write(async (db) => {
        await dialect.lockTable(db, 'ledger');
        return { value: await rebuildLedger(db), changed: [] };
      }),
  };
}
