// What goes wrong on our side while customers buy: processes and the database die, stand still and come back, as the seed says.

import { setTimeout as sleep } from 'node:timers/promises';
import { type RestoreWitness, restoreBackup } from './restore.ts';
import type { Stage } from './stage.ts';

export interface Mishaps {
  readonly kills: number;
  readonly pauses: number;
  readonly databaseCrashes: number;
  readonly fullDisks: number;
  readonly outages: number;
  readonly restores: number;
}

// Longer than the lease of a submit, and now and then longer than that of a poll.
const PAUSE_MS = { least: 2_200, most: 4_600 };
const OUTAGE_MS = 400;
const FULL_MS = 900;
// Soon enough for a short storm, and seldom: what is bought around a restore is not judged.
const FIRST_RESTORE = 2;
const RESTORE_EVERY = 12;
const GAP_MS = { least: 700, most: 2_600 };

const between = ({ least, most }: { least: number; most: number }, draw: number): number =>
  least + (most - least) * draw;

/** One after the other until `isOver`; resolves with what there was. */
export async function causeMishaps(
  stage: Stage,
  isOver: () => boolean,
  witness: RestoreWitness,
): Promise<Mishaps> {
  const { replicas, database, disk, simulator, randomFor } = stage;
  const random = randomFor('mishaps');
  const count = { kills: 0, pauses: 0, databaseCrashes: 0, fullDisks: 0, outages: 0, restores: 0 };
  for (let turn = 0; !isOver(); turn++) {
    await sleep(between(GAP_MS, random()));
    const draw = random();
    const replica = replicas[Math.floor(random() * replicas.length)];
    if (isOver() || !replica) break;
    if (!database && turn % RESTORE_EVERY === FIRST_RESTORE) {
      await restoreBackup(stage, witness);
      count.restores += 1;
    } else if (draw < 0.55) {
      replica.kill();
      count.kills += 1;
      await replica.listening();
    } else if (draw < 0.75) {
      replica.pause(between(PAUSE_MS, random()));
      count.pauses += 1;
    } else if (draw < 0.88 && database) {
      await database.crash();
      count.databaseCrashes += 1;
    } else if (draw < 0.88 && disk) {
      disk.fill();
      await sleep(FULL_MS);
      disk.free();
      count.fullDisks += 1;
    } else {
      simulator.refuseConnections();
      await sleep(OUTAGE_MS);
      await simulator.listenAgain();
      count.outages += 1;
    }
  }
  return count;
}
