// The rows that say what was spent and held, read from the database itself in one snapshot, as no replica of ours tells them.

import pg from 'pg';
import { loadSqlite } from '../src/store/sqlite/sqlite-driver.ts';

type Row = Readonly<Record<string, unknown>>;

export interface BudgetLine {
  readonly id: string;
  readonly scope_kind: string;
  readonly scope_id: string | null;
  readonly limit_micro_usd: number;
  readonly period: string;
  readonly time_zone: string;
  readonly hard: number;
}

export interface WindowLine {
  readonly budget_id: string;
  readonly starts_at: number;
  readonly settled_micro_usd: number;
  readonly held_micro_usd: number;
  readonly adjustment_micro_usd: number;
}

export interface HoldLine {
  readonly job_id: string;
  readonly attempt: number;
  readonly budget_id: string;
  readonly starts_at: number;
  readonly held_micro_usd: number;
  readonly state: string;
  readonly settled_micro_usd: number | null;
}

/** An attempt that had its turn. */
export interface AttemptLine {
  readonly job_id: string;
  readonly attempt: number;
  readonly client_id: string;
  readonly created_at: number;
  readonly status: string;
  readonly upstream_id: string | null;
  readonly submitted_at: number | null;
  readonly actual_micro_usd: number | null;
  readonly ceiling_micro_usd: number | null;
}

export interface Books {
  readonly budgets: readonly BudgetLine[];
  readonly windows: readonly WindowLine[];
  readonly holds: readonly HoldLine[];
  readonly attempts: readonly AttemptLine[];
}

const QUERIES = {
  budgets:
    'select id, scope_kind, scope_id, limit_micro_usd, period, time_zone, hard from budgets where deleted_at is null',
  windows:
    'select budget_id, starts_at, settled_micro_usd, held_micro_usd, adjustment_micro_usd from budget_windows',
  holds:
    'select job_id, attempt, budget_id, starts_at, held_micro_usd, state, settled_micro_usd from budget_holds',
  attempts: `select id as job_id, attempt, client_id, created_at, status, upstream_id, submitted_at, actual_micro_usd,
      ceiling_micro_usd from jobs
    union all select a.job_id, a.number, j.client_id, j.created_at, a.status, a.upstream_id, a.started_at,
      a.actual_micro_usd, a.high_micro_usd
    from job_attempts as a join jobs as j on j.id = a.job_id where a.status is not null and a.number < j.attempt`,
} as const satisfies Record<keyof Books, string>;

const NAMES = Object.keys(QUERIES) as (keyof Books)[];

/** @param url `sqlite:<file>` or `postgres://...`. */
export async function readBooks(url: string): Promise<Books> {
  const read = url.startsWith('sqlite:') ? readFile(url.slice('sqlite:'.length)) : readServer(url);
  return (await read) as unknown as Books;
}

async function readFile(file: string): Promise<Record<string, Row[]>> {
  const sqlite = await loadSqlite();
  const handle = new sqlite.DatabaseSync(file);
  try {
    handle.exec('pragma query_only = on; pragma busy_timeout = 5000; begin');
    return Object.fromEntries(NAMES.map((name) => [name, handle.prepare(QUERIES[name]).all() as Row[]]));
  } finally {
    handle.close();
  }
}

async function readServer(url: string): Promise<Record<string, Row[]>> {
  const types: pg.CustomTypesConfig = {
    getTypeParser: (oid, format) =>
      oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format),
  };
  const client = new pg.Client({ connectionString: url, types });
  // A server that is killed ends the query with an error, and the connection with an event that must have a listener.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('begin isolation level repeatable read, read only');
    const books: Record<string, Row[]> = {};
    for (const name of NAMES) books[name] = (await client.query<Row>(QUERIES[name])).rows;
    return books;
  } finally {
    await client.end();
  }
}
