// What a lease is made of in any table that has one: its owner, its token, and when it is due.

import { type RawBuilder, sql } from 'kysely';
import type { Dialect } from './database.ts';

/** In so many milliseconds, whole ones: what is a nicety to one database is no number of time to the other. */
export const dueIn = (dialect: Dialect, ms: number): RawBuilder<number> =>
  sql<number>`${dialect.now()} + ${Math.round(ms)}`;

/** To be set on the rows that `owner` claims: for `leaseMs` no other process can claim them. */
export const claimedBy = (dialect: Dialect, owner: string, leaseMs: number) => ({
  lease_owner: owner,
  lease_token: sql<number>`lease_token + 1`,
  due_at: sql<number>`${dialect.now()} + ${leaseMs}`,
});

/** To be set on rows whose lease is given up. What is due never stays so: what ended while held has nothing to give back. */
export const released = (
  dialect: Dialect,
): { readonly lease_owner: null; readonly due_at: RawBuilder<number | null> } => ({
  lease_owner: null,
  due_at: sql<number | null>`case when due_at is null then null else ${dialect.now()} end`,
});
