// The harness in short: both stacks hold through kills and a lying upstream, a naive gateway does not, no mutant has rotted.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Build, build, checkEdits } from '../../torture/build.ts';
import { killAt } from '../../torture/failpoint-run.ts';
import { MUTANTS } from '../../torture/mutants.ts';
import { STORM } from '../../torture/orders.ts';
import { renderOutcome } from '../../torture/report.ts';
import { NO_TROUBLE, openStage, type Stage, type StageOptions } from '../../torture/stage.ts';
import { type Outcome, runStorm, type StormOptions } from '../../torture/storm.ts';

const SEED = 20261120;
/** A busy machine starts processes slowly, and a drain may take a minute. */
const PATIENT = 150_000;
const SHORT_MS = 8_000;

let built: Build;
beforeAll(() => {
  built = build();
});
afterAll(() => built.remove());

async function run(
  stage: Pick<StageOptions, 'stack' | 'entry'>,
  storm: Pick<StormOptions, 'seconds' | 'untilGuilty'>,
  isEnough: (stage: Stage) => boolean = () => false,
): Promise<Outcome> {
  const opened = await openStage({ ...stage, seed: SEED, build: built, trouble: NO_TROUBLE });
  try {
    const storming = { keys: 200, weather: STORM, mishaps: true, isEnough: () => isEnough(opened), ...storm };
    return await runStorm(opened, storming);
  } finally {
    await opened.close();
  }
}

it.each(['sqlite', 'postgres'] as const)(
  'pays once, binds what it paid for, and tells the truth on %s',
  async (stack) => {
    const soonest = Date.now() + SHORT_MS;
    // On a busy machine a crash and a pause, which the seed has first, may take all of a short storm.
    const outcome = await run(
      { stack },
      { seconds: 60 },
      ({ replicas }) => Date.now() > soonest && replicas.some((replica) => replica.deaths() > 0),
    );
    expect(outcome.holds, renderOutcome(stack, outcome)).toBe(true);
    expect(outcome.deaths).toBeGreaterThan(0);
    expect(outcome.bought).toBeGreaterThan(5);
    expect(outcome.clipsCompared).toBeGreaterThan(0);
    expect(outcome.unkeyed.orders).toBeGreaterThan(0);
  },
  PATIENT,
);

it(
  'finds a naive gateway guilty',
  async () => {
    const outcome = await run(
      { stack: 'sqlite', entry: 'torture/naive-gateway.ts' },
      { seconds: 30, untilGuilty: true },
    );
    expect(outcome.verdict.paidTwice).not.toEqual([]);
  },
  PATIENT,
);

// The two edges of the moment in which money leaves.
it.each(['submitting.after', 'accepted.before'] as const)(
  'survives dying at %s',
  async (point) => {
    const outcome = await killAt(point, { stack: 'sqlite', seed: SEED, build: built, rounds: 2 });
    expect(outcome.holds, renderOutcome(point, outcome)).toBe(true);
    expect(outcome.deaths).toBeGreaterThanOrEqual(2);
  },
  PATIENT,
);

it.each(MUTANTS)('$name: its edits still fit the sources', ({ edits }) => {
  expect(() => checkEdits(edits)).not.toThrow();
});
