// What one decision of the router costs with its JSON, on 30 models and on 300 different ones: `npx tsx bench/plan.ts`.

import { once } from 'node:events';
import type { Timing } from './plan-worker.ts';
import { build, CATALOG_FILE, MODALITIES_FILE } from './support/build.ts';
import { startChild } from './support/child.ts';
import { median } from './support/median.ts';

const built = await build();
try {
  const child = startChild(built, 'bench/plan-worker.ts', { args: [CATALOG_FILE, MODALITIES_FILE] });
  const [timings] = (await once(child.process, 'message')) as [Timing[]];
  await child.stop();
  console.log(
    '| clip | candidates of 30 | nearest | 30 models | 300 models | ratio |\n|---|---|---|---|---|---|',
  );
  for (const { name, candidates, nearest, ms } of timings) {
    const [few = 0, many = 0] = ms.map(median);
    const cells = [name, candidates, nearest, `${few.toFixed(3)} ms`, `${many.toFixed(3)} ms`];
    console.log(`| ${[...cells, (many / few).toFixed(1)].join(' | ')} |`);
  }
} finally {
  await built.remove();
}
