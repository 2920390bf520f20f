// The bodies of requests apart from their jobs, which keep what answers show; and which readers a schema is for.

import { CompiledQuery } from 'kysely';
import type { SubmitBody } from '../../core/job/job.ts';
import { describeBodies, hashParts, insertPart, splitBody } from '../queries/bodies.ts';
import type { Queries } from '../sql/database.ts';
import type { Migration } from './migrator.ts';

/** Moves the bodies of one job. Of an attempt that is over only what answers would show is kept. */
async function moveBodies(db: Queries, jobId: string): Promise<void> {
  const job = await db
    .selectFrom('jobs')
    .select(['request', 'attempt'])
    .where('id', '=', jobId)
    .executeTakeFirstOrThrow();
  const others = await db
    .selectFrom('job_attempts')
    .select(['number', 'request'])
    .where('job_id', '=', jobId)
    .where('request', 'is not', null)
    .orderBy('number')
    .execute();
  const present: SubmitBody = JSON.parse(job.request);
  const bodies = others.map(({ request }): SubmitBody => JSON.parse(request ?? 'null'));
  const { text, attempts } = describeBodies([present, ...bodies]);
  if (text === null) return;

  const parts = splitBody(text);
  const hash = await hashParts(parts);
  await db
    .insertInto('bodies')
    .values({ hash, complete: 1, unused_since: null })
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .execute();
  for (const [part, data] of parts.entries()) await insertPart(db, hash, part, data);
  const [shown, ...rest] = attempts;
  await db
    .updateTable('jobs')
    .set({ request: shown?.request ?? job.request, body_hash: hash })
    .where('id', '=', jobId)
    .execute();
  for (const [index, { number }] of others.entries()) {
    const kept = rest[index];
    if (!kept) continue;
    await db
      .updateTable('job_attempts')
      .set({ request: kept.request, body_patch: number > job.attempt ? kept.patch : null })
      .where('job_id', '=', jobId)
      .where('number', '=', number)
      .execute();
  }
}

export const bodiesMigration: Migration = {
  version: 9,
  name: 'bodies',
  statements: [
    'alter table schema_migrations add column min_reader bigint',
    `create table bodies (
      hash text not null primary key,
      complete bigint not null,
      unused_since bigint
    )`,
    `create table body_parts (
      hash text not null,
      part bigint not null,
      data text not null,
      primary key (hash, part)
    )`,
    'create index bodies_unused on bodies (unused_since) where unused_since is not null',
    'alter table jobs add column body_hash text',
    'alter table jobs add column body_patch text',
    'create index jobs_by_body on jobs (body_hash) where body_hash is not null',
    'alter table job_attempts add column body_patch text',
  ],
  // A program of an earlier version would send what answers show in place of the body.
  minReader: 9,
  async moveData(db) {
    // One at a time: a body may be tens of megabytes.
    const long = (request: string) => `(length(${request}) > 10000 or ${request} like '%data:%')`;
    const { rows } = await db.executeQuery<{ id: string }>(
      CompiledQuery.raw(`select id from jobs where ${long('request')} union
        select job_id from job_attempts where ${long('request')}`),
    );
    for (const { id } of rows) await moveBodies(db, id);
  },
};
