// Times `planRoute` in a process of its own and sends what it found. Arguments: catalog file, modalities file.

import process from 'node:process';
import { type Catalog, indexCatalog } from '../src/core/catalog/catalog.ts';
import { likenessesOf } from '../src/core/likeness.ts';
import { planRoute } from '../src/core/routing/plan-route.ts';
import { parseModels } from '../src/outbound/openrouter/wire.ts';
import { multiply, type Recorded, readCatalog } from './support/catalog.ts';
import { ASSORTED, type BenchClip, CLIPS } from './support/clips.ts';
import { median } from './support/median.ts';

const COPIES = 100;
const BATCHES = 11;
const BATCH_MS = 150;

export interface Timing {
  readonly name: string;
  readonly candidates: number;
  readonly nearest: number;
  /** Milliseconds of CPU, one figure a batch, on each of the catalogs. */
  readonly ms: readonly (readonly number[])[];
}

const [catalogFile = '', modalitiesFile = ''] = process.argv.slice(2);
const recorded = readCatalog(catalogFile, modalitiesFile);
const parsed = [recorded, multiply(recorded, COPIES), multiply(recorded, COPIES, true)].map(parse);

function parse({ data, inputs }: Recorded) {
  const models = parseModels({ data }, new Map(Object.entries(inputs)))?.models;
  if (models?.length !== data.length) throw new Error('the catalog cannot be read');
  return models;
}

/** As it stands after a fetch: what is worked out once for all questions is done, and nothing has been asked. */
function fetchCatalog(models: (typeof parsed)[number]): Catalog {
  const catalog = indexCatalog(models, { fetchedAt: 0, dropped: 0 });
  likenessesOf(catalog.models);
  return catalog;
}

/** One figure a batch; the first batch warms up and is left out. */
function time(models: (typeof parsed)[number], clips: readonly BenchClip[], isFresh: boolean): number[] {
  const batches: number[] = [];
  let catalog = fetchCatalog(models);
  for (let batch = 0, next = 0; batch < BATCHES; batch++) {
    const until = performance.now() + BATCH_MS;
    let micros = 0;
    let calls = 0;
    while (performance.now() < until) {
      // As many as there are clips, so that the clock is read seldom, and no clip comes twice where none may.
      if (isFresh) catalog = fetchCatalog(models);
      const start = process.cpuUsage();
      for (let asked = 0; asked < clips.length; asked++, calls++, next++) {
        const clip = clips[next % clips.length];
        // A spec of its own every time, as every request brings one.
        if (clip) planRoute(catalog, { ...clip.spec }, clip.routing);
      }
      const { user, system } = process.cpuUsage(start);
      micros += user + system;
    }
    batches.push(micros / 1000 / calls);
  }
  return batches.slice(1);
}

const [small] = parsed;
if (!small) throw new Error('no catalog');
const rows = [
  ...Object.values(CLIPS).map((clip) => ({ name: clip.name, clips: [clip], isFresh: false })),
  { ...ASSORTED, isFresh: false },
  { ...ASSORTED, name: 'sixty, each for the first time', isFresh: true },
];
const timings = rows.map(({ name, clips, isFresh }): Timing => {
  const plans = clips.map(({ spec, routing }: BenchClip) => planRoute(fetchCatalog(small), spec, routing));
  return {
    name,
    candidates: median(plans.map((plan) => plan.candidates.length)),
    nearest: median(plans.map((plan) => plan.nearest.length)),
    ms: parsed.map((models) => time(models, clips, isFresh)),
  };
});
process.send?.(timings, () => process.exit(0));
