// What operators do under an Idempotency-Key is done once: the same key and body again finds what was made.

import { sql } from 'kysely';
import { ClipgateError } from '../../core/errors.ts';
import type { IdempotentAct } from '../ports/accounts.ts';
import type { Act } from '../ports/audit.ts';
import type { Dialect, Queries } from '../sql/database.ts';

/** How long an Idempotency-Key of an operator's keeps answering with what it made. */
const ACT_LIFE_MS = 30 * 24 * 60 * 60 * 1000;

/** The id of what this act made before; null where the act is now being done for the first time. */
export async function claimAct(
  db: Queries,
  dialect: Dialect,
  by: Act,
  { key, bodyHash }: IdempotentAct,
  madeId: string,
): Promise<string | null> {
  await db
    .deleteFrom('idempotent_acts')
    .where('created_at', '<', sql<number>`${dialect.now()} - ${sql.lit(ACT_LIFE_MS)}`)
    .execute();
  const claimed = await db
    .insertInto('idempotent_acts')
    .values({ actor: by.actor, key, body_hash: bodyHash, object_id: madeId, created_at: dialect.now() })
    // PostgreSQL waits here for another transaction that is writing the same key, then does nothing.
    .onConflict((conflict) => conflict.columns(['actor', 'key']).doNothing())
    .returning('object_id')
    .executeTakeFirst();
  if (claimed) return null;
  const earlier = await db
    .selectFrom('idempotent_acts')
    .select(['body_hash', 'object_id'])
    .where('actor', '=', by.actor)
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  if (earlier.body_hash === bodyHash) return earlier.object_id;
  throw new ClipgateError(
    'idempotency_key_reused',
    'This Idempotency-Key was already used with another body.',
  );
}
