// Times routing decisions in a process of its own and sends what it found. Arguments: catalog file, modalities file.

import process from 'node:process';
import { type Catalog, indexCatalog } from '../src/core/catalog/catalog.ts';
import { NOTHING_KNOWN } from '../src/core/learning/knowledge.ts';
import { planRoute, type Ranking } from '../src/core/routing/plan-route.ts';
import { renderRanking } from '../src/http/api/render.ts';
import { parseModels } from '../src/outbound/openrouter/catalog-wire.ts';
import { createRankingCache } from '../src/service/planning/ranking-cache.ts';
import { type Recorded, readCatalog, varyCatalog } from './support/catalog.ts';
import { ASSORTED, type BenchClip, CLIPS } from './support/clips.ts';
import { median } from './support/median.ts';

const MODELS = [30, 300];
const BATCHES = 11;
const BATCH_MS = 150;

export interface Timing {
  readonly name: string;
  readonly candidates: number;
  readonly nearest: number;
  /** Milliseconds of CPU, one figure a batch, for each size of catalog. */
  readonly ms: readonly (readonly number[])[];
}

const [catalogFile = '', modalitiesFile = ''] = process.argv.slice(2);
const recorded = readCatalog(catalogFile, modalitiesFile);
const catalogs = MODELS.map((size) => readModels(varyCatalog(recorded, size)));

function readModels({ data, inputs }: Recorded): Catalog {
  const models = parseModels({ data }, new Map(Object.entries(inputs)))?.models;
  if (models?.length !== data.length) throw new Error('the catalog cannot be read');
  return indexCatalog(models, { fetchedAt: 0, dropped: 0 });
}

const write = (ranking: Ranking) => JSON.stringify(renderRanking(ranking));

/**
 * One figure a batch; the first batch warms up and is left out.
 * @param isNew gives every question a budget of its own, which no cached ranking answers.
 */
function time(catalog: Catalog, clips: readonly BenchClip[], isNew: boolean): number[] {
  const rank = createRankingCache(write);
  const batches: number[] = [];
  for (let batch = 0, next = 0; batch < BATCHES; batch++) {
    const until = performance.now() + BATCH_MS;
    const start = process.cpuUsage();
    let calls = 0;
    for (; performance.now() < until; calls++, next++) {
      const clip = clips[next % clips.length];
      if (!clip) throw new Error('no clips');
      const limit = isNew ? { max_cost_usd: 2 + next / 1e6 } : {};
      rank(catalog, { ...clip.spec }, { ...clip.routing, ...limit }, NOTHING_KNOWN);
    }
    const { user, system } = process.cpuUsage(start);
    batches.push((user + system) / 1000 / calls);
  }
  return batches.slice(1);
}

const [small] = catalogs;
if (!small) throw new Error('no catalog');
const asked = [...Object.values(CLIPS).map((clip) => ({ name: clip.name, clips: [clip] })), ASSORTED];
const timings = [false, true].flatMap((isNew) =>
  asked.map(({ name, clips }): Timing => {
    const plans = clips.map(({ spec, routing }: BenchClip) => planRoute(small, spec, routing));
    return {
      name: `${name}, ${isNew ? 'never asked' : 'asked before'}`,
      candidates: median(plans.map((plan) => plan.candidates.length)),
      nearest: median(plans.map((plan) => plan.nearest.length)),
      ms: catalogs.map((catalog) => time(catalog, clips, isNew)),
    };
  }),
);
process.send?.(timings, () => process.exit(0));
