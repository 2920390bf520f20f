// Wakes the watchers of other replicas: one notification names all jobs that changed together.

import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Queries } from '../sql/database.ts';

/** The channel all replicas listen on. A payload is the sender's origin and job ids, parted by spaces. */
export const CHANNEL = 'clipgate_jobs';
/** The one that says, without a payload, that keys or clients changed. */
export const ACCOUNTS_CHANNEL = 'clipgate_accounts';

/** PostgreSQL refuses payloads of 8,000 bytes; ids are at most some 64. */
const MAX_IDS = 100;

export interface ChangeNotifier {
  /** Names this store in its payloads, so that it need not wake itself twice. */
  readonly origin: string;
  notify(jobIds: readonly string[]): void;
  /** Sends what is still to be sent. */
  close(): Promise<void>;
}

/**
 * Sends after the commit, not in it: a transaction that notifies commits under a lock that the whole server shares,
 * one fsync after another. A crash in between costs a wake-up, never a row: watchers also look for themselves.
 */
export function createChangeNotifier(queries: Queries, report: (error: Error) => void): ChangeNotifier {
  const origin = randomUUID();
  const waiting = new Set<string>();
  let sending: Promise<void> | null = null;

  async function send(): Promise<void> {
    while (waiting.size > 0) {
      const ids = [...waiting].slice(0, MAX_IDS);
      for (const id of ids) waiting.delete(id);
      try {
        await sql`select pg_notify(${CHANNEL}, ${[origin, ...ids].join(' ')})`.execute(queries);
      } catch (cause) {
        report(new Error('Other replicas were not told of changed jobs', { cause }));
      }
    }
    sending = null;
  }

  return {
    origin,
    notify(jobIds) {
      for (const id of jobIds) waiting.add(id);
      if (waiting.size > 0) sending ??= send();
    },
    async close() {
      await sending;
    },
  };
}
