// What one decision of the router costs, on 30 models and on 3,000: `npx tsx bench/plan.ts`.

import { once } from 'node:events';
import { build, CATALOG_FILE, MODALITIES_FILE } from './support/build.ts';
import { startChild } from './support/child.ts';
import { median } from './support/median.ts';

interface Timing {
  readonly name: string;
  readonly candidates: number;
  readonly nearest: number;
  readonly small: readonly number[];
  readonly large: readonly number[];
}

const built = await build();
try {
  const child = startChild(built, 'bench/plan-worker.ts', { args: [CATALOG_FILE, MODALITIES_FILE] });
  const [timings] = (await once(child.process, 'message')) as [Timing[]];
  await child.stop();
  console.log(
    '| clip | candidates of 30 | nearest | 30 models | 3,000 models | ratio |\n|---|---|---|---|---|---|',
  );
  for (const { name, candidates, nearest, small, large } of timings) {
    const [few, many] = [median(small), median(large)];
    console.log(
      `| ${name} | ${candidates} | ${nearest} | ${few.toFixed(3)} ms | ${many.toFixed(2)} ms | ${(many / few).toFixed(0)} |`,
    );
  }
} finally {
  await built.remove();
}
