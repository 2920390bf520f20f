// Ours against a yardstick, turn by turn in one run, so that what disturbs the machine disturbs both.

import { type Load, load, type Target } from './load.ts';
import { median } from './median.ts';

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 3);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const WARMUP_SECONDS = 2;
const ONLY = process.env['BENCH_ONLY'] ?? '';

export interface Duel {
  readonly name: string;
  readonly ours: Target;
  readonly yardstick: Target;
  readonly connections: number;
  /** The ratio of answers per second that we hold ourselves to. */
  readonly goal: number;
  /** How answers are asked for; `load` where nothing is said. */
  readonly by?: typeof load;
}

export const TABLE_HEAD =
  '| what | ours/s | yardstick/s | ratio (goal) | CPU of ours | of the yardstick | ratio | p99 ours | spread |\n' +
  '|---|---|---|---|---|---|---|---|---|';

/** Prints one row: medians over the rounds, and how far the rounds' ratios lie apart. */
export async function fight({ name, ours, yardstick, connections, goal, by = load }: Duel): Promise<void> {
  if (!name.includes(ONLY)) return;
  await by(yardstick, WARMUP_SECONDS, connections);
  await by(ours, WARMUP_SECONDS, connections);
  const rounds: { readonly ours: Load; readonly yardstick: Load }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const bare = await by(yardstick, SECONDS, connections);
    rounds.push({ yardstick: bare, ours: await by(ours, SECONDS, connections) });
  }
  const of = (read: (round: (typeof rounds)[number]) => number) => median(rounds.map(read));
  const ratios = rounds.map((round) => round.ours.perSecond / round.yardstick.perSecond);
  const cpuRatio = of((round) => round.yardstick.cpuMicros / round.ours.cpuMicros);
  const cells = [
    name,
    perSecond(of((round) => round.ours.perSecond)),
    perSecond(of((round) => round.yardstick.perSecond)),
    `${median(ratios).toFixed(2)} (${goal})`,
    micros(of((round) => round.ours.cpuMicros)),
    micros(of((round) => round.yardstick.cpuMicros)),
    cpuRatio === 0 ? '-' : cpuRatio.toFixed(2),
    `${of((round) => round.ours.p99Ms)} ms`,
    `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

const perSecond = (value: number) => (value >= 1000 ? String(Math.round(value)) : value.toFixed(1));
const micros = (value: number) =>
  value >= 1000 ? `${(value / 1000).toFixed(2)} ms` : `${value.toFixed(1)} µs`;
