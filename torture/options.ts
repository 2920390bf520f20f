// What a run is asked for on the command line.

import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { StackName } from './stage.ts';

export interface TortureOptions {
  readonly mode: 'storm' | 'failpoints' | 'mutants' | 'week';
  readonly stacks: readonly StackName[];
  readonly seconds: number;
  readonly seed: number;
  readonly keys: number;
  /** Deaths at each failpoint. */
  readonly rounds: number;
  /** Only mutants or failpoints whose name contains this. */
  readonly only: string;
  /** Keeps the replicas' logs of a run that failed. */
  readonly webhooks: boolean;
  /** Of a week: what customers order, how long it is, and the file its metrics go to; '' = none. */
  readonly jobs: number;
  readonly hours: number;
  readonly samples: string;
}

export const USAGE = `npm run torture -- [--seconds 60] [--seed N] [--stack sqlite|postgres|both] [--keys N] [--no-webhooks]
npm run torture -- --failpoints [--rounds 20] [--only NAME] [--stack ...] [--seed N]
npm run torture -- --mutants [--only NAME] [--seconds 12] [--seed N]
npm run torture -- --week [--jobs 20000] [--hours 168] [--seed N] [--samples FILE]
The same seed draws the same orders, faults and mishaps.`;

const whole = (text: string, name: string): number => {
  if (!/^\d{1,12}$/.test(text)) throw new Error(`--${name} must be a whole number\n${USAGE}`);
  return Number(text);
};

/** @throws Error with the usage. */
export function parseOptions(args: readonly string[]): TortureOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string' },
      seed: { type: 'string' },
      stack: { type: 'string', default: 'both' },
      keys: { type: 'string', default: '1000000' },
      rounds: { type: 'string', default: '20' },
      only: { type: 'string', default: '' },
      failpoints: { type: 'boolean', default: false },
      mutants: { type: 'boolean', default: false },
      week: { type: 'boolean', default: false },
      jobs: { type: 'string', default: '20000' },
      hours: { type: 'string', default: '168' },
      samples: { type: 'string', default: '' },
      'no-webhooks': { type: 'boolean', default: false },
    },
  });
  const { stack } = values;
  if (stack !== 'sqlite' && stack !== 'postgres' && stack !== 'both') throw new Error(USAGE);
  return {
    mode: values.week ? 'week' : values.mutants ? 'mutants' : values.failpoints ? 'failpoints' : 'storm',
    stacks: stack === 'both' ? ['sqlite', 'postgres'] : [stack],
    seconds: whole(values.seconds ?? (values.mutants ? '12' : '60'), 'seconds'),
    seed: values.seed === undefined ? randomInt(2 ** 32) : whole(values.seed, 'seed'),
    keys: whole(values.keys, 'keys'),
    rounds: whole(values.rounds, 'rounds'),
    only: values.only,
    webhooks: !values['no-webhooks'],
    jobs: whole(values.jobs, 'jobs'),
    hours: whole(values.hours, 'hours'),
    samples: values.samples,
  };
}
