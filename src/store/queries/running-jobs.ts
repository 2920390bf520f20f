// How many jobs of a client or key run at once: counted in the transaction that makes a job, and when one has ended.

import { type RawBuilder, sql } from 'kysely';
import { ClipgateError } from '../../core/errors.ts';
import type { JobIntent, RunningSlots } from '../ports/jobs.ts';
import type { Database, Dialect, Queries } from '../sql/database.ts';
import { lineOf } from './budget-row.ts';
import { KEY_COLUMNS, toClient, toKey } from './key-row.ts';

/** A submit with an unknown outcome counts for this long: it may be running, and must not block for good. */
const UNKNOWN_MS = 2 * 60 * 60 * 1000;
/** Started in one transaction. */
const STARTED_AT_ONCE = 100;
const RETRY_AFTER_S = 10;

/** The first condition is the one of its index, word for word. */
const isRunning = (dialect: Dialect) => sql<boolean>`
  status in ('queued', 'submitting', 'pending', 'in_progress', 'submission_unknown') and waiting_since is null
  and (status <> 'submission_unknown' or submitted_at > ${dialect.now()} - ${sql.lit(UNKNOWN_MS)})`;

const IS_WAITING = sql<boolean>`status = 'queued' and waiting_since is not null`;

/** Jobs of a client by the line of the key that bought them. */
const countByLine = (db: Queries, clientId: string, which: RawBuilder<boolean>) =>
  db
    .selectFrom('jobs')
    .select([lineOf(sql.ref('jobs.key_id')).as('line'), sql<number>`count(*)`.as('jobs')])
    .where('client_id', '=', clientId)
    .where(which)
    .groupBy('key_id')
    .execute();

type Counts = Awaited<ReturnType<typeof countByLine>>;

const countOf = (counts: Counts, { scope, id }: Pick<RunningSlots, 'scope' | 'id'>): number =>
  counts
    .filter(({ line }) => scope === 'client' || line === id)
    .reduce((sum, { jobs }) => sum + Number(jobs), 0);

/** Holds the row of a client until the transaction ends: of two that count its jobs, the second sees the first's. */
const lockClient = (db: Queries, dialect: Dialect, name: string) =>
  dialect.lockRows(db.selectFrom('clients').selectAll().where('name', '=', name)).executeTakeFirst();

/**
 * Whether a job has to wait because as many run as may. To be called in the transaction that makes it.
 * @throws ClipgateError too_many_running_jobs where it may not wait; too_many_waiting_jobs where too many do already.
 */
export async function mustWait(
  db: Queries,
  dialect: Dialect,
  { clientId, slots = [], mayWait = false }: Pick<JobIntent, 'clientId' | 'slots' | 'mayWait'>,
): Promise<boolean> {
  if (slots.length === 0) return false;
  await lockClient(db, dialect, clientId);
  const running = await countByLine(db, clientId, isRunning(dialect));
  const full = slots.find((slot) => slot.max !== null && countOf(running, slot) >= slot.max);
  if (!full) return false;
  if (!mayWait) {
    throw refusal(
      'too_many_running_jobs',
      `The limit of ${full.max} running jobs ${whose(full)} is reached.`,
    );
  }
  const waiting = await countByLine(db, clientId, IS_WAITING);
  const crowded = slots.find((slot) => countOf(waiting, slot) >= slot.maxWaiting);
  if (!crowded) return true;
  throw refusal(
    'too_many_waiting_jobs',
    `The limit of ${crowded.maxWaiting} waiting jobs ${whose(crowded)} is reached (max_waiting_jobs).`,
  );
}

const whose = ({ scope, id }: RunningSlots) => (scope === 'key' ? 'of this key' : `of the client ${id}`);

const refusal = (code: 'too_many_running_jobs' | 'too_many_waiting_jobs', message: string) =>
  new ClipgateError(code, `${message} Nothing was bought.`, { retryAfterS: RETRY_AFTER_S });

interface Slot extends Pick<RunningSlots, 'scope' | 'id' | 'max'> {
  readonly name: string;
}

const slotOf = (scope: Slot['scope'], id: string, max: number | null): Slot => ({
  scope,
  id,
  max,
  name: `${scope} ${id}`,
});

export function createRunningJobs({
  reader,
  dialect,
  write,
}: Pick<Database, 'reader' | 'dialect' | 'write'>) {
  const waitingClients = async (): Promise<string[]> => {
    const rows = await reader
      .selectFrom('jobs')
      .select('client_id')
      .distinct()
      .where('waiting_since', 'is not', null)
      .where('status', '=', 'queued')
      .execute();
    return rows.map(({ client_id }) => client_id);
  };

  /** Those of one client, oldest first; one that its key holds back lets those of other keys pass. */
  const startOf = (clientId: string): Promise<number> =>
    write(async (db) => {
      const client = await lockClient(db, dialect, clientId);
      const running = await countByLine(db, clientId, isRunning(dialect));
      const waiting = await db
        .selectFrom('jobs')
        .select(['id', 'key_id'])
        .where('client_id', '=', clientId)
        .where('waiting_since', 'is not', null)
        .where('status', '=', 'queued')
        .orderBy('waiting_since')
        .orderBy('id')
        .execute();
      const keyIds = [...new Set(waiting.flatMap(({ key_id }) => (key_id === null ? [] : [key_id])))];
      const keys =
        keyIds.length === 0
          ? []
          : await db.selectFrom('keys').select(KEY_COLUMNS).where('id', 'in', keyIds).execute();
      const slotsOfClient =
        client === undefined ? [] : [slotOf('client', clientId, toClient(client).limits.maxRunningJobs)];
      const slotsOfKeys = new Map(
        keys.map(toKey).map(({ id, line, limits }) => [id, slotOf('key', line, limits.maxRunningJobs)]),
      );
      const started: string[] = [];
      const startedOf = new Map<string, number>();
      for (const { id, key_id } of waiting) {
        if (started.length === STARTED_AT_ONCE) break;
        const ofKey = key_id === null ? undefined : slotsOfKeys.get(key_id);
        const slots = [...slotsOfClient, ...(ofKey ? [ofKey] : [])];
        const isFull = (slot: Slot) =>
          slot.max !== null && countOf(running, slot) + (startedOf.get(slot.name) ?? 0) >= slot.max;
        if (slots.some(isFull)) continue;
        for (const { name } of slots) startedOf.set(name, (startedOf.get(name) ?? 0) + 1);
        started.push(id);
      }
      if (started.length > 0) {
        await db
          .updateTable('jobs')
          .set({
            waiting_since: null,
            due_at: dialect.now(),
            updated_at: dialect.now(),
            version: sql<number>`version + 1`,
          })
          .where('id', 'in', started)
          .where('status', '=', 'queued')
          .execute();
      }
      return { value: started.length, changed: started };
    });

  return {
    async startWaiting() {
      let started = 0;
      for (const client of await waitingClients()) started += await startOf(client);
      return { started, isWaiting: (await waitingClients()).length > 0 };
    },
  };
}
