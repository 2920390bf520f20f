// The hold on buying, in a document that every replica reads.

import type { SubmissionHold, SubmissionHoldStore } from '../ports/submission-hold.ts';
import type { Database, Dialect, Queries } from '../sql/database.ts';
import { writeAudit } from './audit.ts';

/** The document of the hold: `null`, or its reason and actor as JSON. */
const HOLD_DOCUMENT = 'submission_hold';

export interface HeldBy {
  readonly reason: string;
  readonly actor: string;
}

async function readHold(db: Queries): Promise<SubmissionHold | null> {
  const row = await db
    .selectFrom('documents')
    .select(['json', 'saved_at'])
    .where('key', '=', HOLD_DOCUMENT)
    .executeTakeFirst();
  const hold: HeldBy | null = row ? JSON.parse(row.json) : null;
  return row && hold ? { reason: hold.reason, actor: hold.actor, since: row.saved_at } : null;
}

/** Null releases. To be run in a transaction. */
export async function writeHold(db: Queries, dialect: Dialect, hold: HeldBy | null): Promise<void> {
  const saved = { json: JSON.stringify(hold), saved_at: dialect.now() };
  await db
    .insertInto('documents')
    .values({ key: HOLD_DOCUMENT, ...saved })
    .onConflict((conflict) => conflict.column('key').doUpdateSet(saved))
    .execute();
}

export function createSubmissionHoldStore({ reader, dialect, write }: Database): SubmissionHoldStore {
  return {
    getSubmissionHold: () => readHold(reader),
    setSubmissionHold: (held, by) =>
      write(async (db) => {
        const before = await readHold(db);
        await writeHold(
          db,
          dialect,
          held ? { reason: by.reason ?? 'No reason given.', actor: by.actor } : null,
        );
        const after = await readHold(db);
        const state = (hold: SubmissionHold | null) => hold && { reason: hold.reason, actor: hold.actor };
        await writeAudit(db, dialect, {
          ...by,
          action: held ? 'pause' : 'resume',
          object: { kind: 'operations', id: 'submissions' },
          before: state(before),
          after: state(after),
        });
        return { value: after, changed: [] };
      }),
  };
}
