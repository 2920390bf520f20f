// A backup in the place of the store, in the middle of the storm: what was bought since is forgotten, and buying is held.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { backupSqlite, restoreSqlite } from '../src/store/sqlite/backup.ts';
import type { Told } from './customer.ts';
import { TERMINAL } from './shop.ts';
import { OPERATOR, type Stage } from './stage.ts';

/** What the restore needs to know of the customers. */
export interface RestoreWitness {
  /** Takes down which keys a database of this moment does not know to the end. */
  readonly noteUnended: () => void;
  /** From here on, what was noted and all that was ordered since is not held against the gateway. */
  readonly forgiveSinceNoted: () => void;
  readonly accuse: (what: string) => void;
}

/** The keys that a restore excuses, of those told so far and later. */
export function forgive(tolds: readonly Told[]): Omit<RestoreWitness, 'accuse'> & {
  readonly isForgiven: (key: string | null) => boolean;
} {
  let unended: readonly Told[] = [];
  let next = 0;
  const forgiven = new Set<string | null>();
  return {
    noteUnended() {
      // One of two may be unknown where the other has ended.
      const isEnded = ({ hasLeft, wanted, status }: Told) =>
        hasLeft && wanted === 1 && status !== null && TERMINAL.has(status);
      unended = tolds.filter((told) => !isEnded(told));
      next = tolds.length;
    },
    forgiveSinceNoted() {
      for (const { order } of [...unended, ...tolds.slice(next)]) forgiven.add(order.key);
    },
    isForgiven: (key) => forgiven.has(key),
  };
}

const SINCE_BACKUP_MS = 800;
const HELD_MS = 1_000;
const REST_MS = 150;

/** SQLite only: one replica, one file. */
export async function restoreBackup(stage: Stage, witness: RestoreWitness): Promise<void> {
  const { replicas, simulator, shop, databaseUrl, clock, folder } = stage;
  const [replica] = replicas;
  if (!replica) throw new Error('There is no replica to restore');
  const file = databaseUrl.slice('sqlite:'.length);
  const backup = join(folder, 'clipgate.backup');
  witness.noteUnended();
  await backupSqlite(file, backup);
  await sleep(SINCE_BACKUP_MS);
  await stage.withBooksShut(() =>
    replica.whileDown(async () => {
      await restoreSqlite(backup, file, clock);
    }),
  );
  witness.forgiveSinceNoted();
  await replica.listening();
  const before = simulator.submits();
  await sleep(HELD_MS);
  const bought = simulator.submits() - before;
  if (bought > 0)
    witness.accuse(`a restored store bought ${bought} times before an operator had it buy again`);
  for (let answer = null; answer?.status !== 200; await sleep(REST_MS))
    answer = await shop.post(OPERATOR, '/operations/resume', {});
}
