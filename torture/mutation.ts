// Lets the harness loose on each mutant, and says which of the zeros caught it, and when.

import { build } from './build.ts';
import { MUTANTS, type Mutant } from './mutants.ts';
import { STORM } from './orders.ts';
import { openStage } from './stage.ts';
import { runStorm } from './storm.ts';
import { ZERO_NAMES, ZEROS } from './verdict.ts';

export interface Catch {
  readonly mutant: string;
  /** Names of the zeros that were none; empty where it got away. */
  readonly by: readonly string[];
  readonly seconds: number;
  /** What gave it away, one of many. */
  readonly evidence: string;
}

const ROUNDS = 4;
const PAUSE_MS = 3_500;

async function hunt(mutant: Mutant, seconds: number, seed: number): Promise<Catch> {
  const begun = Date.now();
  const built = build(mutant.edits);
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const { stack, entry } = mutant;
      const trouble = { killAt: null, pauses: { share: mutant.pauseShare ?? 0.02, ms: PAUSE_MS } };
      const stage = await openStage({
        stack,
        seed: seed + round,
        build: built,
        trouble,
        ...(entry === undefined ? {} : { entry }),
      });
      try {
        const { verdict } = await runStorm(stage, {
          seconds,
          keys: Number.POSITIVE_INFINITY,
          weather: STORM,
          mishaps: true,
          untilGuilty: mutant.caughtBy ?? true,
        });
        const wanted = mutant.caughtBy === undefined ? ZERO_NAMES : [mutant.caughtBy];
        const names = wanted.filter((name) => verdict[name].length > 0);
        if (names.length > 0) {
          const evidence = names.map((name) => verdict[name][0]).find((line) => line !== undefined) ?? '';
          const by = names.map((name) => ZEROS[name]);
          return { mutant: mutant.name, by, seconds: (Date.now() - begun) / 1000, evidence };
        }
      } finally {
        await stage.close();
      }
    }
    return { mutant: mutant.name, by: [], seconds: (Date.now() - begun) / 1000, evidence: '' };
  } finally {
    built.remove();
  }
}

/** One after the other, each reported as soon as it is known. @returns true where every one was caught. */
export async function huntMutants(
  options: { readonly seconds: number; readonly seed: number; readonly only: string },
  report: (line: string) => void,
): Promise<boolean> {
  let all = true;
  report(`${'mutant'.padEnd(54)} ${'caught by'.padEnd(24)} seconds`);
  for (const mutant of MUTANTS.filter(({ name }) => name.includes(options.only))) {
    const { by, seconds, evidence } = await hunt(mutant, options.seconds, options.seed);
    all &&= by.length > 0;
    const verdict = by.length > 0 ? by.join(', ') : 'NOT CAUGHT';
    report(`${mutant.name.padEnd(54)} ${verdict.padEnd(24)} ${seconds.toFixed(1).padStart(7)}`);
    if (evidence) report(`    ${evidence}`);
  }
  return all;
}
