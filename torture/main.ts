// `npm run torture`: tries to make the gateway pay twice, lose a video or lie, and says by upstream's ledger whether it did.

import { build } from './build.ts';
import { parseOptions, type TortureOptions } from './options.ts';
import { STORM } from './orders.ts';
import { renderFaults, renderOutcome } from './report.ts';
import { openStage } from './stage.ts';
import { runStorm } from './storm.ts';

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

const options = parseOptions(process.argv.slice(2));
const good = await storm(options);
process.exit(good ? 0 : 1);
