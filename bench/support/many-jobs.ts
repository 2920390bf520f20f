// Fills a store with many jobs and what stands around them, as a gateway would have left it, in statements that both
// databases run.

import pg from 'pg';
import type { NewBudget } from '../../src/store/ports/budgets.ts';
import { openStore, sqliteFileOf } from '../../src/store/sqlite/open-store.ts';
import { loadSqlite } from '../../src/store/sqlite/sqlite-driver.ts';

const DAY_MS = 86_400_000;
const CLIENTS = 40;
const KEYS = 120;
const BUDGETS = 60;
const AUDIT = 10_000;
const CHANGES = 2_000;
/** The days over which the jobs are spread. */
const DAYS = 90;

/** The first so many models of the recorded catalog that jobs are of. */
const MODELS = [
  'google/veo-3.1',
  'google/veo-3.1-fast',
  'google/veo-3.1-lite',
  'openai/sora-2-pro',
  'kwaivgi/kling-v3.0-pro',
  'alibaba/wan-2.7',
] as const;

const numbers = (count: number) =>
  `with recursive numbers (i) as (select 0 union all select i + 1 from numbers where i + 1 < ${count})`;

/** Cycles through some values by a number. */
const oneOf = (values: readonly string[], by: string): string =>
  `case (${by}) % ${values.length} ${values.map((value, index) => `when ${index} then '${value}'`).join(' ')} end`;

/** Of a thousand jobs twenty have failed, two run, and of one the submit is unclear. */
const STATUS = `case when i % 1000 = 7 then 'submission_unknown' when i % 50 = 3 then 'failed'
  when i % 500 = 5 then 'in_progress' else 'completed' end`;

/** An id of the form that the API knows. */
const idOf = (kind: string, number: string): string =>
  `'${kind}_01J0000000000000' || (1000000000 + ${number})`;

function statementsFor(jobs: number, now: number): readonly string[] {
  const start = now - DAYS * DAY_MS;
  const at = `${start} + cast(i as bigint) * ${Math.floor((DAYS * DAY_MS) / jobs)}`;
  const ended = `(${STATUS}) in ('completed', 'failed')`;
  const request = `'{"model":"' || ${oneOf(MODELS, 'i')} || '","prompt":"A paper boat on a river of ink, number ' || i ||
    ', slow dolly shot, soft light","duration":6,"resolution":"720p","aspect_ratio":"16:9","generate_audio":true}'`;
  return [
    `${numbers(jobs)} insert into jobs (id, client_id, key_id, status, model, request, nonce, created_at, updated_at,
      version, submitted_at, finished_at, expected_ms, estimated_micro_usd, ceiling_micro_usd, list_micro_usd,
      actual_micro_usd, is_byok, upstream_id, generation_id, output_count, submit_attempts, polls, missing_polls,
      attempt, lease_token, tags, reference)
    select ${idOf('job', 'i')}, 'client-' || (i % ${CLIENTS}), ${idOf('key', `i % ${KEYS}`)}, ${STATUS}, ${oneOf(MODELS, 'i')}, ${request},
      'nonce-' || i, ${at}, ${at} + 90000, 5, ${at} + 2000, case when ${ended} then ${at} + 90000 end, 90000, 480000,
      600000, 480000, case when ${ended} and i % 300 <> 0 then 470000 + i % 9000 end, 0, 'up-' || i, 'gen-' || i,
      case when (${STATUS}) = 'completed' then 1 else 0 end, 1, 3, 0, 1, 3,
      case when i % 3 = 0 then '["campaign-' || (i % 30) || '"]' end, 'order-' || i
    from numbers`,
    `insert into job_tags (job_id, tag, client_id, created_at)
      select id, substr(tags, 3, length(tags) - 4), client_id, created_at from jobs where tags is not null`,
    `insert into observations (job_id, model, status, ended_at, took_ms, duration_s, resolution, sound, list_micro_usd,
      billed_micro_usd, is_byok)
      select id, model, status, finished_at, 88000, 6, '720p', 1, list_micro_usd, actual_micro_usd, 0
      from jobs where finished_at is not null`,
    `insert into outputs (job_id, output_index, file, bytes, sha256, content_type)
      select id, 0, 'no/such-file.mp4', 3000000, nonce, 'video/mp4' from jobs where status = 'completed'`,
    `${numbers(CLIENTS)} insert into clients (name, created_at, updated_at)
      select 'client-' || i, ${start} + i, ${start} + i from numbers`,
    `${numbers(KEYS)} insert into keys (id, client, name, sha256, last4, scopes, created_at, created_by, last_used_on)
      select ${idOf('key', 'i')}, 'client-' || (i % ${CLIENTS}), 'number ' || i, 'sha-' || i, 'abcd', '["read","write"]',
        ${start} + i, 'ops', '2026-11-01' from numbers`,
    `${numbers(AUDIT)} insert into audit (id, at, actor, key_id, action, object_kind, object_id, reason, before_json,
      after_json)
      select 'audit_' || (100000 + i), ${start} + cast(i as bigint) * ${Math.floor((DAYS * DAY_MS) / AUDIT)},
        'operator-' || (i % 7), null, 'update_budget', 'budget', ${idOf('budget', `i % ${BUDGETS}`)}, 'a larger campaign',
        '{"limit_usd":' || i || '}', '{"limit_usd":' || (i + 1) || '}' from numbers`,
    `${numbers(CHANGES)} insert into catalog_changes (changed_at, position, model, kind, fields)
      select ${start} + cast(i as bigint) * ${Math.floor((DAYS * DAY_MS) / CHANGES)}, i, ${oneOf(MODELS, 'i')}, 'changed',
        '[{"field":"prices.text_to_video_duration_seconds_720p","before":"0.1","after":"0.12"}]' from numbers`,
  ];
}

async function runAll(databaseUrl: string, statements: readonly string[]): Promise<void> {
  const file = sqliteFileOf(databaseUrl);
  if (file !== null) {
    const sqlite = await loadSqlite();
    const handle = new sqlite.DatabaseSync(file);
    handle.exec('pragma synchronous = off; begin');
    for (const statement of statements) handle.exec(statement);
    handle.exec('commit');
    handle.close();
    return;
  }
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  // As the database does by itself within minutes.
  await client.query('analyze');
  await client.end();
}

/** Jobs over the last 90 days with clients, keys, budgets, audit log, catalog changes, outputs and sums. */
export async function fillStore(databaseUrl: string, jobs: number): Promise<void> {
  const open = () => openStore({ databaseUrl, clock: Date.now, report: console.error });
  // Makes the schema.
  await (await open()).close();
  await runAll(databaseUrl, statementsFor(jobs, Date.now()));
  const store = await open();
  await store.rebuildSpend();
  for (let index = 0; index < BUDGETS; index += 1) {
    const budget: NewBudget = {
      id: `budget_01J0000000000000${1_000_000_000 + index}`,
      scope: { kind: 'client', id: `client-${index % CLIENTS}` },
      limitMicroUsd: 1e12,
      period: index < CLIENTS ? 'month' : 'day',
      timeZone: 'Europe/Berlin',
      hard: true,
      thresholds: [0.5, 0.8, 1],
      unpricedHoldMicroUsd: null,
      includeByok: false,
    };
    await store.createBudget(budget, { actor: 'bench', keyId: null, requestId: null, reason: null });
  }
  await store.close();
}
