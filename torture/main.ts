// `npm run torture`: tries to make the gateway pay twice, lose a video or lie, and says by upstream's ledger whether it did.

import { writeFileSync } from 'node:fs';
import { build } from './build.ts';
import { killAtEach } from './failpoint-run.ts';
import { huntMutants } from './mutation.ts';
import { parseOptions, type TortureOptions } from './options.ts';
import { STORM } from './orders.ts';
import { renderFaults, renderOutcome } from './report.ts';
import { openStage } from './stage.ts';
import { runStorm } from './storm.ts';
import { renderWeek } from './week/report.ts';
import { runWeek } from './week/run.ts';
import { judgeWeek, weekHolds } from './week/verdict.ts';

/** A share of all steps stands still past its lease. */
const PAUSES = { share: 0.01, ms: 3_500 };

async function storm(options: TortureOptions): Promise<boolean> {
  const { stacks, seed, seconds, keys, webhooks } = options;
  const built = build();
  let good = true;
  try {
    for (const stack of stacks) {
      const trouble = { killAt: null, pauses: PAUSES };
      const stage = await openStage({ stack, seed, build: built, trouble, webhooks });
      try {
        const outcome = await runStorm(stage, { seconds, keys, weather: STORM, mishaps: true });
        console.log(renderOutcome(`${stack}, seed ${seed}`, outcome));
        console.log(renderFaults(outcome));
        good &&= outcome.holds;
      } finally {
        await stage.close();
      }
    }
  } finally {
    built.remove();
  }
  return good;
}

async function failpoints(options: TortureOptions): Promise<boolean> {
  const built = build();
  let good = true;
  try {
    for (const stack of options.stacks) {
      good = (await killAtEach({ ...options, stack, build: built }, console.log)) && good;
    }
  } finally {
    built.remove();
  }
  return good;
}

async function week({ seed, jobs, hours, samples: file }: TortureOptions): Promise<boolean> {
  const scrapes: { readonly at: number; readonly samples: Readonly<Record<string, number>> }[] = [];
  const lived = await runWeek({
    seed,
    jobs,
    hours,
    ...(file === ''
      ? {}
      : { onScrape: (at, samples) => scrapes.push({ at, samples: Object.fromEntries(samples) }) }),
  });
  console.log(renderWeek(`${hours} hours, seed ${seed}`, lived));
  if (file !== '') writeFileSync(file, JSON.stringify(scrapes));
  return weekHolds(judgeWeek(lived.record));
}

const modes = {
  storm,
  failpoints,
  mutants: (options: TortureOptions) => huntMutants(options, console.log),
  week,
};
const options = parseOptions(process.argv.slice(2));
process.exit((await modes[options.mode](options)) ? 0 : 1);
