// Calls about alarms, each claimed by one process: a row begins with the first raise and ends with its recovery's call.

import { sql } from 'kysely';
import type { AlarmCallStore } from '../ports/alarm-calls.ts';
import type { Database, Dialect, Queries } from '../sql/database.ts';
import { claimedBy, dueIn } from '../sql/lease-columns.ts';

/** Gives up leases of a process that ends; null = of every process there was. */
export async function releaseAlarmCalls(db: Queries, dialect: Dialect, owner: string | null): Promise<void> {
  const update = db.updateTable('alarm_calls').set({ lease_owner: null, due_at: dialect.now() });
  await (owner === null
    ? update.where('lease_owner', 'is not', null)
    : update.where('lease_owner', '=', owner)
  ).execute();
}

export function createAlarmCalls({ dialect, write, writeOne }: Database): AlarmCallStore {
  return {
    noteAlarm: (alarm, instance, quietMs) =>
      writeOne(async (db) => {
        const now = dialect.now();
        const first = { began_at: now, next_call: 'raised' as const, due_at: now };
        await db
          .insertInto('alarm_calls')
          .values({ alarm, instance, raised_at: now, lease_owner: null, lease_token: 0, ...first })
          .onConflict((conflict) =>
            conflict.column('alarm').doUpdateSet({
              raised_at: now,
              due_at: sql<number>`case when alarm_calls.next_call = 'recovered' and alarm_calls.lease_owner is null
                then ${dueIn(dialect, quietMs)} else alarm_calls.due_at end`,
            }),
          )
          .execute();
        return { value: undefined, changed: [] };
      }),

    claimAlarmCall: (owner, leaseMs, alarms) =>
      writeOne(async (db) => {
        const [row] = await db
          .with('mine', (cte) =>
            dialect.lockFreeRows(
              cte
                .selectFrom('alarm_calls')
                .select('alarm')
                .where('due_at', '<=', dialect.now())
                .where('alarm', 'in', [...alarms])
                .orderBy('due_at')
                .orderBy('alarm')
                .limit(1),
            ),
          )
          .updateTable('alarm_calls')
          .set(claimedBy(dialect, owner, leaseMs))
          .where('alarm', 'in', (query) => query.selectFrom('mine').select('mine.alarm'))
          .returningAll()
          .execute();
        const call = row && {
          alarm: row.alarm,
          kind: row.next_call,
          instance: row.instance,
          beganAt: row.began_at,
          raisedAt: row.raised_at,
          lease: { owner, token: row.lease_token },
        };
        return { value: call ?? null, changed: [] };
      }),

    settleAlarmCall: ({ alarm, kind, raisedAt, lease }, quietMs) =>
      write(async (db) => {
        const held = db
          .updateTable('alarm_calls')
          .where('alarm', '=', alarm)
          .where('lease_owner', '=', lease.owner)
          .where('lease_token', '=', lease.token);
        if (kind === 'raised') {
          await held
            .set({
              lease_owner: null,
              next_call: 'recovered',
              due_at: sql<number>`raised_at + ${Math.round(quietMs)}`,
            })
            .execute();
        } else {
          await held
            .where('raised_at', '>', raisedAt)
            .set({
              lease_owner: null,
              next_call: 'raised',
              began_at: sql<number>`raised_at`,
              due_at: dialect.now(),
            })
            .execute();
          await db
            .deleteFrom('alarm_calls')
            .where('alarm', '=', alarm)
            .where('lease_owner', '=', lease.owner)
            .where('lease_token', '=', lease.token)
            .execute();
        }
        return { value: undefined, changed: [] };
      }),
  };
}
