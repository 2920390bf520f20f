// The bodies of requests, each kept once under its hash, in parts that are small enough to be written one by one.

import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type SqlBool, sql } from 'kysely';
import { cutRequest } from '../../core/clip/cut-request.ts';
import { ClipgateError } from '../../core/errors.ts';
import { applyBodyPatch, type BodyPatch, createBodyPatch } from '../../core/job/body-patch.ts';
import type { SubmitBody } from '../../core/job/job.ts';
import { writeJson } from '../../core/json-text.ts';
import { splitText } from '../../core/split-text.ts';
import type { BodyStore } from '../ports/bodies.ts';
import type { Database, Queries } from '../sql/database.ts';

/** Characters. One part takes a few milliseconds to write, and between two the event loop does other things. */
const PART = 512 * 1024;

/** A body is written before its job. One that has waited for its job this long belongs to a request that failed. */
const UNUSED_MS = 60 * 60 * 1000;

/** How the bodies of a job's attempts stand in its rows. */
export interface KeptBodies {
  /** Of the first attempt's body in `bodies`; null where the rows hold all of every body. */
  readonly hash: string | null;
  /** In the order of the attempts. */
  readonly attempts: readonly {
    /** JSON of what answers show. */
    readonly request: string;
    /** JSON of what makes this attempt's body of the first one's; null for the first, and where `hash` is null. */
    readonly patch: string | null;
  }[];
}

/** @param bodies of the attempts, the first one's first. Nothing is written. */
export function describeBodies(bodies: readonly [SubmitBody, ...SubmitBody[]]): Omit<KeptBodies, 'hash'> & {
  /** The JSON to be kept in `bodies`; null where the rows can hold everything. */
  readonly text: string | null;
} {
  const [first] = bodies;
  const shown = bodies.map(cutRequest);
  const isCut = shown.some((request, index) => request !== bodies[index]);
  return {
    text: isCut ? writeJson(first) : null,
    attempts: bodies.map((body, index) => ({
      request: JSON.stringify(shown[index]),
      patch: isCut && index > 0 ? JSON.stringify(createBodyPatch(first, body)) : null,
    })),
  };
}

/** A body's text in the parts that are written. */
export const splitBody = (text: string): string[] => splitText(text, PART);

/** SHA-256 of the UTF-8 of the parts together, in hex. Lets the event loop turn between parts. */
export async function hashParts(parts: readonly string[]): Promise<string> {
  const sha256 = createHash('sha256');
  for (const part of parts) {
    sha256.update(part, 'utf8');
    await nextTurn();
  }
  return sha256.digest('hex');
}

/** Keeps a part that is not kept yet; to be called inside a write unit. */
export async function insertPart(db: Queries, hash: string, part: number, data: string): Promise<void> {
  await db
    .insertInto('body_parts')
    .values({ hash, part, data })
    .onConflict((conflict) => conflict.columns(['hash', 'part']).doNothing())
    .execute();
}

/** Marks a body as one that a job of this transaction has. @throws where it was purged, which takes an hour. */
export async function useBody(db: Queries, hash: string): Promise<void> {
  const used = await db
    .updateTable('bodies')
    .set({ unused_since: null })
    .where('hash', '=', hash)
    .where('complete', '=', 1)
    .returning('hash')
    .execute();
  if (used.length === 0) throw new Error(`The body ${hash} was removed while its job was being made`);
}

const isUsed = sql<SqlBool>`exists (select 1 from jobs where jobs.body_hash = bodies.hash)`;

export interface Bodies extends BodyStore {
  /** Writes the body of a job that is about to be made, unless it is kept already. Resolves to its hash. */
  keep(text: string): Promise<string>;
}

export function createBodies({ reader, dialect, write, writeOne }: Database): Bodies {
  /** True where all of it is kept. Either way no purge takes it for the next hour. */
  const claim = (hash: string): Promise<boolean> =>
    writeOne(async (db) => {
      const row = await db
        .insertInto('bodies')
        .values({ hash, complete: 0, unused_since: dialect.now() })
        .onConflict((conflict) => conflict.column('hash').doUpdateSet({ unused_since: dialect.now() }))
        .returning('complete')
        .executeTakeFirstOrThrow();
      return { value: row.complete === 1, changed: [] };
    });

  async function loadWhole(hash: string): Promise<SubmitBody> {
    const parts: string[] = [];
    for (;;) {
      const row = await reader
        .selectFrom('body_parts')
        .select('data')
        .where('hash', '=', hash)
        .where('part', '=', parts.length)
        .executeTakeFirst();
      if (!row) break;
      parts.push(row.data);
      await nextTurn();
    }
    return JSON.parse(parts.join(''));
  }

  return {
    async keep(text) {
      const parts = splitBody(text);
      const hash = await hashParts(parts);
      if (await claim(hash)) return hash;
      for (const [part, data] of parts.entries()) {
        await writeOne(async (db) => ({ value: await insertPart(db, hash, part, data), changed: [] }));
      }
      await writeOne(async (db) => {
        await db.updateTable('bodies').set({ complete: 1 }).where('hash', '=', hash).execute();
        return { value: undefined, changed: [] };
      });
      return hash;
    },

    async loadBody(jobId) {
      const row = await reader
        .selectFrom('jobs')
        .select(['request', 'body_hash', 'body_patch'])
        .where('id', '=', jobId)
        .executeTakeFirst();
      if (!row) throw new ClipgateError('not_found', 'Not found.');
      if (row.body_hash === null) return JSON.parse(row.request);
      const first = await loadWhole(row.body_hash);
      const patch: BodyPatch | null = row.body_patch === null ? null : JSON.parse(row.body_patch);
      return patch ? applyBodyPatch(first, patch) : first;
    },

    purgeBodies: (limit) =>
      write(async (db) => {
        const old = await dialect
          .lockFreeRows(
            db
              .selectFrom('bodies')
              .select('hash')
              .where('unused_since', '<', sql<number>`${dialect.now()} - ${sql.lit(UNUSED_MS)}`)
              .orderBy('unused_since')
              .limit(limit),
          )
          .execute();
        if (old.length === 0) return { value: 0, changed: [] };
        const hashes = old.map(({ hash }) => hash);
        await db
          .updateTable('bodies')
          .set({ unused_since: null })
          .where('hash', 'in', hashes)
          .where(isUsed)
          .execute();
        const removed = await db
          .deleteFrom('bodies')
          .where('hash', 'in', hashes)
          .where('unused_since', 'is not', null)
          .returning('hash')
          .execute();
        const gone = removed.map(({ hash }) => hash);
        if (gone.length > 0) await db.deleteFrom('body_parts').where('hash', 'in', gone).execute();
        return { value: gone.length, changed: [] };
      }),
  };
}
