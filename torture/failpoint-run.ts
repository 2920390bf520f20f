// Kills the process at one named point of a job's life, again and again, and asks upstream's ledger what it cost.

import type { Build } from './build.ts';
import { FAILPOINTS, type Failpoint } from './failpoints.ts';
import { LOST_ANSWERS, STORM, type Weather } from './orders.ts';
import { NO_TROUBLE, openStage, type StackName } from './stage.ts';
import { type Outcome, runStorm } from './storm.ts';
import { ZERO_NAMES } from './verdict.ts';

export interface FailpointOptions {
  readonly stack: StackName;
  readonly seed: number;
  readonly build: Build;
  /** Deaths at each point. */
  readonly rounds: number;
}

// Not every arrival kills: some jobs must get past, or the points behind would never be reached by others.
const HITS = 2;
const CUSTOMERS = 12;
/** For points that are rarely arrived at, so that a run ends even where one is not. */
const MOST_SECONDS_A_DEATH = 6;

const FAIR: Weather = { submit: 0.1, poll: 0.1, content: 0.1, ending: 0.1, webhook: 0 };

/** What must befall jobs so that they come to a point at all. */
function weatherFor(point: Failpoint): Weather {
  if (/^(bind|unknown|webhook)/.test(point)) return LOST_ANSWERS;
  return point.startsWith('rejected') ? STORM : FAIR;
}

export async function killAt(point: Failpoint, options: FailpointOptions): Promise<Outcome> {
  const { stack, seed, build, rounds } = options;
  const stage = await openStage({
    stack,
    seed,
    build,
    trouble: { killAt: { point, hits: HITS }, pauses: null },
  });
  try {
    return await runStorm(stage, {
      seconds: rounds * MOST_SECONDS_A_DEATH,
      keys: Number.POSITIVE_INFINITY,
      weather: weatherFor(point),
      mishaps: false,
      customers: CUSTOMERS,
      isEnough: () => stage.replicas.reduce((sum, replica) => sum + replica.deaths(), 0) >= rounds,
      async beforeDrain() {
        stage.instruct(NO_TROUBLE);
        for (const replica of stage.replicas) await replica.restart();
      },
    });
  } finally {
    await stage.close();
  }
}

/** @returns true where the verdict held at every point, and every point was reached often enough. */
export async function killAtEach(
  options: FailpointOptions & { readonly only: string },
  report: (line: string) => void,
): Promise<boolean> {
  let good = true;
  report(
    `${`${options.stack}: killed at`.padEnd(34)} deaths  keys bought  twice unbound  wrong  ended  limit  holds  drift settled  seconds`,
  );
  for (const point of FAILPOINTS.filter((name) => name.includes(options.only))) {
    const { verdict, deaths, keys, bought, seconds, holds } = await killAt(point, options);
    const reached = deaths >= options.rounds;
    good &&= holds && reached;
    const zeros = ZERO_NAMES.map((name) => String(verdict[name].length).padStart(7));
    report(
      `${point.padEnd(34)} ${String(deaths).padStart(6)} ${String(keys).padStart(5)} ${String(bought).padStart(6)} ${zeros.join('')} ${seconds.toFixed(1).padStart(9)}${reached ? '' : '  TOO FEW'}`,
    );
    for (const line of ZERO_NAMES.flatMap((name) => verdict[name]).slice(0, 3)) report(`    ! ${line}`);
  }
  return good;
}
